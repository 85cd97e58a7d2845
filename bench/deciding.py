"""Deciding calls of a company with 500 rules and 2,000 numbers: what `decide` costs, with its trace and its facts.

Calls outside under rules by prefix, extension, group and length, over trunks that are up; calls in to exact numbers, ranges and prefixes;
wrong numbers, for which the nearest misses are looked up. Each call is timed by itself; collections of garbage are left out.

What limits it: making the trace, a named tuple for each step, and the look-ups of what each rule asks.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from datetime import UTC, datetime

from bench.row import Row
from engine.config.destination import DestinationConfig
from engine.config.dialling import DiallingConfig
from engine.config.extension import ExtensionConfig
from engine.config.inbound_rule import InboundRuleConfig
from engine.config.outbound_rule import OutboundRouteConfig, OutboundRuleConfig
from engine.config.ref import Origin
from engine.config.ring_group import RingGroupConfig
from engine.config.secret import SecretRef
from engine.config.snapshot import Snapshot, TenantItem, TenantSnapshot
from engine.config.system import SystemConfig
from engine.config.tenant import TenantConfig
from engine.config.trunk import ServerConfig, TrunkConfig
from engine.routing.decide import decide
from engine.routing.facts import RecordedFacts
from engine.routing.query import RouteQuery, query_from_trunk, query_of

TARGET_MEDIAN_US = 15.0
TARGET_P99_US = 60.0
EXTENSIONS = 1_000
INBOUND_RULES = 250
OUTBOUND_RULES = 250
DIDS_OF_A_RULE = 8
CALLS = 20_000

_TENANT = "acme"
_AT = datetime(2026, 3, 4, 12, tzinfo=UTC)


def measure(*, runs: int) -> list[Row]:
    """The median and the 99th percentile over all sorts of calls."""
    snapshot = _company()
    facts = RecordedFacts({("contacts", f"{_TENANT}/{number}"): 1 for number in range(1000, 1000 + EXTENSIONS)})
    chance = random.Random(4)  # the same calls each time
    sorts = {"out": _out, "in": _in, "wrong": _wrong}
    asked = [
        (sort, make(snapshot.tenants[_TENANT], chance))
        for sort, make in sorts.items()
        for _ in range(CALLS // 20 if sort == "wrong" else CALLS // 2)
    ]
    chance.shuffle(asked)
    times_us: dict[str, list[float]] = {sort: [] for sort in sorts}
    for _ in range(runs):
        gc.collect()
        gc.disable()
        try:
            for sort, query in asked:
                began = time.thread_time_ns()
                decide(snapshot, facts, query)
                times_us[sort].append((time.thread_time_ns() - began) / 1000)
        finally:
            gc.enable()
    of_all = sorted(taken for each in times_us.values() for taken in each)
    detail = ", ".join(f"{sort} {statistics.median(each):.1f}" for sort, each in times_us.items())
    return [
        _row("decide, median", TARGET_MEDIAN_US, of_all[len(of_all) // 2], f"median by sort: {detail}"),
        _row("decide, 99th percentile", TARGET_P99_US, of_all[len(of_all) * 99 // 100], ""),
    ]


def _row(quantity: str, target_us: float, measured_us: float, detail: str) -> Row:
    return Row(
        bench="decide",
        quantity=quantity,
        unit="us",
        target=target_us,
        measured=measured_us,
        at_most=True,
        detail=detail,
    )


def _company() -> Snapshot:
    dialling = DiallingConfig(country_code="44", national_prefix="0", emergency=("112", "999"))
    items: list[TenantItem] = [TenantConfig(name=_TENANT, domain="acme.example", dialling=dialling)]
    items += [
        TrunkConfig(tenant=_TENANT, name=name, servers=(ServerConfig(host="192.0.2.1"),)) for name in ("one", "two")
    ]
    items += map(_extension, range(1000, 1000 + EXTENSIONS))
    items.append(RingGroupConfig(tenant=_TENANT, name="sales", number="600", members=("1001", "1002", "1003")))
    items += map(_inbound, range(INBOUND_RULES))
    items += map(_outbound, range(OUTBOUND_RULES))
    origins = {item.ref: Origin("company.yaml", line) for line, item in enumerate(items, start=1)}
    tenant = TenantSnapshot.build(items, origins=origins)
    return Snapshot.build(system=SystemConfig(), listeners=(), tenants=[tenant])


def _extension(number: int) -> ExtensionConfig:
    return ExtensionConfig(
        tenant=_TENANT,
        name=str(number),
        number=str(number),
        auth_user=str(number),
        password=SecretRef("env:X"),
        groups=("Default", f"team-{number % 10}"),
        may_call_outside=True,
    )


def _inbound(index: int) -> InboundRuleConfig:
    """Numbers one by one, and among them ranges, prefixes, and rules for some callers."""
    first = 442079000000 + index * 100
    dids = tuple(f"+{first + place}" for place in range(DIDS_OF_A_RULE))
    if index % 10 == 0:
        dids = (*dids, f"+{first + 50}-+{first + 79}", f"+{first // 100}9*")
    return InboundRuleConfig(
        tenant=_TENANT,
        name=f"in-{index:03}",
        dids=dids,
        cids=("+49*", "+331234567") if index % 7 == 0 else (),
        trunks=("one",) if index % 3 == 0 else (),
        in_hours=DestinationConfig(kind="extension", value=str(1000 + index)),
    )


def _outbound(index: int) -> OutboundRuleConfig:
    """By country, half of them for one team or for some extensions, and a few that any number falls under."""
    return OutboundRuleConfig(
        tenant=_TENANT,
        name=f"out-{index:03}",
        order=100 + index % 3,
        prefixes=() if index % 50 == 0 else (f"00{index + 20}", f"+{index + 20}"),
        groups=(f"team-{index % 10}",) if index % 2 else (),
        extensions=("1000-1499",) if index % 5 == 0 else (),
        routes=(OutboundRouteConfig(trunk="one"), OutboundRouteConfig(trunk="two", strip=2, prepend="9")),
    )


def _out(tenant: TenantSnapshot, chance: random.Random) -> RouteQuery:
    caller = tenant.extensions[str(chance.randrange(1000, 1000 + EXTENSIONS))]
    dialled = f"{chance.choice(('00', '+'))}{chance.randrange(20, 270)}{chance.randrange(10**8)}"
    return query_of(tenant, caller, dialled, listener="udp", source="192.0.2.9", at=_AT)


def _in(tenant: TenantSnapshot, chance: random.Random) -> RouteQuery:
    called = (
        f"+{442079000000 + chance.randrange(INBOUND_RULES) * 100 + chance.choice((0, 1, 2, 3, 4, 5, 6, 7, 7, 60, 95))}"
    )
    return _from(tenant, called, chance)


def _wrong(tenant: TenantSnapshot, chance: random.Random) -> RouteQuery:
    return _from(tenant, f"+4430{chance.randrange(10**8):08}", chance)


def _from(tenant: TenantSnapshot, called: str, chance: random.Random) -> RouteQuery:
    caller = f"+{chance.choice(('49', '33', '1'))}{chance.randrange(10**8):09}"
    trunk = tenant.trunks[chance.choice(("one", "two"))]
    return query_from_trunk(
        tenant, trunk, called=called, caller=caller, display="", listener="udp", source="192.0.2.1", at=_AT
    )
