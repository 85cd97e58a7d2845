"""`trunkline ports`: a table, JSON, and what it says of manifests that would not run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.support.manifest_folder import LISTENER, Folder, extension, tenant


def ports(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["ports", *arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "manifests")
    made.write("system.yaml", LISTENER)
    made.write("acme.yaml", tenant("acme"), extension("acme", "101"))
    return made


def test_a_table(folder: Folder) -> None:
    done = ports(str(folder.root))
    assert done.exit_code == 0
    rows = [line.split("  ")[0] + " " + line.split()[2] for line in done.stdout.splitlines()]
    assert rows == ["way port", "in 33000-65000", "in 5070", "out 1024-65535"]
    assert "this machine's" in done.stdout


def test_json(folder: Folder) -> None:
    listed = json.loads(ports(str(folder.root), "-o", "json").stdout)["ports"]
    assert {(one["way"], one["protocol"], one["ports"]) for one in listed} == {
        ("in", "udp", "33000-65000"),
        ("in", "udp", "5070"),
        ("out", "udp", "1024-65535"),
    }


def test_manifests_that_would_not_run_have_no_ports(folder: Folder) -> None:
    folder.write("acme.yaml", extension("acme", "101"))
    done = ports(str(folder.root))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "the manifests have 1 error; the first: " in done.stderr


def test_no_folder(tmp_path: Path) -> None:
    done = ports(str(tmp_path / "none"))
    assert (done.exit_code, done.stdout) == (2, "")
