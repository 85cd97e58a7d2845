"""A trunk whose transport is not carried out yet, a tenant's or a shared one: it goes and comes back; meanwhile no call goes over it."""

from __future__ import annotations

import pytest

from engine.config.declared import DeclaredConfig
from engine.config.ref import ConfigRef
from engine.config.snapshot import Snapshot
from engine.config.trunk import TrunkConfig
from reconciler.disruption import Disruption
from reconciler.ground import Ground
from reconciler.planner import make_plan
from reconciler.state import SYSTEM_UNIT, UnitChange, evolved, whole
from tests.support.grounds import ground
from tests.support.manifest_folder import LISTENER, documents, tenant

TLS = (
    LISTENER.replace("name: phones", "name: secure").replace("transport: udp", "transport: tls").replace("5070", "5071")
)


def with_trunk(owner: str, transport: str, before: Ground | None = None) -> Ground:
    metadata = f"{{tenant: {owner}, name: carrier}}" if owner else "{name: carrier}"
    trunk = f"apiVersion: trunkline/v1\nkind: Trunk\nmetadata: {metadata}\nspec: {{host: 192.0.2.9, transport: {transport}}}\n"
    own, shared = ((trunk,), ()) if owner else ((), (trunk,))
    return ground(tenant("acme"), *own, system=documents(LISTENER, TLS, *shared), before=before)


@pytest.mark.parametrize("owner", ["acme", ""])
def test_a_trunk_that_waits_is_none_for_the_call_path(owner: str) -> None:
    udp = with_trunk(owner, "udp")
    tls = with_trunk(owner, "tls", udp)
    ref = ConfigRef(owner, "Trunk", "carrier")
    snapshot = evolved(Snapshot.empty(), [whole(unit) for unit in udp.desired.units.values()], ())
    for after, kind in ((tls, DeclaredConfig), (udp, TrunkConfig), (tls, DeclaredConfig)):
        unit = after.desired.units[owner or SYSTEM_UNIT]
        change = UnitChange(
            unit=unit.unit,
            revision=unit.revision,
            origins_revision=unit.origins_revision,
            whole=False,
            upserts=(unit.items[ref],),
            deletes=(),
            origins={},
        )
        snapshot = evolved(snapshot, [change], ())
        assert isinstance(snapshot.item(ref), kind)
        assert (snapshot.trunk("acme", "carrier") is None) is (kind is DeclaredConfig)
        assert snapshot.revision == after.revision


def test_it_is_planned_as_what_it_does() -> None:
    plan = make_plan(with_trunk("", "udp"), with_trunk("", "tls"), {})
    assert [field.path for change in plan.changes for field in change.fields] == ["spec.transport"]
    assert plan.disruption is Disruption.NEW_CALLS
