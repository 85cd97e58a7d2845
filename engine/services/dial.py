"""`dial`: what most calls run: ring, all together."""

from __future__ import annotations

from engine.routing.decision import Dial
from engine.services.call_port import CallPort, RingOutcome


async def dial(call: CallPort, decision: Dial) -> RingOutcome:
    """Who answered, or why nobody did."""
    return await call.ring(decision.targets, decision.ring_time_s)
