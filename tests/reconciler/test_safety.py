"""What one change may not take away without being confirmed: shares, whole tenants, the last listener, what is protected."""

from __future__ import annotations

import pytest

from reconciler.ground import Ground
from reconciler.planner import make_plan
from tests.support.grounds import ground
from tests.support.manifest_folder import LISTENER, documents, extension, tenant

SYSTEM = "apiVersion: trunkline/v1\nkind: System\nmetadata: {name: system}\nspec:\n  safety: {%s}\n"


def office(*numbers: int, name: str = "acme", display: str = "x") -> tuple[str, ...]:
    return (tenant(name), *(extension(name, str(number), display=display) for number in numbers))


def broken(old: Ground, new: Ground) -> list[str]:
    return [breach.id for breach in make_plan(old, new, {}).breaches]


TWELVE, BETA = range(101, 113), range(201, 213)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (12, []),
        (10, []),
        (9, []),  # 3 of 12 extensions are a quarter
        (8, ["extensions-deleted:acme", "numbers-deleted:acme", "resources-deleted:acme"]),
        (0, ["extensions-deleted:acme", "numbers-deleted:acme", "resources-deleted:acme"]),
    ],
)
def test_a_share_of_a_tenant_may_go(left: int, expected: list[str]) -> None:
    assert broken(ground(*office(*TWELVE)), ground(*office(*TWELVE[:left]))) == expected


def test_where_few_run_shares_are_not_looked_at() -> None:
    assert broken(ground(*office(101, 102, 103)), ground(*office())) == []


def test_half_of_a_tenant_may_change() -> None:
    old = ground(*office(*TWELVE))
    for changed, expected in ((6, []), (7, ["extensions-changed:acme", "resources-changed:acme"])):
        new = [*office(*TWELVE[changed:]), *office(*TWELVE[:changed], display="y")[1:]]
        assert broken(old, ground(*new)) == expected


def test_numbers_that_get_other_owners_are_changed() -> None:
    turned = [extension("acme", str(n), name=str(n % 12 + 101 + 0)) for n in TWELVE]
    assert "numbers-changed:acme" in broken(ground(*office(*TWELVE)), ground(tenant("acme"), *turned))


def test_all_together_are_counted_too() -> None:
    """A little of each tenant is much of all."""
    old = ground(*office(*range(101, 106)), *office(*range(201, 206), name="beta"))
    new = ground(*office(*range(101, 103)), *office(*range(201, 204), name="beta"))
    assert broken(old, new) == ["extensions-deleted", "numbers-deleted", "resources-deleted"]


def test_a_tenant_is_deleted_by_name() -> None:
    old = ground(*office(101), *office(201, name="beta"))
    made = make_plan(old, ground(*office(101)), {})
    (breach,) = made.breaches
    assert (breach.id, breach.unit, breach.is_confirmable) == ("tenant-deleted:beta", "beta", True)
    assert breach.what == "Tenant beta would be deleted with all it has (2 resources, 1 extensions)"
    assert "--confirm tenant-deleted:beta" in breach.hint


def test_the_last_listener_is_deleted_by_name() -> None:
    old = ground(*office(101))
    other = LISTENER.replace("name: phones", "name: others")
    assert broken(old, ground(*office(101), system=other.replace("5070", "5072"))) == ["last-listener"]
    assert broken(old, ground(*office(101), system=other)) == []  # the same socket under another name
    assert broken(old, ground(*office(101), system=LISTENER.replace("5070", "5072"))) == []
    two = documents(LISTENER, other.replace("5070", "5072"))
    assert broken(old, ground(*office(101), system=two)) == []
    assert broken(ground(*office(101), system=two), old) == []


def trunk(name: str = "carrier", of: str = "acme", enabled: str = "true") -> str:
    owner = f"tenant: {of}, " if of else ""
    return f"apiVersion: trunkline/v1\nkind: Trunk\nmetadata: {{{owner}name: {name}}}\nspec: {{host: {name}.example, enabled: {enabled}}}\n"


def outbound(prefixes: str = "[]") -> str:
    rule = f"spec: {{match: {{prefixes: {prefixes}}}, routes: [{{trunk: carrier}}]}}\n"
    return f"apiVersion: trunkline/v1\nkind: OutboundRule\nmetadata: {{tenant: acme, name: outside}}\n{rule}"


def test_the_last_trunk_is_deleted_by_name() -> None:
    one = ground(*office(101), trunk())
    assert broken(one, ground(*office(101))) == ["last-trunk:acme"]
    assert broken(one, ground(*office(101), trunk(enabled="false"))) == ["last-trunk:acme"]
    assert broken(one, ground(*office(101), trunk("other"))) == []
    assert broken(ground(*office(101), trunk(), trunk("other")), one) == []
    shared = ground(*office(101), system=documents(LISTENER, trunk(of="")))
    assert broken(shared, ground(*office(101))) == ["last-trunk"]


def test_the_last_way_to_help_is_taken_by_name() -> None:
    old = ground(*office(101), trunk(), outbound())
    assert broken(old, ground(*office(101), trunk())) == ["last-emergency-route:acme"]
    assert broken(old, ground(*office(101), trunk(), outbound('["00"]'))) == ["last-emergency-route:acme"]
    assert broken(old, ground(*office(101), trunk(), outbound('["1"]'))) == []
    assert broken(ground(*office(101), trunk()), ground(*office(101), trunk())) == []


def test_what_is_protected_can_not_be_confirmed_away() -> None:
    safe = extension("acme", "101").replace("metadata: {", "metadata: {deletionProtection: true, ", 1)
    old = ground(tenant("acme"), safe, extension("acme", "102"))
    (breach,) = make_plan(old, ground(*office(102)), {}).breaches
    assert (breach.id, breach.is_confirmable) == ("protected:acme/Extension/101", False)
    assert broken(old, ground(*office(101, 102))) == []  # taking the protection away, first
    assert broken(
        old, ground(tenant("acme"), safe.replace('name: "101"', "name: other"), extension("acme", "102"))
    ) == ["protected:acme/Extension/101"]


def test_the_limits_are_those_that_run() -> None:
    strict, lax = SYSTEM % "maxDeletedPercent: 0", SYSTEM % "maxDeletedPercent: 100"
    old, gone = office(*TWELVE), office(*TWELVE[1:])
    assert broken(ground(*old, system=documents(LISTENER, strict)), ground(*gone, system=documents(LISTENER, lax)))
    assert not broken(ground(*old, system=documents(LISTENER, lax)), ground(*gone, system=documents(LISTENER, strict)))


def test_the_minimum_is_a_setting() -> None:
    small = SYSTEM % "minimum: 2"
    assert broken(ground(*office(101, 102), system=documents(LISTENER, small)), ground(*office(101))) == [
        "extensions-deleted:acme",
        "numbers-deleted:acme",
        "resources-deleted:acme",
    ]
