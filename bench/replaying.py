"""How many recorded calls are decided again in a second on one core, read from JSON Lines as an export gives them.

The records are those of `bench.recorded`: two thirds between extensions, the rest out and in over trunks. The revision has their
extensions, trunks and 100 rules each way, and decided them; in the other one every tenth extension has another number, so that calls go
elsewhere. CPU of this process, decoding included.

What limits it: reading a record from its text takes as long as deciding the call again.
"""

from __future__ import annotations

import gc
import resource
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace

from bench.recorded import TENANTS, calls
from bench.row import Row
from engine.cdr import CallDetailRecord
from engine.cdr_json import decode_record, encode_record
from engine.config.destination import EXTENSION, DestinationConfig
from engine.config.extension import ExtensionConfig
from engine.config.inbound_rule import InboundRuleConfig
from engine.config.listener import ListenerConfig
from engine.config.outbound_rule import OutboundRouteConfig, OutboundRuleConfig
from engine.config.secret import SecretRef
from engine.config.snapshot import Snapshot, TenantItem, TenantSnapshot
from engine.config.system import SystemConfig
from engine.config.tenant import TenantConfig
from engine.config.trunk import ServerConfig, TrunkConfig
from engine.simulation import Trace, decide
from reconciler.replay import Replay, Replayer
from reconciler.stated_facts import StatedFacts

TARGET_RATE = 10_000
CALLS = 20_000
RULES = 100


def measure(*, runs: int) -> Sequence[Row]:
    before, snapshot = _snapshot(moved=False), _snapshot(moved=True)
    lines = [encode_record(replace(record, trace=_decided(before, record))) for record in calls(CALLS)]
    rates: list[float] = []
    gc.set_threshold(200_000, 50, 100)  # as the command line has it
    for _ in range(runs):
        gc.collect()
        began, peak = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        done = _replay(snapshot, lines)
        rates.append(CALLS / (time.process_time() - began))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    if not 0 < done.elsewhere < done.compared:
        raise RuntimeError(f"{done.elsewhere} of {done.compared} calls go elsewhere, which can't be")
    return [
        Row(
            bench="replay",
            quantity="recorded calls decided again",
            unit="/s",
            target=TARGET_RATE,
            measured=statistics.median(rates),
            at_most=False,
            detail=f"{done.elsewhere:,} of {done.calls:,} go elsewhere, in {len(done.groups)} groups; "
            f"{min(rates):,.0f}-{max(rates):,.0f}/s, {grown} kB more memory in the last run",
        )
    ]


def _replay(snapshot: Snapshot, lines: Sequence[str]) -> Replay:
    replayer = Replayer(snapshot)
    for line in lines:
        replayer.add(decode_record(line))
    return replayer.result()


def _decided(before: Snapshot, record: CallDetailRecord) -> Trace:
    query = record.query
    live = StatedFacts({}, None)
    tenant = before.tenants[query.tenant]
    return decide(before, live, replace(query, callee=tenant.number(query.callee.dialled))).trace


def _snapshot(*, moved: bool) -> Snapshot:
    return Snapshot.build(
        system=SystemConfig(),
        listeners=[ListenerConfig(name="phones", transport="udp", port=5060)],
        tenants=[TenantSnapshot.build(_items(tenant, moved=moved)) for tenant in TENANTS],
    )


def _items(tenant: str, *, moved: bool) -> list[TenantItem]:
    items: list[TenantItem] = [TenantConfig(name=tenant, domain=f"{tenant}.example")]
    for number in range(100, 500):
        name = str(number)
        items.append(
            ExtensionConfig(
                tenant=tenant,
                name=name,
                number=f"7{name}" if moved and number % 10 == 0 else name,
                auth_user=name,
                password=SecretRef(f"env:{name}"),
                may_call_outside=True,
            )
        )
    servers = (ServerConfig(host="192.0.2.1"),)
    items += [TrunkConfig(tenant=tenant, name=trunk, servers=servers) for trunk in ("carrier", "backup")]
    for rule in range(RULES):
        to = DestinationConfig(kind=EXTENSION, value=str(101 + rule))
        items.append(InboundRuleConfig(tenant=tenant, name=f"in-{rule:03}", dids=(f"{150 + rule}",), in_hours=to))
        prefix = "+44" if rule == RULES - 1 else f"00{rule:03}"
        items.append(
            OutboundRuleConfig(
                tenant=tenant,
                name=f"out-{rule:03}",
                order=rule,
                prefixes=(prefix,),
                routes=(OutboundRouteConfig(trunk="carrier"), OutboundRouteConfig(trunk="backup")),
            )
        )
    return items
