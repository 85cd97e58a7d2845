"""What is declared and not carried out yet, from the manifest to the condition: kept, planned, told, and in nobody's way."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from engine.config.declared import DeclaredConfig, DeclaredField
from engine.config.ref import ConfigRef
from engine.config.snapshot import Snapshot, item_digest
from engine.config.system import SystemConfig
from reconciler.compile.registry import compile_resource
from reconciler.compile.rows import from_row, to_row
from reconciler.disruption import Disruption
from reconciler.ground import Ground
from reconciler.plan import Action
from reconciler.planner import make_plan
from reconciler.ports import ResourceFilter
from reconciler.state import UnitChange, evolved, whole
from reconciler.status import Board, not_carried_out
from reconciler.views import ConditionType, Reason
from reconciler.worker.verdict import Findings, Round, UnitVerdict
from schema.manifest_set import parse_file
from tests.support.fictitious_kinds import BEACON, LAMP, make_known
from tests.support.grounds import ground
from tests.support.manifest_folder import LISTENER
from tests.support.manifests import extension, resource, tenant

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
ACME = tenant("acme", "acme.example")
ADA = extension("acme", "101")
AWAY = resource("Extension", "acme", "101", "password: {env: P}\nforwarding: [{when: busy, to: {voicemail: 101}}]\n")
PORCH = ConfigRef("acme", "Lamp", "porch")
TOWER = ConfigRef("", "Beacon", "tower")
EXTENSION = ConfigRef("acme", "Extension", "101")


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    make_known(monkeypatch)


def snapshot_of(state: Ground) -> Snapshot:
    return evolved(Snapshot.empty(), map(whole, state.desired.units.values()), ())


def board_of(state: Ground) -> tuple[Board, Snapshot]:
    """A board that was told of a round which applied all of it."""
    snapshot, board = snapshot_of(state), Board(NOW)
    verdicts = tuple(
        UnitVerdict(unit=name, reason=Reason.VALID, attempted=unit.revision, applied=unit.revision)
        for name, unit in state.desired.units.items()
    )
    board.found(Round(number=1, found=Findings(verdicts=verdicts)), None, None, NOW)
    board.health(snapshot, {}, NOW)
    return board, snapshot


def conditions(state: Ground, ref: ConfigRef) -> dict[ConditionType, tuple[bool, Reason, str]]:
    board, snapshot = board_of(state)
    return {found.type: (found.is_true, found.reason, found.message) for found in board.conditions(snapshot, ref)}


def test_a_kind_is_kept_as_it_is_written() -> None:
    [lamp] = parse_file("a.yaml", LAMP).resources
    item = compile_resource(lamp)
    assert item == DeclaredConfig(
        tenant="acme", kind="Lamp", name="porch", spec='{"number":"700","pin":"env:LAMP_PIN"}', number="700"
    )
    assert from_row(json.loads(json.dumps(to_row(item)))) == item


def test_a_field_is_kept_beside_what_is_carried_out() -> None:
    [before, after] = [compile_resource(parse_file("a.yaml", text).resources[0]) for text in (ADA, AWAY)]
    assert not isinstance(after, DeclaredConfig)
    assert after.declared == (DeclaredField("spec.forwarding[0].to", '"{voicemail: 101}"'),)
    assert from_row(json.loads(json.dumps(to_row(after)))) == after
    assert item_digest(before) != item_digest(after)


def test_it_is_in_the_snapshot_and_can_be_taken_out_again() -> None:
    full = snapshot_of(ground(ACME, ADA, LAMP, system=f"{LISTENER}---\n{BEACON}"))
    assert isinstance(full.item(PORCH), DeclaredConfig)
    assert isinstance(full.item(TOWER), DeclaredConfig)
    assert full.tenants["acme"].declared_numbers == {"700": PORCH}
    changes = [
        UnitChange(unit="acme", revision=full.revision, origins_revision="", whole=False, deletes=(PORCH,)),
        UnitChange(unit="", revision=full.revision, origins_revision="", whole=False, deletes=(TOWER,)),
    ]
    less = evolved(full, changes, ())
    assert less.item(PORCH) is None
    assert less.item(TOWER) is None
    assert less.tenants["acme"].declared_numbers == {}
    assert less.system == full.system
    assert less.listeners == full.listeners


def test_its_revision_counts() -> None:
    revisions = {
        snapshot_of(ground(ACME, *rest, system=system)).revision
        for system in (LISTENER, f"{LISTENER}---\n{BEACON}")
        for rest in ((), (LAMP,), (LAMP.replace("700", "701"),))
    }
    assert len(revisions) == 6


def test_the_plan_shows_its_fields_and_that_nobody_notices() -> None:
    before, after = ground(ACME, ADA, LAMP), ground(ACME, AWAY, LAMP.replace("700", "701"))
    plan = make_plan(before, after, {})
    assert {(change.ref, change.action, change.disruption) for change in plan.changes} == {
        (PORCH, Action.UPDATE, Disruption.NONE),
        (EXTENSION, Action.UPDATE, Disruption.NEW_CALLS),
    }
    [lamp] = [change for change in plan.changes if change.ref == PORCH]
    assert [(field.path, field.old, field.new) for field in lamp.fields] == [("spec.number", '"700"', '"701"')]
    gone = make_plan(after, ground(ACME, AWAY), {})
    assert [(change.ref, change.action, change.disruption) for change in gone.changes] == [
        (PORCH, Action.DELETE, Disruption.NONE)
    ]


def test_a_resource_says_that_its_kind_waits_and_its_tenant_stays_applied() -> None:
    state = ground(ACME, ADA, LAMP)
    told = conditions(state, PORCH)
    words = "kind Lamp is not carried out yet"
    assert told[ConditionType.ACCEPTED][0]
    assert told[ConditionType.APPLIED] == (False, Reason.NOT_SUPPORTED_YET, words)
    assert told[ConditionType.READY] == (False, Reason.NOT_SUPPORTED_YET, words)
    assert not told[ConditionType.STALLED][0]
    assert conditions(state, EXTENSION)[ConditionType.APPLIED][0]
    board, snapshot = board_of(state)
    [acme] = [unit for unit in board.view(snapshot).units if unit.unit == "acme"]
    assert all(found.is_true for found in acme.conditions if found.type is not ConditionType.STALLED)


def test_a_resource_names_its_fields_that_wait() -> None:
    words = "not carried out yet: spec.forwarding[0].to; all else of it runs"
    state = ground(ACME, AWAY)
    assert conditions(state, EXTENSION)[ConditionType.APPLIED] == (False, Reason.NOT_SUPPORTED_YET, words)
    assert conditions(state, EXTENSION)[ConditionType.READY][0]
    board, snapshot = board_of(state)
    listed = {
        view.ref: (view.applied, view.reason, view.message) for view in board.resources(snapshot, ResourceFilter())
    }
    assert listed[EXTENSION] == (False, Reason.NOT_SUPPORTED_YET, words)
    assert listed[ConfigRef("acme", "Tenant", "acme")][:2] == (True, Reason.IN_SYNC)


def test_many_fields_are_counted_and_none_are_nothing() -> None:
    item = SystemConfig(declared=tuple(DeclaredField(f"spec.f{number}", "1") for number in range(12)))
    assert not_carried_out(item).startswith("not carried out yet: spec.f0, spec.f1, ")
    assert not_carried_out(item).endswith("spec.f9 and 2 more; all else of it runs")
    assert not_carried_out(SystemConfig()) == ""
    assert not_carried_out(None) == ""
