"""`hunt`: ring the members of a ring group, step by step (feature D1).

The next step begins as soon as nobody of this one can answer any more: who declines, is busy or has no phone holds nobody up. The group's
ring time counts real seconds, so a step that was over early leaves its time to those that follow. A phone that is dead (not even a 100
within `PATIENCE_S`) is one that can't answer.

A member's own forwarding is not followed: one who forwards to a mailbox, or outside, would take every call away from the others.
"""

from __future__ import annotations

from typing import Final

from engine.cause import OFFLINE, Cause, Outcome
from engine.routing.decision import Hunt
from engine.services.call_port import CallPort, RingOutcome, RungAnswered, RungFailed

PATIENCE_S: Final = 5.0
"""As long as a server of a trunk has for its 100 (RFC 3261 §17.2.1 gives it 200 ms): four INVITEs over UDP."""
MOST_TELLING: Final = (
    Outcome.NO_ANSWER,
    Outcome.BUSY,
    Outcome.DECLINED,
    Outcome.UNAVAILABLE,
    Outcome.FAILED,
    Outcome.REFUSED,
    Outcome.OFFLINE,
)
"""What a caller hears of a group whose members failed differently.

A group of which one member rang was not busy: it did not answer. It was busy, or declined, if nobody rang to the end.
"""


async def hunt(call: CallPort, decision: Hunt) -> RingOutcome:
    """Who answered, or how it ended for the group as a whole."""
    left_s = decision.ring_time_s
    causes: list[Cause] = []
    patience_s = PATIENCE_S if len(decision.steps) > 1 else None  # with one step there is nobody to go on to
    for step in decision.steps:
        outcome = await call.ring(step.targets, min(step.ring_time_s, left_s), decision.group, patience_s)
        if isinstance(outcome, RungAnswered):
            return outcome
        causes.append(outcome.cause)
        left_s -= outcome.after_s
        if left_s <= 0:
            break
    return RungFailed(of_group(causes), after_s=decision.ring_time_s - left_s)


def of_group(causes: list[Cause]) -> Cause:
    """The cause that says most of a group; `OFFLINE` where nobody could be rung."""
    ranks = {outcome: rank for rank, outcome in enumerate(MOST_TELLING)}
    return min(causes, key=lambda cause: ranks.get(cause.outcome, len(ranks)), default=OFFLINE)
