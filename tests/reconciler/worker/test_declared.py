"""How rules were written under a revision that ran before, however the lines have moved since."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from engine.config.ref import ConfigRef
from reconciler.source.commit import GitCommit
from tests.support.following_server import Server, run
from tests.support.manifest_folder import LISTENER, extension, tenant

ADA = ConfigRef("acme", "Extension", "101")
BOB = ConfigRef("acme", "Extension", "102")


def asked(server: Server, revision: str, *refs: ConfigRef, at: datetime | None = None) -> dict[str, object]:
    then = at.isoformat() if at is not None else ""
    found = json.loads(run(server.reconciler.declarations("acme", revision, refs, then)))
    assert isinstance(found, dict)
    return found


def declarations(found: dict[str, object]) -> list[dict[str, str]]:
    told = found["declarations"]
    assert isinstance(told, list)
    return told


def test_a_rule_as_it_was_then_and_where_its_lines_went(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.folder.write("system.yaml", LISTENER)
    server.folder.write("acme.yaml", tenant("acme") + "---\n" + extension("acme", "101", display="Ada"))
    assert server.round()
    first = server.engine.snapshot.tenants["acme"].revision
    server.folder.write(
        "acme.yaml", "# a remark\n" + tenant("acme") + "---\n" + extension("acme", "101", display="Ada")
    )
    server.round()  # the same values, a line further down
    server.folder.write("acme.yaml", tenant("acme") + "---\n" + extension("acme", "101", display="Eve"))
    assert server.round()
    second = server.engine.snapshot.tenants["acme"].revision
    assert first != second
    then, now = asked(server, first, ADA), asked(server, second, ADA, BOB, ConfigRef("acme", "Tenant", "acme"))
    [ada] = declarations(then)
    assert (ada["file"], "Ada" in ada["manifest"], "Tenant" in ada["manifest"]) == ("acme.yaml", True, False)
    assert [one["kind"] for one in declarations(now)] == ["Tenant", "Extension"]
    assert "Eve" in declarations(now)[1]["manifest"]
    assert (then["sequence"], now["sequence"]) == (1, 2)


def test_the_system_s_own_rules_are_those_of_the_same_record(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.folder.write("system.yaml", LISTENER)
    server.folder.write("acme.yaml", tenant("acme") + "---\n" + extension("acme", "101"))
    assert server.round()
    revision = server.engine.snapshot.tenants["acme"].revision
    found = asked(server, revision, ConfigRef("", "Listener", "phones"))
    assert [one["file"] for one in declarations(found)] == ["system.yaml"]


def test_a_revision_that_is_not_kept(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.folder.write("system.yaml", LISTENER)
    server.folder.write("acme.yaml", tenant("acme"))
    server.round()
    assert asked(server, "of long ago", ADA) == {"sequence": None, "declarations": [], "commit": None}


def commit(name: str, subject: str) -> GitCommit:
    return GitCommit(name * 40, "Grace", datetime(2026, 11, 20, tzinfo=UTC), subject)


def test_a_revision_names_the_commit_that_brought_it_however_often_others_change(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.commit = commit("a", "everything")
    server.folder.write("system.yaml", LISTENER)
    server.folder.write("acme.yaml", tenant("acme") + "---\n" + extension("acme", "101", display="Ada"))
    server.folder.write("globex.yaml", tenant("globex"))
    server.round()
    acme = server.engine.snapshot.tenants["acme"].revision
    first_at = server.now
    server.commit = commit("b", "globex only")
    server.folder.write("globex.yaml", tenant("globex") + "---\n" + extension("globex", "201"))
    server.round()
    assert server.revisions()[0]["commit"] == commit("b", "globex only").to_json()
    assert asked(server, acme, ADA)["commit"] == commit("a", "everything").to_json()

    server.restart()
    assert asked(server, acme)["commit"] == commit("a", "everything").to_json()
    server.commit = commit("c", "another name")
    server.folder.write("acme.yaml", tenant("acme") + "---\n" + extension("acme", "101", display="Eve"))
    server.round()
    server.commit = commit("d", "the first name again")
    server.folder.write("acme.yaml", tenant("acme") + "---\n" + extension("acme", "101", display="Ada"))
    server.round()
    assert server.engine.snapshot.tenants["acme"].revision == acme
    assert asked(server, acme)["commit"] == commit("d", "the first name again").to_json()
    assert asked(server, acme, at=first_at)["commit"] == commit("a", "everything").to_json()  # a call of then
    found = json.loads(run(server.reconciler.resource(ADA)))
    assert found["commit"] == commit("d", "the first name again").to_json()


def test_going_back_brings_back_the_commit(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.commit = commit("a", "as it was")
    server.folder.write("system.yaml", LISTENER)
    server.folder.write("acme.yaml", tenant("acme") + "---\n" + extension("acme", "101", display="Ada"))
    server.round()
    server.commit = commit("b", "a mistake")
    server.folder.write("acme.yaml", tenant("acme") + "---\n" + extension("acme", "101", display="Eve"))
    server.round()
    assert run(server.reconciler.plan(1)).commit == commit("a", "as it was")
    server.go_back(1)
    assert server.revisions()[0]["commit"] == commit("a", "as it was").to_json()
    assert json.loads(run(server.reconciler.resource(ADA)))["commit"] == commit("a", "as it was").to_json()
    assert run(server.reconciler.plan()).commit == commit("b", "a mistake")


def test_records_of_versions_that_kept_no_commit_are_read(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.commit = commit("a", "as it was")
    server.folder.write("system.yaml", LISTENER)
    server.folder.write("acme.yaml", tenant("acme") + "---\n" + extension("acme", "101"))
    server.round()
    acme = server.engine.snapshot.tenants["acme"].revision
    state = tmp_path / "state"
    for path in (state / "applied.json", state / "revisions" / "0000000001.json"):
        shape = json.loads(path.read_text())
        del shape["account"]["commit"]
        for unit in shape["units"]:
            del unit["commit"]
        path.write_text(json.dumps(shape))
    server.restart()
    found = asked(server, acme, ADA)
    assert (found["sequence"], found["commit"], len(declarations(found))) == (1, None, 1)
    assert server.revisions()[0]["commit"] is None
