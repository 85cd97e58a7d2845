"""Profiles and groups, from the manifest to the call: who may call outside, and what a plan says of a change of either."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cause import NOT_ALLOWED
from engine.config.extension import ExtensionConfig
from engine.config.ref import ConfigRef
from engine.config.snapshot import Snapshot
from engine.routing.decide import decide
from engine.routing.decision import DialOut, Refuse
from reconciler.disruption import Disruption
from reconciler.planner import make_plan
from reconciler.state import evolved, whole
from tests.support.following_server import Server
from tests.support.grounds import ground
from tests.support.manifest_folder import LISTENER
from tests.support.manifests import extension, resource, tenant
from tests.support.routed import dials, here

ACME = tenant("acme", "acme.example")
STAFF = resource("ExtensionGroup", "acme", "staff", "mayCallOutside: true\n")
SALES = resource("ExtensionGroup", "acme", "sales", "displayName: Sales\n")
DESK = resource("ExtensionProfile", "acme", "desk", "groups: [staff]\nringTime: 20s\n")
OUTSIDE = (
    resource("Trunk", "acme", "carrier", "host: 192.0.2.50\n"),
    resource("OutboundRule", "acme", "all", "routes: [{trunk: carrier}]\n"),
)
REF = ConfigRef("acme", "Extension", "101")


def snapshot(*parts: str) -> Snapshot:
    state = ground(ACME, *OUTSIDE, *parts)
    return evolved(Snapshot.empty(), map(whole, state.desired.units.values()), ())


@pytest.mark.parametrize(
    ("parts", "may"),
    [
        ((extension("acme", "101"),), False),
        ((extension("acme", "101"), STAFF), False),
        ((extension("acme", "101", "groups: [staff]\n"),), False),  # a word, no permission
        ((extension("acme", "101", "groups: [staff]\n"), STAFF), True),
        ((extension("acme", "101", "groups: [sales]\n"), STAFF, SALES), False),
        ((extension("acme", "101", "groups: [sales, staff]\n"), STAFF, SALES), True),
        ((extension("acme", "101", "groups: [sales]\nmayCallOutside: true\n"), STAFF, SALES), True),
        ((extension("acme", "101", "profile: desk\n"), DESK, STAFF), True),
        ((extension("acme", "101", "profile: desk\ngroups: [sales]\n"), DESK, STAFF, SALES), False),
    ],
)
def test_who_may_call_outside(parts: tuple[str, ...], may: bool) -> None:
    where = snapshot(*parts)
    decision = decide(where, here("101"), dials(where, "101", "+4930123456"))
    if may:
        assert isinstance(decision, DialOut)
    else:
        assert isinstance(decision, Refuse)
        assert decision.cause is NOT_ALLOWED


def test_a_plan_says_whose_permission_and_ring_time_change() -> None:
    before = ground(ACME, extension("acme", "101", "profile: desk\n"), DESK, STAFF, SALES)
    after = ground(
        ACME,
        extension("acme", "101", "profile: desk\n"),
        DESK.replace("20s", "25s").replace("staff", "sales"),
        STAFF,
        SALES,
    )
    changes = {change.ref: change for change in make_plan(before, after, {}).changes}
    assert {ref.kind: change.disruption for ref, change in changes.items()} == {
        "Extension": Disruption.NEW_CALLS,
        "ExtensionProfile": Disruption.NONE,
    }
    assert [(field.path, field.old, field.new) for field in changes[REF].fields] == [
        ("spec.groups", '["staff"]', '["sales"]'),
        ("spec.mayCallOutside", "true", "false"),
        ("spec.ringTime", '"20s"', '"25s"'),
    ]


def test_what_runs_is_the_same_after_a_restart_and_on_a_quiet_round(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.folder.write("system.yaml", LISTENER)
    server.folder.write(
        "acme.yaml", ACME, extension("acme", "101", "profile: desk\n").replace("env: P", "env: PW"), DESK, STAFF
    )
    server.round()
    first = server.engine.snapshot
    item = first.item(REF)
    assert isinstance(item, ExtensionConfig)
    assert (item.ring_time_s, item.may_call_outside) == (20.0, True)
    server.round()
    assert server.engine.snapshot is first
    server.restart()
    server.round()
    assert server.engine.snapshot.revision == first.revision
    assert server.engine.snapshot.item(REF) == item
