"""`trunkline describe --source`: one resource of manifests, without a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.support.manifest_folder import LISTENER, documents, extension, tenant

PROFILE = """\
apiVersion: trunkline/v1
kind: ExtensionProfile
metadata: {tenant: acme, name: desk}
spec: {ringTime: 20s}
"""
SECRETS = {
    "{env: PW}": "      env: PW",
    "{file: secrets/101}": "      file: secrets/101",
    "{age: s/101.age}": "      age: s/101.age",
    "{sops: s/a.sops.yaml, key: sip.101}": "      sops: s/a.sops.yaml\n      key: sip.101",
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["describe", *arguments], env={"COLUMNS": "200"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    phone = extension("acme", "101").replace("{env: PW}", "{env: PW}, profile: desk")
    (tmp_path / "acme.yaml").write_text(documents(LISTENER, tenant("acme"), PROFILE, phone))
    return tmp_path


def test_it_is_shown_as_it_is_written_and_as_it_counts(folder: Path) -> None:
    done = run("extension", "acme/101", "--source", str(folder), "--effective")
    assert done.exit_code == 0, done.output
    assert f"Written in: {folder}/acme.yaml:" in done.stdout
    assert "State:      valid" in done.stdout
    assert "    ringTime: 20s # from ExtensionProfile acme/desk at acme.yaml:" in done.stdout
    assert "maxContacts" not in run("Extension", "acme/101", "--source", str(folder)).stdout


def test_as_json_it_has_what_the_server_tells_of_it(folder: Path) -> None:
    done = json.loads(run("Tenant", "acme", "--source", str(folder), "-o", "json").stdout)
    assert (done["tenant"], done["kind"], done["name"], done["valid"]) == ("acme", "Tenant", "acme", True)
    assert done["effective"]["spec"]["domain"] == "acme.example"
    assert done["sources"]["spec.enabled"] == "default"


@pytest.mark.parametrize(("written", "shown"), SECRETS.items())
def test_where_a_secret_is_stands_there_as_manifests_write_it(tmp_path: Path, written: str, shown: str) -> None:
    phone = extension("acme", "101").replace("{env: PW}", written)
    (tmp_path / "acme.yaml").write_text(documents(LISTENER, tenant("acme"), phone))
    done = run("Extension", "acme/101", "--source", str(tmp_path), "--effective")
    assert f"    password:\n{shown}\n" in done.stdout


def test_where_calls_go_and_what_is_heard_stand_there_as_manifests_write_it(tmp_path: Path) -> None:
    night = """\
apiVersion: trunkline/v1
kind: Receptionist
metadata: {tenant: acme, name: night}
spec:
  number: "600"
  inHours:
    greeting: {say: "Closed.", language: en}
    keys: {"1": {extension: "101"}, "2": repeat}
    onTimeout: {external: "+442079460100"}
"""
    (tmp_path / "acme.yaml").write_text(documents(LISTENER, tenant("acme"), extension("acme", "101"), night))
    done = run("Receptionist", "acme/night", "--source", str(tmp_path), "-o", "json")
    menu = json.loads(done.stdout)["effective"]["spec"]["inHours"]
    assert menu["greeting"] == {"say": "Closed.", "language": "en"}
    assert menu["keys"] == {"1": {"extension": "101"}, "2": "repeat"}
    assert menu["onTimeout"] == {"external": "+442079460100"}
    assert menu["timeout"] == "10s"
    shown = run("Receptionist", "acme/night", "--source", str(tmp_path), "--effective").stdout
    assert "      onTimeout:\n        external: '+442079460100'\n" in shown


def test_what_would_not_run_says_why(folder: Path) -> None:
    (folder / "more.yaml").write_text(
        extension("acme", "102").replace("102", "101").replace('name: "101"', 'name: "102"')
    )
    done = run("Extension", "acme/102", "--source", str(folder), "--effective")
    assert done.exit_code == 1
    assert "State:      would not run: 2 problems of its tenant or the system" in done.stdout
    assert "[duplicate-number]" in done.stdout
    assert "    number: '101'" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("Extension", "acme/110"), 1, "declares Extension acme/110; did you mean Extension acme/101?"),
        (("Queue", "acme/sales"), 1, "declares Queue acme/sales; write it as: Extension acme/101"),
        (("Extention", "acme/101"), 2, "there is no kind"),
        (("Extension", "101"), 2, "of which tenant?"),
    ],
)
def test_what_is_not_there(folder: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = run(*arguments, "--source", str(folder))
    assert done.exit_code == code
    assert words in done.stderr
    assert done.stdout == ""


def test_a_fault_where_it_is_written_is_told_instead(folder: Path) -> None:
    (folder / "acme.yaml").write_text((folder / "acme.yaml").read_text().replace("displayName", "displayNam"))
    done = run("Extension", "acme/101", "--source", str(folder))
    assert done.exit_code == 1
    assert "what is wrong there: acme.yaml:" in done.stderr
    assert "displayNam" in done.stderr


@pytest.mark.parametrize("source", ["nowhere", "git:nowhere", "x.json"])
def test_a_source_that_is_none(tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("Extension", "acme/101", "--source", source)
    assert done.exit_code in {1, 2}
    assert done.stderr.startswith("trunkline describe: ")
