"""A ring group that is paged is kept as it is written, never rung, and says so to whoever calls it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from engine.config.declared import DeclaredConfig
from engine.config.ring_group import RingGroupConfig
from engine.config.snapshot import TenantSnapshot
from reconciler.compile.registry import compile_resource
from reconciler.disruption import Disruption, disruption
from reconciler.status import not_carried_out
from schema.manifest_set import parse_file
from tests.support.manifest_folder import LISTENER, Folder
from tests.support.manifests import documents, extension, resource, tenant

FLOOR = resource("RingGroup", "acme", "floor", 'number: "300"\ntype: paging\nmembers: ["101", "102"]\n')
RUNG = FLOOR.replace("type: paging", "type: ring")
ACME = documents(
    tenant("acme", "acme.example"),
    extension("acme", "101"),
    extension("acme", "102", "forwarding: [{when: always, to: {ringGroup: floor}}]\n"),
    FLOOR,
)


def test_only_the_type_decides_what_becomes_of_it() -> None:
    [paged] = parse_file("a.yaml", FLOOR).resources
    [rung] = parse_file("a.yaml", RUNG).resources
    assert isinstance(compile_resource(rung), RingGroupConfig)
    kept = compile_resource(paged)
    assert isinstance(kept, DeclaredConfig)
    assert (kept.kind, kept.number) == ("RingGroup", "300")
    assert not_carried_out(kept) == "type: paging is not carried out yet"


def test_who_rings_from_now_on_or_no_more_is_a_matter_of_new_calls() -> None:
    paged, rung = (compile_resource(parse_file("a.yaml", text).resources[0]) for text in (FLOOR, RUNG))
    assert disruption(paged, rung, drains=True) is Disruption.NEW_CALLS
    assert disruption(rung, paged, drains=True) is Disruption.NEW_CALLS
    assert disruption(paged, None, drains=True) is Disruption.NONE


@pytest.mark.parametrize(("before", "after"), [(FLOOR, RUNG), (RUNG, FLOOR)], ids=["rings", "is-paged"])
def test_a_tenant_whose_group_changes_its_type_is_as_if_made_anew(before: str, after: str) -> None:
    old, new = (snapshot_of(text) for text in (before, after))
    [item] = [item for item in new.items.values() if item.ref.kind == "RingGroup"]
    evolved = old.evolved(revision=new.revision, upserts=[item], deletes=(), origins={})
    assert dict(evolved.ring_groups) == dict(new.ring_groups)
    assert dict(evolved.ring_groups_by_number) == dict(new.ring_groups_by_number)
    assert dict(evolved.declared_numbers) == dict(new.declared_numbers)
    assert dict(evolved.items) == dict(new.items)


def snapshot_of(group: str) -> TenantSnapshot:
    texts = documents(tenant("acme", "acme.example"), extension("acme", "101"), extension("acme", "102"), group)
    items = [compile_resource(found) for found in parse_file("a.yaml", texts).resources]
    return TenantSnapshot.build(items)  # type: ignore[arg-type]  # all of them are a tenant's


@pytest.mark.parametrize("called", ["300", "102"])
def test_a_call_to_it_is_refused_and_told_why(called: str, tmp_path: Path) -> None:
    Folder(tmp_path).write("pbx.yaml", LISTENER, ACME)
    said = CliRunner().invoke(app, ["simulate", str(tmp_path), "--from", "101", "--to", called])
    assert "RingGroup acme/floor is declared and not carried out yet" in said.stdout
    assert "SIP 480" in said.stdout
