"""`decide`: the one routing function (law 4), called by live calls, simulation, tests and replay alike.

Pure: everything live comes in through `Facts` and is written into the trace. The tenant must be enabled, and so must be the extension
that calls, unless it calls for help: an emergency number goes outside before anything else is asked. Then what is dialled is the number of
an extension of the tenant or of a ring group (nothing crosses tenants), or an outbound rule leads outside. A call from a trunk goes where
an inbound rule sends it. On a wrong number the trace names the nearest misses.
"""

from __future__ import annotations

from dialing.number import ShortCode
from engine.cause import DISABLED, WRONG_NUMBER
from engine.config.snapshot import Snapshot
from engine.routing.arrival import to_declared, to_extension, to_ring_group
from engine.routing.decision import Refuse, RouteDecision, Trace, TraceStep, Verdict
from engine.routing.facts import Facts
from engine.routing.inbound import from_trunk
from engine.routing.journey import Journey
from engine.routing.outside import outside
from engine.routing.query import RouteQuery


def decide(snapshot: Snapshot, facts: Facts, query: RouteQuery) -> RouteDecision:
    """What to do with the call that `query` describes, under `snapshot`."""
    tenant = snapshot.tenants.get(query.tenant)
    if tenant is None:
        why = f"there is no tenant {query.tenant!r} in this revision"
        return Refuse(WRONG_NUMBER, Trace((TraceStep(Verdict.REFUSED, None, None, why),), ()))
    journey = Journey(snapshot, tenant, facts, query)
    if not tenant.config.enabled:
        return journey.refuse(DISABLED, tenant.config.ref, f"tenant {query.tenant!r} is disabled")
    return from_trunk(journey) if query.trunk else _from_extension(journey)


def _from_extension(journey: Journey) -> RouteDecision:
    tenant, callee = journey.tenant, journey.query.callee
    caller = tenant.extensions.get(journey.query.caller)
    canonical = callee.canonical
    if isinstance(canonical, ShortCode) and canonical.is_emergency:
        return outside(journey, callee, caller)
    if caller is not None and not caller.enabled:
        return journey.refuse(DISABLED, caller.ref, f"extension {caller.number}, which calls, is disabled")
    # By what the number means; or as dialled, where it was typed under a revision that did not know the extension yet.
    for text in (canonical.text, callee.dialled):
        if len(text) not in tenant.own_lengths:
            continue
        extension = tenant.extensions.get(text)
        if extension is not None:
            return to_extension(journey, None, extension)
        group = tenant.ring_groups_by_number.get(text)
        if group is not None:
            return to_ring_group(journey, None, group)
        declared = tenant.declared_numbers.get(text)
        if declared is not None:
            return to_declared(journey, declared)
    return outside(journey, callee, caller)
