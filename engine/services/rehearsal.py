"""A service script run in virtual time, without phones: what it would do with a call, and when (law 5).

The script is the one that live calls run. What it awaits is answered here: phones ring until their time is up, or answer at once;
pauses pass. Of several things at once the one that takes the shortest is first.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Final, assert_never

from engine.cause import NO_ANSWER, NORMAL_CALLER, Cause
from engine.config.ref import ConfigRef
from engine.identity import CallId, LegId, leg_id
from engine.routing.decision import Onward, RouteDecision, Target
from engine.services.call_port import Bridge, Decide, Effect, FirstOf, Ring, RungAnswered, RungFailed, Wait

MOST_EFFECTS: Final = 1_000
"""A script that does more than this with nobody there is cut off: it would go on for ever."""

_ANSWERED: Final = RungAnswered(leg_id(CallId("rehearsal"), 1))


@dataclass(frozen=True, slots=True)
class Moment:
    """`at_s`: seconds since the call came; `effect`: what the script asked for then."""

    at_s: float
    effect: Effect


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """`end`: why the call ended, `end_s` seconds after it came; None if it was cut off."""

    moments: tuple[Moment, ...]
    end_s: float
    end: Cause | None


class RehearsedCall:
    """The call as a script sees it. Satisfies `CallPort`."""

    def ring(
        self,
        targets: tuple[Target, ...],
        timeout_s: float,
        group: ConfigRef | None = None,
        patience_s: float | None = None,
    ) -> Ring:
        return Ring(targets, timeout_s, group, patience_s)

    def bridge(self, leg: LegId) -> Bridge:
        return Bridge(leg)

    def wait(self, seconds: float) -> Wait:
        return Wait(seconds)

    def first_of(self, *effects: Effect) -> FirstOf:
        return FirstOf(effects)

    def decide(self, onward: Onward, ended: Cause) -> Decide:
        return Decide(onward, ended)


def rehearse(
    script: Coroutine[Effect, object, Cause], decide: Callable[[Onward], RouteDecision], *, answered: bool
) -> Rehearsal:
    """Run the script to its end. `answered`: whether somebody answers whatever rings, at once; the caller hangs up right after.

    `decide`: where the call goes on to when nobody does.
    """
    moments: list[Moment] = []
    now = 0.0
    result: object = None
    try:
        while len(moments) < MOST_EFFECTS:
            effect = script.send(result)
            moments.append(Moment(now, effect))
            took, result = _result(effect, answered, decide)
            now += took
    except StopIteration as finished:
        cause = finished.value
        assert isinstance(cause, Cause)  # noqa: S101 - what scripts return
        return Rehearsal(tuple(moments), now, cause)
    finally:
        script.close()
    return Rehearsal(tuple(moments), now, None)


def _result(effect: Effect, answered: bool, decide: Callable[[Onward], RouteDecision]) -> tuple[float, object]:
    """How long it takes, and what the script then gets."""
    match effect:
        case Ring(_, timeout_s):
            return (0.0, _ANSWERED) if answered else (timeout_s, RungFailed(NO_ANSWER, after_s=timeout_s))
        case Bridge():
            return 0.0, NORMAL_CALLER
        case Wait(seconds):
            return seconds, None
        case Decide(onward):
            return 0.0, decide(onward)
        case FirstOf(effects):
            results = [_result(inner, answered, decide) for inner in effects]
            first = min(range(len(results)), key=lambda index: results[index][0])
            return results[first][0], (first, results[first][1])
        case _:
            assert_never(effect)
