"""`trunkline validate`: problems on stdout where editors find them, exit status, JSON; and what it says of a folder it can't use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.support.manifest_folder import LISTENER, Folder, extension, tenant


def validate(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["validate", str(folder), *options])


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "manifests")
    made.write("system.yaml", LISTENER)
    made.write("acme.yaml", tenant("acme"), extension("acme", "101"), extension("acme", "102"))
    return made


def test_a_valid_folder(folder: Folder) -> None:
    done = validate(folder.root)
    assert (done.exit_code, done.stdout) == (0, "valid: 2 files, 2 Extensions, 1 Listener, 1 Tenant\n")
    assert done.stderr == ""


def test_a_valid_folder_as_json(folder: Folder) -> None:
    done = validate(folder.root, "--output", "json")
    assert (done.exit_code, json.loads(done.stdout)) == (
        0,
        {"valid": True, "files": 2, "resources": {"Extension": 2, "Listener": 1, "Tenant": 1}, "problems": []},
    )


def test_secrets_are_not_looked_at(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PW", raising=False)
    assert validate(folder.root).exit_code == 0


def test_all_problems_at_once(folder: Folder) -> None:
    folder.write("acme.yaml", tenant("acme"), extension("acme", "101").replace("displayName", "displayNmae"))
    folder.write("beta.yaml", extension("betta", "201"))
    done = validate(folder.root)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{folder.root}/acme.yaml:9:")
    assert 'did you mean "displayName"?' in lines[0]
    assert lines[1].startswith(f"{folder.root}/beta.yaml:3:")
    assert lines[-1] == "2 errors in 3 files"


def test_all_problems_as_json(folder: Folder) -> None:
    folder.write("acme.yaml", "kind: [")
    done = validate(folder.root, "-o", "json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["valid"], found["problems"][0]["file"]) == (1, False, f"{folder.root}/acme.yaml")


def test_an_unreadable_file_is_a_problem(folder: Folder) -> None:
    (folder.root / "gone.yaml").symlink_to("nowhere")
    done = validate(folder.root)
    assert done.exit_code == 1
    assert f"{folder.root}/gone.yaml:1:1: can't be read" in done.stdout


def test_an_empty_folder(tmp_path: Path) -> None:
    done = validate(tmp_path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "holds no manifest" in done.stderr


def test_a_missing_folder_is_wrong_usage(tmp_path: Path) -> None:
    done = validate(tmp_path / "nowhere")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "nowhere" in done.stderr


def test_the_quickstart_is_valid() -> None:
    assert validate(Path(__file__).parents[2] / "manifests").exit_code == 0


def test_wrong_options_are_wrong_usage(folder: Folder) -> None:
    assert validate(folder.root, "--output", "xml").exit_code == 2
    assert CliRunner().invoke(app, ["validate"]).exit_code == 2
