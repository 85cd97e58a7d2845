"""`trunkline simulate`: exit status, what goes where, offline and of a server; and what it says of what it can't use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from reconciler.source.directory import Directory
from reconciler.source.saved import saved_text
from tests.api.test_routes import Site, binding
from tests.support.git_repository import Repository
from tests.support.imagined import ONE_TENANT, TWO_TENANTS
from tests.support.manifest_folder import LISTENER, Folder, extension, tenant
from tests.support.served import answering

ASKED = ("--from", "101", "--to", "102")


def simulate(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["simulate", *arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "manifests")
    made.write("system.yaml", LISTENER)
    made.write("acme.yaml", tenant("acme"), extension("acme", "101"), extension("acme", "102"))
    return made


# Offline


def test_a_call_that_is_put_through(folder: Folder) -> None:
    done = simulate(str(folder.root), *ASKED)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith('101 calls "102": put through to extension 102, which rings on 1 phone for 30 s\n')
    assert f"Extension acme/102 ({folder.root}/acme.yaml:11)" in done.stdout


def test_a_call_that_is_refused(folder: Folder) -> None:
    done = simulate(str(folder.root), "--from", "101", "--to", "103", "--output", "json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["cause"]["outcome"] == "WRONG_NUMBER"


def test_what_is_stated(folder: Folder) -> None:
    done = simulate(str(folder.root), *ASKED, "--registered", "101", "--at", "2026-11-26T09:00+01:00", "-o", "json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["cause"]["outcome"], found["at"]) == (1, "OFFLINE", "2026-11-26T08:00:00Z")
    assert simulate(str(folder.root), *ASKED, "--registered", "101", "--registered", "102=2").exit_code == 0


def test_a_git_revision_and_a_saved_snapshot(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.root.parent)
    repository = Repository(folder.root.parent)
    files = {path: (folder.root / path).read_text() for path in ("system.yaml", "acme.yaml")}
    repository.commit({f"manifests/{path}": text for path, text in files.items()})
    repository.commit({"manifests/system.yaml": LISTENER, "manifests/acme.yaml": tenant("acme")})
    repository.close()
    assert simulate("git:HEAD:manifests", *ASKED).exit_code == 2
    done = simulate("git:HEAD~1:manifests", *ASKED)
    assert done.exit_code == 0
    assert "Extension acme/102 (HEAD~1:manifests/acme.yaml:11)" in done.stdout
    Path("saved.json").write_text(saved_text(Directory(folder.root, settle_s=0).read()))
    assert "decided by saved.json" in simulate("saved.json", *ASKED).stdout


def test_another_tenants_problems_are_told_and_leave_the_answer(folder: Folder) -> None:
    folder.write("beta.yaml", tenant("beta"), extension("beta", "201").replace("displayName", "displayNmae"))
    done = simulate(str(folder.root), *ASKED)
    assert done.exit_code == 0
    assert done.stderr.endswith("left out because of problems (trunkline validate lists them): beta\n")


FAULTS = [
    ("acme.yaml", tenant("acme").replace("domain", "domian"), (), "its tenant would not run"),
    ("acme.yaml", tenant("acme").replace("domain", "domian"), ("--tenant", "acme"), "its tenant would not run"),
    ("system.yaml", LISTENER.replace("port", "prot"), (), "nothing of it would run"),
]


@pytest.mark.parametrize(("path", "text", "options", "words"), FAULTS)
def test_faulty_manifests_can_not_be_decided_by(
    folder: Folder, path: str, text: str, options: tuple[str, ...], words: str
) -> None:
    folder.write(path, text)
    done = simulate(str(folder.root), *ASKED, *options)
    assert (done.exit_code, done.stdout) == (1, "")
    assert words in done.stderr
    assert f"{folder.root}/{path}:4:" in done.stderr


MISUSED = [
    (("--to", "102"), "--from"),
    (("--from", "101"), "--to"),
    (("--from", "011", "--to", "102"), 'trunkline simulate: --from is "011", and tenant "acme" has no extension'),
    ((*ASKED, "--tenant", "amce"), 'trunkline simulate: --tenant is "amce"'),
    ((*ASKED, "--at", "noon"), 'trunkline simulate: --at is "noon"'),
    ((*ASKED, "--registered", "9"), 'trunkline simulate: --registered is "9"'),
    ((*ASKED, "--listener", "x"), 'trunkline simulate: --listener is "x"'),
    ((*ASKED, "--calls", "-1"), "--calls"),
    (("--from", "101", "--to", "\udcff"), "holds bytes that are no UTF-8"),
]


@pytest.mark.parametrize(("arguments", "words"), MISUSED)
def test_wrong_usage(folder: Folder, arguments: tuple[str, ...], words: str) -> None:
    done = simulate(str(folder.root), *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr


@pytest.mark.parametrize(("source", "code"), [("nowhere", 2), ("git:main", 2), ("nowhere.json", 2), (".", 1)])
def test_a_source_that_can_not_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, code: int) -> None:
    monkeypatch.chdir(tmp_path)
    done = simulate(source, *ASKED)
    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr.startswith("trunkline simulate: ")


# Of a server


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site()
    made.engine.snapshot = ONE_TENANT
    made.engine.bindings = [binding("102"), binding("102", "sip:b@192.0.2.1")]
    with answering(made.app, tmp_path):
        yield made


@pytest.mark.usefixtures("site")
def test_a_server_decides_by_what_is_live(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path))
    done = simulate(*data, *ASKED)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith('101 calls "102": put through to extension 102, which rings on 2 phones for 25 s\n')
    assert "contacts acme/102 = 2 (live)" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("decided by the running server, revision ")
    refused = simulate(*data, "--from", "101", "--to", "103", "-o", "json")
    assert (refused.exit_code, json.loads(refused.stdout)["cause"]["outcome"]) == (1, "OFFLINE")
    assert (
        simulate(*data, "--from", "101", "--to", "103", "--registered", "103", "--registered", "102=0").exit_code == 0
    )
    assert simulate(*data, *ASKED, "--calls", "2").exit_code == 1
    assert simulate(*data, *ASKED, "--at", "2026-11-26T09:00").stdout.count("as they are now") == 1


def test_a_server_says_what_it_does_not_know(site: Site, tmp_path: Path) -> None:
    site.engine.snapshot = TWO_TENANTS
    done = simulate("--data", str(tmp_path), *ASKED)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith('trunkline simulate: --tenant is not said, and there are several: "acme", "globex"')


def test_no_server(tmp_path: Path) -> None:
    done = simulate("--data", str(tmp_path), *ASKED)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no server runs on the data folder" in done.stderr
