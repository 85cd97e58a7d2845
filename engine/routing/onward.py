"""`decide_onward`: where a call goes when it was not taken (forwarding, a ring group's no-answer destination). Pure, as `decide`.

Every destination is gone to once: a second time is a loop, and ends the call.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from engine.cause import BUSY_HERE, DECLINED_HERE, FORWARD_LOOP, UNAVAILABLE_HERE, WRONG_NUMBER, Cause
from engine.config.destination import EXTENSION, HANG_UP, DestinationConfig
from engine.config.snapshot import Snapshot
from engine.routing.decide import decide
from engine.routing.decision import Onward, Refuse, RouteDecision, Trace, TraceStep, Verdict
from engine.routing.facts import Facts
from engine.routing.query import RouteQuery

ENDINGS: Final[dict[str, Cause]] = {
    "declined": DECLINED_HERE,
    "busy": BUSY_HERE,
    "unavailable": UNAVAILABLE_HERE,
    "notFound": WRONG_NUMBER,
}


def decide_onward(
    snapshot: Snapshot, facts: Facts, query: RouteQuery, onward: Onward, visited: tuple[DestinationConfig, ...]
) -> RouteDecision:
    """What to do next with the call that `query` describes. `visited`: where it has been, the first included."""
    to = onward.to
    if to in visited:
        why = f"{onward.rule} sends the call to {to}, where it has been"
        return Refuse(FORWARD_LOOP, Trace((TraceStep(Verdict.REFUSED, onward.rule, onward.origin, why),), ()))
    step = TraceStep(Verdict.MATCHED, onward.rule, onward.origin, f"{onward.rule} sends the call to {to}")
    if to.kind == HANG_UP:
        return Refuse(ENDINGS[to.value], Trace((step,), ()))
    if to.kind == EXTENSION:
        tenant = snapshot.tenants[query.tenant]
        decision = decide(snapshot, facts, replace(query, callee=tenant.context.number(to.value, tenant.extensions)))
        return replace(decision, trace=Trace((step, *decision.trace.steps), decision.trace.facts))
    why = f"{to} can't be reached yet"
    return Refuse(WRONG_NUMBER, Trace((step, TraceStep(Verdict.REFUSED, None, None, why)), ()))
