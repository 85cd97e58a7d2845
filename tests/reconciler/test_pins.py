"""PINs that manifests name: judged where they are at hand, and never told."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from engine.config.secret import SecretRef
from reconciler.pins import pin_problems, pins_named
from schema.manifest_set import parse_file
from schema.resource import AnyResource
from tests.support.manifest_folder import LISTENER, Folder
from tests.support.manifests import resource, tenant

ROOM = resource("Conference", "acme", "weekly", 'number: "8008"\npin: {env: PIN}\nadminPin: {file: secrets/admin}\n')
PIN, ADMIN = SecretRef("env:PIN"), SecretRef("file:secrets/admin")


def resources() -> tuple[AnyResource, ...]:
    return parse_file("c.yaml", ROOM).resources


def told(pin: str | None, admin_pin: str | None) -> list[str]:
    values = {ref: value for ref, value in ((PIN, pin), (ADMIN, admin_pin)) if value is not None}
    return [str(problem) for problem in pin_problems(resources(), values)]


def test_all_pins_are_found() -> None:
    assert pins_named(resources()) == {PIN, ADMIN}


def test_good_ones_and_those_that_are_not_at_hand_raise_no_alarm() -> None:
    assert told("493801", "730294") == []
    assert told(None, None) == []


@pytest.mark.parametrize(
    ("pin", "words"),
    [
        ("493", "fewer than 4 digits"),
        ("1234", "tried first"),
        ("secret", "can't be pressed"),
        ("1" * 13, "more than 12"),
    ],
)
def test_a_bad_one_is_told_at_its_place_and_never_shown(pin: str, words: str) -> None:
    [line] = told(pin, "730294")
    assert line.startswith("c.yaml:6:8: warning: spec.pin of Conference acme/weekly")
    assert words in line
    assert line.endswith("[pin-weak]")
    assert pin not in line.replace("fewer than 4", "").replace("6 digits", "").split("; make up")[0]


def test_one_for_both_is_none_for_either() -> None:
    [line] = told("493801", "493801")
    assert "spec.adminPin of Conference acme/weekly is that of the participants" in line


def test_validate_looks_where_the_secrets_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Folder(tmp_path / "manifests").write("pbx.yaml", LISTENER, tenant("acme", "acme.example"), ROOM)
    (tmp_path / "data" / "secrets").mkdir(parents=True)
    (tmp_path / "data" / "secrets" / "admin").write_text("2580\n")
    monkeypatch.delenv("PIN", raising=False)
    command = ["validate", str(tmp_path / "manifests")]
    assert "pin-weak" not in CliRunner().invoke(app, command).stdout
    said = CliRunner().invoke(app, [*command, "--secrets", str(tmp_path / "data")])
    assert said.stdout.count("[pin-weak]") == 1
    assert "spec.adminPin of Conference acme/weekly is among those that are tried first" in said.stdout
    assert "2580" not in said.stdout
