"""What can be set and what can't, each refusal with its reason; and how what is set stands once the manifests have changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.config.blocked import BlockedConfig
from engine.config.declared import DeclaredConfig, DeclaredField
from engine.config.destination import DestinationConfig
from engine.config.extension import ForwardingConfig
from engine.config.snapshot import Snapshot
from engine.errors import NotChangeable, PreferenceRefused
from engine.preferences import FORWARDING, GREETING, QUEUES, STATUS, PreferenceChange, Preferences
from engine.routing.preference_check import check, standing
from tests.support.routed import NOON, extension, forwarding, group, outbound, route, snapshot, tenant, trunk

EVERYTHING = (STATUS, FORWARDING, GREETING, QUEUES)
GREETINGS = DeclaredField("spec.voicemail", json.dumps({"greetings": {"holiday": {"say": "gone"}}}))
HELP = DeclaredConfig(tenant="acme", kind="Queue", name="help", spec=json.dumps({"members": ["101"]}), number="7000")
SALES = DeclaredConfig(tenant="acme", kind="Queue", name="sales", spec=json.dumps({"members": ["102"]}), number="7001")


def company(
    may_change: tuple[str, ...] | None = EVERYTHING, blocked: tuple[BlockedConfig, ...] = (), **values: Any
) -> Snapshot:
    given: dict[str, Any] = {"may_change": may_change, "declared": (GREETINGS,), **values}
    return snapshot(
        tenant(
            extension("101", **given),
            extension("102"),
            group("team", "600", "102"),
            HELP,
            SALES,
            trunk("carrier"),
            outbound("national", route("carrier"), prefixes=("0",)),
            blocked=blocked,
        )
    )


def sets(**values: Any) -> PreferenceChange:
    return PreferenceChange(fields=frozenset(values), **values)


def goes(kind: str, value: str) -> PreferenceChange:
    return sets(forwarding=(forwarding("busy", kind, value),))


def refusal(change: PreferenceChange, where: Snapshot | None = None) -> str:
    found = where or company()
    owner = found.tenants["acme"]
    try:
        check(found, owner, owner.extensions["101"], change, NOON)
    except (NotChangeable, PreferenceRefused) as error:
        return f"{type(error).__name__}: {error}"
    return ""


@pytest.mark.parametrize(
    "change",
    [
        sets(status="doNotDisturb"),
        sets(status="away"),
        sets(forwarding=()),
        sets(greeting="holiday"),
        sets(queues=(("help", False),)),
        goes("extension", "102"),
        goes("ringGroup", "team"),
        goes("queue", "help"),
        goes("voicemail", "101"),
        goes("hangUp", "busy"),
        goes("external", "02079460100"),
        goes("external", "+442079460100"),
    ],
)
def test_what_can_be_set(change: PreferenceChange) -> None:
    where = company() if change != goes("external", "+442079460100") else company_with_all_routes()
    assert refusal(change, where) == ""


def company_with_all_routes() -> Snapshot:
    return snapshot(
        tenant(extension("101", may_change=EVERYTHING), trunk("carrier"), outbound("all", route("carrier")))
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (sets(status="asleep"), 'status: "asleep" is none; write one of available, away, doNotDisturb'),
        (sets(greeting="easter"), "greeting: Extension acme/101 has no greeting 'easter'; its greetings are holiday"),
        (sets(queues=(("nowhere", True),)), "queues.nowhere: tenant acme has no Queue 'nowhere'"),
        (sets(queues=(("sales", True),)), "queues.sales: extension 101 is no member of Queue acme/sales"),
        (sets(queues=(("../x", True),)), "has no Queue '../x'"),
        (goes("extension", "101"), "forwarding[0].to: extension 101 is the one that forwards"),
        (goes("extension", "109"), "forwarding[0].to: tenant acme has no extension '109'"),
        (goes("voicemail", "109"), "tenant acme has no extension '109'"),
        (goes("ringGroup", "nobody"), "tenant acme has no RingGroup 'nobody'"),
        (goes("queue", "nobody"), "tenant acme has no Queue 'nobody'"),
        (goes("receptionist", "nobody"), "tenant acme has no Receptionist 'nobody'"),
        (goes("hangUp", "softly"), "hangUp is one of declined, busy, unavailable, notFound"),
        (goes("script", "x"), "'script' is no kind of destination; write one of extension, ringGroup"),
        (goes("external", "999"), "who calls it does not call for help"),
        (goes("external", "+1 900 <x>"), "can't be dialled"),
        (goes("external", "77"), "none of its outbound rules leads there"),
        (
            sets(forwarding=(ForwardingConfig(when="never", to=DestinationConfig(kind="hangUp", value="busy")),)),
            "when is one",
        ),
        (sets(forwarding=(forwarding("busy", "hangUp", "busy"),) * 33), "forwarding: more than 32 entries"),
        (sets(queues=tuple((f"q{n}", True) for n in range(101))), "queues: more than 100"),
    ],
)
def test_what_cannot_be_set_says_why(change: PreferenceChange, told: str) -> None:
    found = refusal(change)
    assert found.startswith("PreferenceRefused: ")
    assert told in found


def test_who_may_not_call_outside_forwards_nobody_there() -> None:
    told = refusal(goes("external", "02079460100"), company(may_call_outside=False))
    assert told.endswith("forwarding[0].to: extension 101 may not call outside: spec.mayCallOutside is false")


def test_nobody_forwards_to_a_number_that_is_blocked() -> None:
    told = refusal(goes("external", "02079460100"), company(blocked=(BlockedConfig(numbers=("+442079460100",)),)))
    assert "forwarding[0].to: " in told
    assert "blocked" in told


@pytest.mark.parametrize("may_change", [(), ("greeting",), None])
def test_what_the_manifests_do_not_let_be_set_names_the_field(may_change: tuple[str, ...] | None) -> None:
    where = company(may_change)
    for change, allowance in [
        (sets(status="away"), "doNotDisturb"),
        (goes("extension", "102"), "forwarding"),
        (sets(forwarding=()), "forwarding"),
        (sets(queues=(("help", True),)), "queueLogin"),
    ]:
        told = refusal(change, where)
        assert told.startswith("NotChangeable: ")
        assert f"mayChange of Extension acme/101 does not have {allowance}" in told
        assert f"write spec.mayChange: [..., {allowance}] there, in its profile or in Tenant acme" in told


def test_taking_back_is_always_allowed() -> None:
    gone = PreferenceChange(fields=frozenset({"status", "forwarding", "greeting", "queues"}))
    assert refusal(gone, company(())) == ""


def stands(preferences: Preferences, allowance: str, where: Snapshot) -> tuple[bool, str]:
    owner = where.tenants["acme"]
    return standing(where, owner, owner.extensions["101"], preferences, allowance, NOON)


def mine(**values: Any) -> Preferences:
    return Preferences(tenant="acme", extension="101", **values)


def test_how_it_stands() -> None:
    now = company()
    assert stands(mine(status="away"), STATUS, now) == (True, "")
    ok, note = stands(mine(forwarding=(forwarding("busy", "voicemail", "101"),)), FORWARDING, now)
    assert (ok, note.split(":")[1]) == (True, " NotSupportedYet")
    ok, note = stands(mine(forwarding=(forwarding("busy", "extension", "109"),)), FORWARDING, now)
    assert (ok, note) == (True, "forwarding[0]: calls are refused: tenant acme has no extension '109'")
    ok, note = stands(mine(greeting="holiday"), GREETING, now)
    assert (ok, note.partition(":")[0]) == (False, "NotSupportedYet")
    ok, note = stands(mine(queues=(("sales", True), ("help", True))), QUEUES, now)
    assert (ok, note.count("no member"), "NotSupportedYet" in note) == (False, 1, True)
    ok, note = stands(mine(status="away"), STATUS, company(()))
    assert (ok, note) == (False, "counts for nothing: mayChange of Extension acme/101 does not have doNotDisturb")
