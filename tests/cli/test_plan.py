"""`trunkline plan`: of the server, of a folder against it, of two sources; what it prints and what it ends with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from reconciler.plan_json import plan_from_json
from tests.api.test_following_routes import binding
from tests.support.following_server import Server
from tests.support.git_repository import Repository
from tests.support.manifest_folder import LISTENER, Folder, extension, tenant
from tests.support.served import served

ACME = (tenant("acme"), extension("acme", "101"), extension("acme", "102"))
APPROVED = "apiVersion: trunkline/v1\nkind: System\nmetadata: {name: system}\nspec: {apply: approved}\n"


def plan(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["plan", *arguments])


@pytest.fixture
def old(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "old")
    made.write("system.yaml", LISTENER)
    made.write("acme.yaml", *ACME)
    return made


@pytest.fixture
def new(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "new")
    made.write("system.yaml", LISTENER.replace("5070", "5072"))
    made.write("acme.yaml", *ACME[:2], extension("acme", "103"))
    return made


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "s")
    made.folder.write("system.yaml", LISTENER)
    made.folder.write("acme.yaml", *ACME)
    assert made.round()
    made.folder.write("system.yaml", LISTENER, APPROVED)
    assert made.round()
    made.engine.bindings = [binding("101"), binding("102")]
    with served(made, tmp_path):
        yield made


# Of two sources


def test_two_folders(old: Folder, new: Folder) -> None:
    done = plan(str(new.root), "--against", str(old.root))
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "3 changes, drops registrations" in lines[0]
    assert lines[1].startswith("~ Listener phones ")
    assert "    spec.port: 5070 -> 5072" in lines
    assert "Reaches 3 of 3 extensions, 3 of 3 numbers." in lines
    assert "trunkline apply" not in done.stdout


def test_the_digest_is_that_of_the_server(server: Server, tmp_path: Path, new: Folder) -> None:
    new.write("system.yaml", LISTENER.replace("5070", "5072"), APPROVED)
    here = plan(str(new.root), "--data", str(tmp_path), "-o", "json")
    assert here.exit_code == 0, here.stderr
    server.folder.write("system.yaml", LISTENER.replace("5070", "5072"), APPROVED)
    server.folder.write("acme.yaml", *ACME[:2], extension("acme", "103"))
    there = plan("--data", str(tmp_path), "-o", "json")
    assert there.exit_code == 0, there.stderr
    ours, theirs = json.loads(here.stdout), json.loads(there.stdout)
    assert ours["plan"] == theirs["plan"]
    assert ours["live"] == theirs["live"]
    assert ours["live"]["registrations"] == 2
    assert plan_from_json(ours["plan"]).digest == ours["plan"]["digest"]
    assert ours["mode"] == theirs["mode"] == "approved"


def test_git_revisions_and_saved_snapshots(
    server: Server, tmp_path: Path, old: Folder, new: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = Repository(tmp_path / "repo")
    for folder in (old, new):
        repository.commit({f"pbx/{path.name}": path.read_text() for path in folder.root.iterdir()})
    tip = repository.repo.head().decode()
    repository.close()
    monkeypatch.chdir(tmp_path / "repo")
    of_git = plan("git:main:pbx", "--against", "git:HEAD~1:pbx")
    assert of_git.exit_code == 0, of_git.stderr
    told = f"commit {tip[:12]} by Ada Lovelace: a change\n"
    assert told in of_git.stdout
    assert of_git.stdout.replace(told, "") == plan(str(new.root), "--against", str(old.root)).stdout
    as_json = json.loads(plan("git:main:pbx", "--against", "git:HEAD~1:pbx", "--output", "json").stdout)
    assert (as_json["commit"]["id"], as_json["commit"]["author"]) == (tip, "Ada Lovelace")
    saved = CliRunner().invoke(app, ["get", "manifests", "-o", "json", "--data", str(tmp_path)])
    (tmp_path / "saved.json").write_text(saved.stdout, encoding="utf-8")
    same = plan(str(server.folder.root), "--against", str(tmp_path / "saved.json"), "--expect-no-changes")
    assert same.exit_code == 0, same.stderr + same.stdout


def test_exit_codes(old: Folder, new: Folder, tmp_path: Path) -> None:
    changed = (str(new.root), "--against", str(old.root))
    same = (str(old.root), "--against", str(old.root))
    missing = (str(tmp_path / "nowhere"), "--against", str(old.root))
    assert [plan(*words).exit_code for words in (changed, same, missing)] == [0, 0, 2]
    detailed = [plan(*words, "--detailed-exitcode").exit_code for words in (changed, same, missing)]
    assert detailed == [2, 0, 1]
    assert [plan(*words, "--expect-no-changes").exit_code for words in (changed, same)] == [1, 0]
    assert [plan("--sideways").exit_code, plan("--sideways", "--detailed-exitcode").exit_code] == [2, 1]
    assert [plan("--against", "x").exit_code, plan("--against", "x", "--detailed-exitcode").exit_code] == [2, 1]
    assert plan(*same, "--detailed-exitcode", "--expect-no-changes").exit_code == 1


def test_problems_are_told_as_validate_does(old: Folder, new: Folder) -> None:
    new.write("acme.yaml", tenant("acme"), extension("acme", "1 1"))
    done = plan(str(new.root), "--against", str(old.root), "--detailed-exitcode")
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"{new.root}/acme.yaml:8:" in done.stderr
    assert "errors in 2 files" in done.stderr


def test_no_server(tmp_path: Path, new: Folder) -> None:
    for words in ((), (str(new.root),)):
        done = plan(*words, "--data", str(tmp_path), "--detailed-exitcode")
        assert (done.exit_code, done.stdout) == (1, "")
        assert "no server runs on the data folder" in done.stderr


# Of the server


def test_what_waits_for_approval(server: Server, tmp_path: Path) -> None:
    server.folder.write("acme.yaml", *ACME[:2])
    server.round()
    done = plan("--data", str(tmp_path))
    assert done.exit_code == 0, done.stderr
    digest = server.reconciler.status().proposal
    assert digest is not None
    assert "1 change, drops registrations, 1 registration dropped" in done.stdout
    assert "Not applied: its plan has to be approved" in done.stdout
    assert done.stdout.endswith(f"    trunkline apply --data {tmp_path} --digest {digest.digest[:12]}\n")


def test_nothing_to_do(server: Server, tmp_path: Path) -> None:
    del server
    done = plan("--data", str(tmp_path), "--detailed-exitcode")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "no changes" in done.stdout
