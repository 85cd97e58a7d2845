"""`hunt`: ring the members of a ring group, step by step (feature D1)."""

from __future__ import annotations

from engine.cause import NO_ANSWER
from engine.routing.decision import Hunt
from engine.services.call_port import CallPort, RingOutcome, RungAnswered, RungFailed


async def hunt(call: CallPort, decision: Hunt) -> RingOutcome:
    """Who answered, or how the last step ended."""
    left_s = decision.ring_time_s
    outcome: RingOutcome = RungFailed(NO_ANSWER)
    for step in decision.steps:
        if left_s <= 0:
            break
        outcome = await call.ring(step.targets, min(step.ring_time_s, left_s))
        if isinstance(outcome, RungAnswered):
            return outcome
        left_s -= step.ring_time_s
    return outcome
