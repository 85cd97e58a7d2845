"""`dial`: the first service, and what most calls run: ring, then bridge with whoever answers."""

from __future__ import annotations

from typing import assert_never

from engine.cause import Cause
from engine.routing.decision import Dial
from engine.services.call_port import CallPort, RungAnswered, RungFailed


async def dial(call: CallPort, decision: Dial) -> Cause:
    """Why the call ended."""
    outcome = await call.ring(decision.targets, decision.ring_time_s)
    match outcome:
        case RungAnswered(leg):
            return await call.bridge(leg)
        case RungFailed(cause):
            return cause
        case _:
            assert_never(outcome)
