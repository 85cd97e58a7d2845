"""A ring group that is paged is kept as it is written, never rung, and says so to whoever calls it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from engine.config.declared import DeclaredConfig
from engine.config.ring_group import RingGroupConfig
from reconciler.compile.registry import compile_resource
from reconciler.status import not_carried_out
from schema.manifest_set import parse_file
from tests.support.manifest_folder import LISTENER, Folder
from tests.support.manifests import documents, extension, resource, tenant

FLOOR = resource("RingGroup", "acme", "floor", 'number: "300"\ntype: paging\nmembers: ["101", "102"]\n')
ACME = documents(
    tenant("acme", "acme.example"),
    extension("acme", "101"),
    extension("acme", "102", "forwarding: [{when: always, to: {ringGroup: floor}}]\n"),
    FLOOR,
)


def test_only_the_type_decides_what_becomes_of_it() -> None:
    [paged] = parse_file("a.yaml", FLOOR).resources
    [rung] = parse_file("a.yaml", FLOOR.replace("type: paging", "type: ring")).resources
    assert isinstance(compile_resource(rung), RingGroupConfig)
    kept = compile_resource(paged)
    assert isinstance(kept, DeclaredConfig)
    assert (kept.kind, kept.number) == ("RingGroup", "300")
    assert not_carried_out(kept) == "type: paging is not carried out yet"


@pytest.mark.parametrize("called", ["300", "102"])
def test_a_call_to_it_is_refused_and_told_why(called: str, tmp_path: Path) -> None:
    Folder(tmp_path).write("pbx.yaml", LISTENER, ACME)
    said = CliRunner().invoke(app, ["simulate", str(tmp_path), "--from", "101", "--to", called])
    assert "RingGroup acme/floor is declared and not carried out yet" in said.stdout
    assert "SIP 480" in said.stdout
