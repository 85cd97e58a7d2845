"""What would happen to an imagined call, second by second: the services' own scripts in virtual time, told in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from engine.config.snapshot import Snapshot
from engine.simulation import (
    Bridge,
    Decide,
    DialOut,
    ExtensionTarget,
    Facts,
    Outcome,
    Refuse,
    Ring,
    RouteDecision,
    RouteQuery,
    TrunkTarget,
    rehearse_decision,
)
from schema.problem import printable

_SAID = {
    Outcome.BUSY: "is busy",
    Outcome.DECLINED: "declines",
    Outcome.UNAVAILABLE: "is not to be disturbed",
    Outcome.OFFLINE: "is not there after all",
}


@dataclass(frozen=True, slots=True)
class ForeseenView:
    """`at_s`: seconds after the call came, None = whenever that happens."""

    at_s: float | None
    what: str


def foreseen(snapshot: Snapshot, facts: Facts, query: RouteQuery, decision: RouteDecision) -> Iterator[ForeseenView]:
    """What the script of the decision does: first what happens anyway, then what follows from whether somebody answers."""
    if isinstance(decision, Refuse):
        return
    unanswered, answered = (
        rehearse_decision(snapshot, facts, query, decision, answered=each) for each in (False, True)
    )
    for moment in unanswered.moments:
        match moment.effect:
            case Ring() as ring:
                yield ForeseenView(moment.at_s, _ringing(ring))
            case Decide(onward):
                yield ForeseenView(moment.at_s, f"if nobody has answered, {onward.rule} sends the call to {onward.to}")
    yield from _otherwise(decision)
    if any(isinstance(moment.effect, Bridge) for moment in answered.moments):
        yield ForeseenView(None, "the first phone to answer gets the call, until one side hangs up")
    if unanswered.end is not None:
        end = unanswered.end
        yield ForeseenView(unanswered.end_s, f"if nobody answers, it ends with {end.sip_status} ({end.reason})")


def _ringing(ring: Ring) -> str:
    numbers = ", ".join(target.number for target in ring.targets)
    if ring.group is not None:
        return f"ring group {ring.group.name} rings {numbers}, for {ring.timeout_s:g} s"
    if all(isinstance(target, ExtensionTarget) for target in ring.targets):
        return f"all phones of extension {numbers} ring, for {ring.timeout_s:g} s"
    asked = ", ".join(_asked(target) for target in ring.targets if not isinstance(target, ExtensionTarget))
    return f"{asked}, for {ring.timeout_s:g} s"


def _asked(target: TrunkTarget) -> str:
    """What a trunk is sent, and which number people see there."""
    shown = "no number" if target.is_anonymous else target.caller_id or "the caller's own number"
    return f"trunk {target.trunk.name} is asked for {printable(target.number)}, showing {shown}"


def _otherwise(decision: RouteDecision) -> Iterator[ForeseenView]:
    """Where the call goes for what a phone or a trunk may say instead of ringing; in the order of the entries, the first counts."""
    if isinstance(decision, Refuse):
        return
    if isinstance(decision, DialOut):
        for before, target in pairwise(decision.routes):
            yield ForeseenView(None, f"if trunk {before.trunk.name} fails, {_asked(target)}")
        return
    told: set[Outcome] = set()
    for onward in decision.onward:
        said = [words for outcome, words in _SAID.items() if outcome in onward.when - told]
        told |= onward.when
        if said and Outcome.NO_ANSWER not in onward.when:
            yield ForeseenView(None, f"if the phone {' or '.join(said)}, {onward.rule} sends the call to {onward.to}")
