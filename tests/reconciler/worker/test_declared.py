"""How rules were written under a revision that ran before, however the lines have moved since."""

from __future__ import annotations

import json
from pathlib import Path

from engine.config.ref import ConfigRef
from tests.support.following_server import Server, run
from tests.support.manifest_folder import LISTENER, extension, tenant

ADA = ConfigRef("acme", "Extension", "101")
BOB = ConfigRef("acme", "Extension", "102")


def asked(server: Server, revision: str, *refs: ConfigRef) -> dict[str, object]:
    found = json.loads(run(server.reconciler.declarations("acme", revision, refs)))
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
    assert asked(server, "of long ago", ADA) == {"sequence": None, "declarations": []}
