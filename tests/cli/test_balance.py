"""`trunkline balance`: what it prints, and what it says of what can't be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["balance", *arguments])
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize("name", ["101", "acme/", "/101", "acme/101/x"])
def test_a_name_that_is_none_is_wrong_usage(tmp_path: Path, name: str) -> None:
    status, out, err = run("show", name, "--data", str(tmp_path))
    assert (status, out) == (2, "")
    assert err == f"trunkline balance show: {json.dumps(name)} names no extension; write TENANT/NUMBER, as acme/101\n"


def test_an_amount_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    status, _, err = run("add", "acme/101", "1,50", "--data", str(tmp_path))
    assert status == 2
    assert err == 'trunkline balance add: "1,50" is no amount of money; write it like 12.50, without a currency\n'


def test_without_a_server_it_is_said(tmp_path: Path) -> None:
    status, _, err = run("set", "acme/101", "1.50", "--data", str(tmp_path))
    assert status == 1
    assert "no server runs on the data folder" in err


def test_to_take_something_away_needs_the_dashes(tmp_path: Path) -> None:
    status, _, err = run("add", "acme/101", "--data", str(tmp_path), "--", "-5")
    assert status == 1
    assert "no server runs" in err
