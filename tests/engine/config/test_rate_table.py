"""Rates by the longest prefix, and indexes that unchanged tables keep."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.config.rate_table import PrefixRateConfig, RateIndex, RateTableConfig
from engine.config.ref import ConfigRef, Revision
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.config.system import SystemConfig
from engine.config.tenant import TollsConfig
from reconciler.state import UnitChange, evolved
from tests.support.routed import extension, tenant


def table(*prefixes: str, name: str = "carrier", owner: str = "acme", price: int = 1) -> RateTableConfig:
    rates = tuple(PrefixRateConfig(prefix=prefix, outgoing=price) for prefix in prefixes)
    return RateTableConfig(tenant=owner, name=name, rates=rates)


@given(st.sets(st.text("0123456789", min_size=1, max_size=4), min_size=1), st.text("0123456789", max_size=8))
def test_the_longest_prefix_wins(prefixes: set[str], digits: str) -> None:
    found = RateIndex.of(table(*sorted(prefixes))).find(digits)
    fitting = [prefix for prefix in prefixes if digits.startswith(prefix)]
    assert (None if found is None else found.prefix) == max(fitting, key=len, default=None)


def test_a_tenant_keeps_the_index_of_a_table_that_has_not_changed() -> None:
    before = tenant(table("44"), table("33", name="other"), extension("101"))
    moved = before.evolved(revision=Revision("2"), upserts=[extension("102")], deletes=(), origins={})
    assert moved.rate_tables is before.rate_tables
    dearer = table("33", name="other", price=2)
    changed = before.evolved(revision=Revision("2"), upserts=[dearer], deletes=(), origins={})
    assert changed.rate_tables["carrier"] is before.rate_tables["carrier"]
    assert changed.rate_tables["other"].table == dearer
    gone = before.evolved(revision=Revision("2"), upserts=(), deletes=[dearer.ref], origins={})
    assert set(gone.rate_tables) == {"carrier"}


def _snapshot(*shared: RateTableConfig, owner: TenantSnapshot) -> Snapshot:
    return Snapshot.build(system=SystemConfig(), listeners=(), tenants=[owner], rate_tables=shared)


def test_a_tenants_own_table_hides_the_shared_one() -> None:
    shared = table("44", owner="")
    own = tenant(table("44", price=2), tolls=TollsConfig(rates="carrier"))
    without = tenant(tolls=TollsConfig(rates="carrier"))
    nothing = tenant()
    assert [
        None if found is None else found.table.tenant
        for found in (_snapshot(shared, owner=each).rates(each) for each in (own, without, nothing))
    ] == ["acme", "", None]


def test_shared_tables_follow_a_change_of_the_system() -> None:
    first, second = table("44", owner=""), table("33", owner="", name="second")
    before = _snapshot(first, owner=tenant())
    ref = ConfigRef("", "RateTable", "carrier")
    assert before.item(ref) == first

    def change(**values: object) -> Snapshot:
        made = UnitChange(unit="", revision=Revision("2"), origins_revision="", whole=False, **values)  # type: ignore[arg-type]
        return evolved(before, [made], ())

    both = change(upserts=(second,))
    assert both.rate_tables["carrier"] is before.rate_tables["carrier"]
    assert both.item(second.ref) == second
    assert both.revision != before.revision
    assert change(deletes=(ref,)).item(ref) is None
