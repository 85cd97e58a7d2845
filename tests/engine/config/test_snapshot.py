"""Snapshots: what revisions are made of, what they share, and what no revision may hold."""

import gc
import sys
from dataclasses import replace

import pytest

from dialing.schedule import Schedule
from dialing.time_range import TimeRange
from engine.config.extension import ExtensionConfig
from engine.config.listener import ListenerConfig
from engine.config.office_hours import OfficeHoursConfig
from engine.config.outbound_rule import OutboundRouteConfig, OutboundRuleConfig
from engine.config.ref import ConfigRef, Origin, Revision
from engine.config.secret import SecretRef
from engine.config.snapshot import Snapshot, TenantItem, TenantSnapshot, item_digest, revision_of
from engine.config.system import SYSTEM_REF, MediaConfig, SystemConfig
from engine.config.tenant import TenantConfig

ACME = TenantConfig(name="acme", domain="acme.example")
HOURS = OfficeHoursConfig(tenant="acme", name="main", schedule=Schedule(week=((TimeRange(540, 1020),),) * 7))


def extension(number: str, tenant: str = "acme", **changes: str) -> ExtensionConfig:
    made = ExtensionConfig(
        tenant=tenant, name=f"e{number}", number=number, auth_user=f"u{number}", password=SecretRef("env:P")
    )
    return replace(made, display_name=changes.get("display_name", ""))


def tenant(*numbers: str) -> TenantSnapshot:
    return TenantSnapshot.build([ACME, *map(extension, numbers)])


def whole(*tenants: TenantSnapshot, system: SystemConfig | None = None) -> Snapshot:
    return Snapshot.build(
        system=system or SystemConfig(),
        listeners=[ListenerConfig(name="udp", transport="udp", port=5060)],
        tenants=tenants,
    )


def test_indexes() -> None:
    acme = tenant("101", "102")
    assert acme.extensions["101"] is acme.by_auth_user["u101"] is acme.items[ConfigRef("acme", "Extension", "e101")]
    snapshot = whole(acme)
    assert snapshot.by_domain == {"acme.example": "acme"}
    assert snapshot.item(SYSTEM_REF) is snapshot.system
    assert snapshot.item(ConfigRef("", "Listener", "udp")) is snapshot.listeners["udp"]
    assert snapshot.item(ConfigRef("acme", "Extension", "e102")) is acme.extensions["102"]
    assert snapshot.item(ConfigRef("acme", "Tenant", "acme")) is ACME
    for missing in (
        ConfigRef("acme", "Extension", "e9"),
        ConfigRef("gone", "Tenant", "gone"),
        ConfigRef("", "Listener", "no"),
        ConfigRef("", "Trunk", "no"),
    ):
        assert snapshot.item(missing) is None
        assert snapshot.origin(missing) is None


def test_the_empty_one_serves_nothing() -> None:
    empty = Snapshot.empty()
    assert (empty.listeners, empty.tenants, empty.by_domain) == ({}, {}, {})
    assert empty.revision == Snapshot.empty().revision


def test_lengths_of_own_numbers_hold_those_that_come() -> None:
    before = TenantSnapshot.build([ACME, extension("101"), extension("2002")])
    assert before.own_lengths == {3, 4}
    after = before.evolved(
        revision=before.revision, upserts=[extension("30003")], deletes=[extension("2002").ref], origins={}
    )
    assert {len(number) for number in after.extensions} == {3, 5} <= after.own_lengths


def test_office_hours_are_found_by_name_and_shared() -> None:
    before = TenantSnapshot.build([ACME, extension("101"), HOURS])
    assert before.office_hours == {"main": HOURS}
    after = before.evolved(
        revision=before.revision, upserts=[extension("102")], deletes=[extension("101").ref], origins={}
    )
    assert after.office_hours is before.office_hours
    assert set(after.extensions) == {"102"}
    closed = replace(HOURS, schedule=Schedule(week=((),) * 7))
    later = after.evolved(revision=before.revision, upserts=[closed], deletes=[], origins={})
    assert later.office_hours == {"main": closed}
    assert later.extensions is after.extensions
    assert later.by_auth_user is after.by_auth_user


# Revisions.


def test_digests_are_those_of_yesterday() -> None:
    """A changed digest would look like a changed manifest to every installation, at its next start."""
    assert item_digest(ACME) == "cd9a9f54f05a6a4a3e3c6a3bcedd7b91d6df48a383c7fd2ebd020288b986ae79"
    assert item_digest(extension("101")) == "7ea8f229a2494e088b6d800334eda6b693dfc6a9052e06337d5e13f9e770b1e2"
    assert tenant("101").revision == "5b64bc4241b44945363c12af42871b6a1b56561b26f8c89fb801b11adfd04cde"
    assert Snapshot.empty().revision == "c492c782be053ac480e4350f1ccbbe4e0b8cef0193a7a4c8400c3fd395252b57"


def test_a_revision_does_not_depend_on_the_order() -> None:
    items: list[TenantItem] = [ACME, extension("101"), extension("102")]
    assert TenantSnapshot.build(items).revision == TenantSnapshot.build(reversed(items)).revision
    digests = [item_digest(item) for item in items]
    assert revision_of(digests) == revision_of(reversed(digests))
    other = TenantSnapshot.build([TenantConfig(name="other", domain="other.example")])
    assert whole(tenant("101"), other).revision == whole(other, tenant("101")).revision


@pytest.mark.parametrize(
    "changed",
    [
        replace(extension("101"), display_name="x"),
        replace(extension("101"), enabled=False),
        replace(extension("101"), ring_time_s=31.0),
        replace(extension("101"), password=SecretRef("env:Q")),
        extension("102"),
    ],
    ids=lambda item: item.display_name or item.password or item.number,
)
def test_any_changed_value_is_another_revision(changed: ExtensionConfig) -> None:
    before, after = tenant("101"), TenantSnapshot.build([ACME, changed])
    assert before.revision != after.revision
    assert whole(before).revision != whole(after).revision
    assert whole(before).system_revision == whole(after).system_revision


def test_a_changed_system_leaves_the_tenants_revisions() -> None:
    acme = tenant("101")
    before, after = whole(acme), whole(acme, system=SystemConfig(media=MediaConfig(first_port=40000)))
    assert before.system_revision != after.system_revision
    assert before.revision != after.revision
    assert before.tenants["acme"].revision == after.tenants["acme"].revision


def test_where_a_value_stands_is_no_part_of_the_revision() -> None:
    ref = extension("101").ref
    here = TenantSnapshot.build([ACME, extension("101")], origins={ref: Origin("a.yaml", 1)})
    there = TenantSnapshot.build([ACME, extension("101")], origins={ref: Origin("b.yaml", 99)})
    assert here.revision == there.revision
    assert whole(here).revision == whole(there).revision
    assert (here.origin(ref), there.origin(ref)) == (Origin("a.yaml", 1), Origin("b.yaml", 99))
    system = Snapshot.build(
        system=SystemConfig(), listeners=[], tenants=[], origins={SYSTEM_REF: Origin("system.yaml", 3)}
    )
    assert system.revision == Snapshot.empty().revision
    assert system.origin(SYSTEM_REF) == Origin("system.yaml", 3)


def test_origins_are_the_snapshots_own() -> None:
    origins = {ACME.ref: Origin("a.yaml", 1)}
    built = TenantSnapshot.build([ACME], origins=origins)
    origins[ACME.ref] = Origin("later.yaml", 2)
    assert built.origin(ACME.ref) == Origin("a.yaml", 1)


# Sharing.


def test_equal_values_are_the_predecessors_objects() -> None:
    before = tenant("101", "102", "103")
    items: list[TenantItem] = [
        TenantConfig(name="acme", domain="acme.example"),
        extension("101"),
        extension("103", display_name="New"),
    ]
    after = TenantSnapshot.build(items, predecessor=before)
    assert after.config is before.config
    assert after.extensions["101"] is before.extensions["101"]
    assert after.by_auth_user["u101"] is before.by_auth_user["u101"]
    assert after.extensions["103"] is not before.extensions["103"]
    assert "102" not in after.extensions


def test_a_hundred_revisions_one_edit_apart_share_all_but_the_edit() -> None:
    """Live calls pin them: a hundred of a tenant with 400 extensions hold 499 values, not 40,000."""
    numbers = [str(1000 + n) for n in range(400)]
    revisions = [tenant(*numbers)]
    for edit in range(99):
        items: list[TenantItem] = [ACME, *map(extension, numbers)]
        items[1 + edit] = extension(numbers[edit], display_name=f"edit {edit}")
        revisions.append(TenantSnapshot.build(items, predecessor=revisions[-1]))
    values = {id(item) for revision in revisions for item in revision.items.values()}
    # Each edit also puts the one before it back as it was, which is a new value equal to no predecessor's.
    assert len(values) <= 401 + 2 * 99
    del items
    gc.collect()
    other = TenantSnapshot.build([TenantConfig(name="other", domain="other.example")])
    snapshots = [whole(revision, other) for revision in revisions]
    assert {id(snapshot.tenants["other"]) for snapshot in snapshots} == {id(other)}
    assert len({snapshot.revision for snapshot in snapshots}) == 100
    assert sys.getrefcount(other) > 100


# What cannot be.


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ([extension("101")], "without its TenantConfig"),
        ([ACME, replace(ACME, domain="x.example")], "two values with the key"),
        ([ACME, TenantConfig(name="b", domain="b.example")], "two tenants in one"),
        ([ACME, extension("101"), extension("101")], "two values with the key"),
        ([ACME, extension("101"), replace(extension("101"), name="twin")], "number '101'"),
        ([ACME, extension("101"), replace(extension("102"), auth_user="u101")], "user name 'u101'"),
    ],
    ids=["no tenant", "one tenant twice", "two tenants", "one name twice", "one number twice", "one user twice"],
)
def test_sets_that_the_rules_keep_out(items: list[TenantItem], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        TenantSnapshot.build(items)


def test_two_tenants_of_one_domain() -> None:
    twin = TenantSnapshot.build([TenantConfig(name="twin", domain="acme.example")])
    with pytest.raises(ValueError, match=r"acme\.example"):
        whole(tenant(), twin)


def test_indexes_of_rules_are_shared_until_a_rule_changes() -> None:
    rule = OutboundRuleConfig(tenant="acme", name="all", routes=(OutboundRouteConfig(trunk="carrier"),))
    before = TenantSnapshot.build([ACME, rule])
    same = TenantSnapshot.build([ACME, replace(rule)], predecessor=before)
    moved = before.evolved(revision=Revision("2"), upserts=[replace(ACME, display_name="A")], deletes=[], origins={})
    changed = before.evolved(revision=Revision("3"), upserts=[replace(rule, order=1)], deletes=[], origins={})
    assert same.outbound is moved.outbound is before.outbound
    assert moved.inbound is changed.inbound is before.inbound
    assert [found.order for found in changed.outbound.candidates("1", None)] == [1]
