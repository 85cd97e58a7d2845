"""`serve`: runs the script of each decision of a call, the first and those that follow it, and bridges whoever answers."""

from __future__ import annotations

from typing import assert_never

from engine.cause import Cause
from engine.routing.decision import Dial, DialOut, Hunt, Onward, Refuse, RouteDecision
from engine.services.call_port import CallPort, RingOutcome, RungAnswered, RungFailed
from engine.services.dial import dial
from engine.services.dial_out import dial_out
from engine.services.hunt import hunt


async def serve(call: CallPort, decision: RouteDecision) -> Cause:
    """Why the call ended."""
    while True:
        if isinstance(decision, Refuse):
            return decision.cause
        outcome = await _run(call, decision)
        if isinstance(outcome, RungAnswered):
            return await call.bridge(outcome.leg)
        onward = _onward(decision, outcome)
        if onward is None:
            return outcome.cause
        decision = await call.decide(onward, outcome.cause)


async def _run(call: CallPort, decision: Dial | DialOut | Hunt) -> RingOutcome:
    match decision:
        case Dial():
            return await dial(call, decision)
        case DialOut():
            return await dial_out(call, decision)
        case Hunt():
            return await hunt(call, decision)
        case _:
            assert_never(decision)


def _onward(decision: Dial | DialOut | Hunt, outcome: RungFailed) -> Onward | None:
    if isinstance(decision, DialOut):
        return None
    return next((onward for onward in decision.onward if outcome.cause.outcome in onward.when), None)
