"""The next snapshot from a change: what it holds, what it shares, and when the change does not fit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.declared import DeclaredConfig
from engine.config.extension import ExtensionConfig
from engine.config.ip_rule import IpRuleConfig
from engine.config.listener import ListenerConfig
from engine.config.ref import ConfigRef, Origin, Revision
from engine.config.secret import SecretRef
from engine.config.snapshot import ConfigItem, Snapshot, TenantItem, TenantSnapshot, item_digest, revision_of
from engine.config.system import SYSTEM_REF, SipConfig, SystemConfig
from engine.config.tenant import TenantConfig
from reconciler.diff import Delete, diff
from reconciler.state import SYSTEM_UNIT, Evolution, UnitChange, evolved

ACME = TenantConfig(name="acme", domain="acme.example")


def extension(name: str, number: str) -> ExtensionConfig:
    return ExtensionConfig(tenant="acme", name=name, number=number, auth_user=number, password=SecretRef("env:PW"))


def whole(*items: ConfigItem, unit: str = "acme") -> UnitChange:
    revision = revision_of(map(item_digest, items))
    origins = {item.ref: Origin("a.yaml", line) for line, item in enumerate(items)}
    return UnitChange(unit=unit, revision=revision, origins_revision="o", whole=True, upserts=items, origins=origins)


def part(
    *upserts: ConfigItem,
    deletes: tuple[ConfigRef, ...] = (),
    origins: dict[ConfigRef, Origin] | None = None,
    unit: str = "acme",
) -> UnitChange:
    return UnitChange(
        unit=unit,
        revision=Revision("next"),
        origins_revision="p",
        whole=False,
        upserts=upserts,
        deletes=deletes,
        origins=origins or {},
    )


def start(*extensions: ExtensionConfig) -> Snapshot:
    beta = TenantConfig(name="beta", domain="beta.example")
    return evolved(Snapshot.empty(), [whole(ACME, *extensions), whole(beta, unit="beta")], ())


NUMBERS = st.dictionaries(st.sampled_from("abcde"), st.sampled_from(["1", "2", "3", "4", "5"]), max_size=5).filter(
    lambda numbers: len(set(numbers.values())) == len(numbers)
)


@given(NUMBERS, NUMBERS)
def test_a_part_comes_to_the_same_as_the_whole(one: dict[str, str], two: dict[str, str]) -> None:
    before = start(*(extension(*pair) for pair in one.items()))
    wanted: list[TenantItem] = [ACME, *(extension(*pair) for pair in two.items())]
    changes = list(diff(before.tenants["acme"].items, {item.ref: item for item in wanted}))
    change = UnitChange(
        unit="acme",
        revision=revision_of(map(item_digest, wanted)),
        origins_revision="p",
        whole=False,
        upserts=tuple(change.new for change in changes if not isinstance(change, Delete)),
        deletes=tuple(change.ref for change in changes if isinstance(change, Delete)),
    )
    found = evolved(before, [change], ()).tenants["acme"]
    expected = TenantSnapshot.build(wanted)
    assert found.items == expected.items
    assert found.extensions == expected.extensions
    assert found.by_auth_user == expected.by_auth_user
    assert found.revision == expected.revision


def test_other_tenants_are_shared() -> None:
    before = start(extension("a", "1"))
    after = evolved(before, [part(extension("b", "2"))], ())
    assert after.tenants["beta"] is before.tenants["beta"]
    assert after.tenants["acme"].items[ACME.ref] is before.tenants["acme"].items[ACME.ref]


def test_the_predecessor_stays_as_it_was() -> None:
    before = start(extension("a", "1"))
    evolved(before, [part(deletes=(extension("a", "1").ref,))], ["beta"])
    assert set(before.tenants["acme"].extensions) == {"1"}
    assert set(before.tenants) == {"acme", "beta"}


def test_a_tenant_goes() -> None:
    after = evolved(start(), (), ["beta", "unknown"])
    assert set(after.tenants) == {"acme"}
    assert set(after.by_domain) == {"acme.example"}


def test_a_tenant_changes_itself() -> None:
    after = evolved(start(extension("a", "1")), [part(TenantConfig(name="acme", domain="new.example"))], ())
    assert after.by_domain["new.example"] == "acme"
    assert set(after.tenants["acme"].extensions) == {"1"}


def test_two_tenants_swap_their_domains() -> None:
    acme = part(TenantConfig(name="acme", domain="beta.example"))
    beta = part(TenantConfig(name="beta", domain="acme.example"), unit="beta")
    assert evolved(start(), [acme, beta], ()).by_domain == {"beta.example": "acme", "acme.example": "beta"}


def test_moved_lines_move_and_the_rest_stays() -> None:
    one = extension("a", "1")
    before = start(one)
    after = evolved(before, [part(origins={one.ref: Origin("b.yaml", 7)})], ())
    assert after.origin(one.ref) == Origin("b.yaml", 7)
    assert after.origin(ACME.ref) == before.origin(ACME.ref)


def test_the_system_changes() -> None:
    phones, trunks = (
        ListenerConfig(name=name, transport="udp", port=port) for name, port in (("p", 5060), ("t", 5070))
    )
    system = SystemConfig(sip=SipConfig(user_agent="Ours"))
    one = evolved(Snapshot.empty(), [whole(system, phones, unit="")], ())
    assert (one.system, set(one.listeners)) == (system, {"p"})
    two = evolved(one, [part(trunks, deletes=(phones.ref, SYSTEM_REF), unit="")], ())
    assert (two.system, set(two.listeners)) == (SystemConfig(), {"t"})
    assert one.system_revision == whole(system, phones, unit="").revision


MISFITS = [
    pytest.param(part(extension("a", "1"), unit="unknown"), id="a part of a tenant that is not there"),
    pytest.param(part(deletes=(ACME.ref,)), id="a tenant without itself"),
    pytest.param(part(extension("b", "1")), id="a number that another has"),
    pytest.param(part(extension("b", "2"), extension("b", "3")), id="one key twice in a change"),
    pytest.param(part(TenantConfig(name="beta", domain="b.example")), id="two tenants in one"),
    pytest.param(part(SystemConfig()), id="a system in a tenant"),
    pytest.param(whole(ACME, SystemConfig()), id="a system in a whole tenant"),
    pytest.param(part(ACME, unit=""), id="a tenant in the system"),
    pytest.param(whole(extension("a", "1")), id="a whole without the tenant"),
]


@pytest.mark.parametrize("change", MISFITS)
def test_a_change_that_does_not_fit(change: UnitChange) -> None:
    with pytest.raises(ValueError, match=r"."):
        evolved(start(extension("a", "1")), [change], ())


def test_a_whole_tenant_of_many_is_taken_in_steps() -> None:
    many = [extension(f"e{number}", str(number)) for number in range(5_000)]
    evolution = Evolution(start())
    assert sum(1 for _ in evolution.adding(whole(ACME, *many))) > 20
    after = evolution.snapshot()
    assert len(after.tenants["acme"].extensions) == 5_000
    evolution = Evolution(after)
    changed = [replace(one, display_name="Another") for one in many]
    assert sum(1 for _ in evolution.adding(part(*changed))) > 20
    assert {one.display_name for one in evolution.snapshot().tenants["acme"].extensions.values()} == {"Another"}


PHONES = ListenerConfig(name="phones", transport="udp", port=5060)
SECURE = DeclaredConfig(tenant="", kind="Listener", name="phones", spec="{}")
RULE = IpRuleConfig(name="a", network="198.18.0.7/32", is_allowed=False)


def of_system(
    before: Snapshot, *upserts: ConfigItem, deletes: tuple[ConfigRef, ...] = (), is_whole: bool = False
) -> Snapshot:
    change = UnitChange(
        unit=SYSTEM_UNIT,
        revision=Revision("r"),
        origins_revision="o",
        whole=is_whole,
        upserts=upserts,
        deletes=deletes,
        origins={},
    )
    return evolved(before, [change], ())


def test_a_listener_changes_to_a_transport_to_come_and_back() -> None:
    first = of_system(Snapshot.empty(), PHONES, is_whole=True)
    second = of_system(first, SECURE)
    assert (dict(second.listeners), second.item(PHONES.ref)) == ({}, SECURE)
    third = of_system(second, PHONES)
    assert (dict(third.declared), third.item(PHONES.ref)) == ({}, PHONES)


def test_ip_rules_come_change_and_go() -> None:
    first = of_system(Snapshot.empty(), PHONES, RULE, is_whole=True)
    assert first.item(RULE.ref) == RULE
    other = replace(RULE, is_allowed=True)
    second = of_system(first, other)
    assert dict(second.ip_rules) == {"a": other}
    assert second.system_revision != first.system_revision
    assert dict(of_system(second, deletes=(RULE.ref,)).ip_rules) == {}
    assert dict(of_system(second, PHONES, is_whole=True).ip_rules) == {}
