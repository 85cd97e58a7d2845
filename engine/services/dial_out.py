"""`dial_out`: try trunks in order until one takes the call (feature C4)."""

from __future__ import annotations

from engine.cause import Outcome
from engine.routing.decision import DialOut
from engine.services.call_port import CallPort, RingOutcome, RungAnswered, RungFailed


async def dial_out(call: CallPort, decision: DialOut) -> RingOutcome:
    """Who answered, or how the last trunk that was tried ended it."""
    *first, last = decision.routes
    for route in first:
        outcome = await call.ring((route,), decision.ring_time_s)
        if isinstance(outcome, RungAnswered) or not _fails_over(outcome, decision.failover_on):
            return outcome
    return await call.ring((last,), decision.ring_time_s)


def _fails_over(outcome: RungFailed, failover_on: tuple[int, ...]) -> bool:
    """What the trunk said counts; one that said nothing can't be reached, unless it was rung for all of the time."""
    if outcome.status:
        return outcome.status in failover_on
    return outcome.cause.outcome is not Outcome.NO_ANSWER
