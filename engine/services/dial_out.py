"""`dial_out`: try trunks in order until one takes the call (feature C4)."""

from __future__ import annotations

from engine.routing.decision import DialOut
from engine.services.call_port import CallPort, RingOutcome, RungAnswered


async def dial_out(call: CallPort, decision: DialOut) -> RingOutcome:
    """Who answered, or how the last trunk that was tried ended it."""
    *first, last = decision.routes
    for route in first:
        outcome = await call.ring((route,), decision.ring_time_s)
        if isinstance(outcome, RungAnswered) or (outcome.status and outcome.status not in decision.failover_on):
            return outcome
    return await call.ring((last,), decision.ring_time_s)
