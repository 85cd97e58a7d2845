"""Hunting through a ring group in virtual time: who rings when and for how long, and what the group says at the end."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine.cause import NO_ANSWER, NORMAL_CALLEE, OFFLINE, Cause, Outcome, of_failed_leg
from engine.config.destination import DestinationConfig
from engine.config.ref import ConfigRef
from engine.identity import CallId, leg_id
from engine.routing.decision import Dial, ExtensionTarget, Hunt, HuntStep, Onward, Refuse, RouteDecision, Trace
from engine.routing.untaken import TAKEN_BY_NOBODY
from engine.services.call_port import Bridge, Decide, Effect, Ring, RungAnswered, RungFailed
from engine.services.rehearsal import RehearsedCall
from engine.services.serve import serve

GROUP = ConfigRef("acme", "RingGroup", "sales")
NO_TRACE = Trace((), ())
BUSY, DECLINED, UNAVAILABLE, BROKEN = (of_failed_leg(status) for status in (486, 603, 480, 500))
LEG = leg_id(CallId("call"), 1)

# What a member does: answers, or fails for a reason, after so many seconds; "rings" = until its time is up.
Behaviour = tuple[float, Cause | None]
RINGS: Behaviour = (float("inf"), NO_ANSWER)


def one_by_one(*numbers: str, each_s: float = 20.0, total_s: float = 60.0, onward: tuple[Onward, ...] = ()) -> Hunt:
    steps = tuple(HuntStep((ExtensionTarget("acme", number),), each_s) for number in numbers)
    return Hunt(GROUP, steps, total_s, NO_TRACE, onward)


class Scene:
    """Runs a service; each member behaves as said. `rung`: when, whom, for how long at most."""

    def __init__(self, behaviour: Mapping[str, Behaviour], then: RouteDecision | None = None) -> None:
        self.now = 0.0
        self.rung: list[tuple[float, str, float]] = []
        self.decided: list[tuple[DestinationConfig, Outcome]] = []
        self._behaviour = behaviour
        self._then = then

    def run(self, decision: RouteDecision) -> Cause:
        script = serve(RehearsedCall(), decision)
        result: object = None
        try:
            while True:
                result = self._do(script.send(result))
        except StopIteration as finished:
            cause = finished.value
            assert isinstance(cause, Cause)
            return cause

    def _do(self, effect: Effect) -> object:
        match effect:
            case Ring(targets, timeout_s, group):
                [target] = targets
                self.rung.append((self.now, target.number, timeout_s))
                assert (group == GROUP) is (self._then is None or not self.decided)
                after_s, cause = self._behaviour[target.number]
                took = min(after_s, timeout_s)
                self.now += took
                if cause is None and after_s <= timeout_s:
                    return RungAnswered(LEG)
                return RungFailed(NO_ANSWER if after_s > timeout_s or cause is None else cause, after_s=took)
            case Decide(onward, ended):
                self.decided.append((onward.to, ended.outcome))
                assert self._then is not None
                return self._then
            case Bridge():
                return NORMAL_CALLEE
        raise AssertionError(effect)


STEPS: list[tuple[str, Hunt, Mapping[str, Behaviour], list[tuple[float, str, float]], Outcome]] = [
    (
        "nobody answers: each in turn, then it is over",
        one_by_one("102", "103"),
        {"102": RINGS, "103": RINGS},
        [(0, "102", 20), (20, "103", 20)],
        Outcome.NO_ANSWER,
    ),
    (
        "the group's time is over before the last has had its own",
        one_by_one("102", "103", "104", total_s=30.0),
        {"102": RINGS, "103": RINGS, "104": RINGS},
        [(0, "102", 20), (20, "103", 10)],
        Outcome.NO_ANSWER,
    ),
    (
        "who declines holds nobody up, and leaves his time to the others",
        one_by_one("102", "103", "104", total_s=30.0),
        {"102": (2, DECLINED), "103": RINGS, "104": RINGS},
        [(0, "102", 20), (2, "103", 20), (22, "104", 8)],
        Outcome.NO_ANSWER,
    ),
    (
        "busy, offline, unavailable and broken ones are passed at once",
        one_by_one("102", "103", "104", "105", "106"),
        {"102": (0, BUSY), "103": (0, OFFLINE), "104": (0, UNAVAILABLE), "105": (0, BROKEN), "106": (5, None)},
        [(0, "102", 20), (0, "103", 20), (0, "104", 20), (0, "105", 20), (0, "106", 20)],
        Outcome.ANSWERED,
    ),
    (
        "all busy",
        one_by_one("102", "103"),
        {"102": (0, BUSY), "103": (0, BUSY)},
        [(0, "102", 20), (0, "103", 20)],
        Outcome.BUSY,
    ),
    (
        "one busy, one without a phone: busy",
        one_by_one("102", "103"),
        {"102": (0, OFFLINE), "103": (0, BUSY)},
        [(0, "102", 20), (0, "103", 20)],
        Outcome.BUSY,
    ),
    (
        "one rang, the last was busy: not answered",
        one_by_one("102", "103"),
        {"102": RINGS, "103": (0, BUSY)},
        [(0, "102", 20), (20, "103", 20)],
        Outcome.NO_ANSWER,
    ),
    (
        "all declined",
        one_by_one("102", "103"),
        {"102": (1, DECLINED), "103": (1, DECLINED)},
        [(0, "102", 20), (1, "103", 20)],
        Outcome.DECLINED,
    ),
    ("nobody there", one_by_one(), {}, [], Outcome.OFFLINE),
    (
        "answered in the second step",
        one_by_one("102", "103", "104"),
        {"102": RINGS, "103": (3, None), "104": RINGS},
        [(0, "102", 20), (20, "103", 20)],
        Outcome.ANSWERED,
    ),
    (
        "the same member twice",
        one_by_one("102", "103", "102"),
        {"102": RINGS, "103": (0, BUSY)},
        [(0, "102", 20), (20, "103", 20), (20, "102", 20)],
        Outcome.NO_ANSWER,
    ),
]


@pytest.mark.parametrize(
    ("hunt", "behaviour", "rung", "outcome"), [row[1:] for row in STEPS], ids=[row[0] for row in STEPS]
)
def test_steps(
    hunt: Hunt, behaviour: Mapping[str, Behaviour], rung: list[tuple[float, str, float]], outcome: Outcome
) -> None:
    scene = Scene(behaviour)
    assert scene.run(hunt).outcome is outcome
    assert scene.rung == rung


@pytest.mark.parametrize(
    "cause", [NO_ANSWER, BUSY, DECLINED, UNAVAILABLE, OFFLINE, BROKEN], ids=lambda c: c.outcome.value
)
def test_however_nobody_took_it_the_call_goes_on(cause: Cause) -> None:
    onward = Onward(TAKEN_BY_NOBODY, DestinationConfig(kind="extension", value="105"), GROUP, None)
    then = Dial((ExtensionTarget("acme", "105"),), 15.0, NO_TRACE)
    scene = Scene({"102": (1, cause), "105": RINGS}, then)
    assert scene.run(one_by_one("102", onward=(onward,))) is NO_ANSWER
    assert scene.decided == [(onward.to, cause.outcome)]
    assert scene.rung[1:] == [(1, "105", 15.0)]


def test_onward_to_an_end_is_the_end() -> None:
    onward = Onward(TAKEN_BY_NOBODY, DestinationConfig(kind="hangUp", value="busy"), GROUP, None)
    scene = Scene({"102": RINGS}, Refuse(BUSY, NO_TRACE))
    assert scene.run(one_by_one("102", onward=(onward,))) is BUSY
