"""Scripts in virtual time: what they do with nobody there, and with somebody who answers."""

from __future__ import annotations

import pytest

from engine.cause import NO_ANSWER, NORMAL_CALLER, OFFLINE, Cause
from engine.routing.decision import Dial, ExtensionTarget, Onward, RouteDecision, Trace
from engine.services.call_port import Bridge, CallPort, Ring, RungAnswered, Wait
from engine.services.rehearsal import MOST_EFFECTS, Moment, RehearsedCall, rehearse
from engine.services.serve import serve

TARGETS = (ExtensionTarget("acme", "102"),)
DIAL = Dial(TARGETS, 25.0, Trace((), ()))
CALL = RehearsedCall()


def nowhere(onward: Onward) -> RouteDecision:
    raise AssertionError(f"nothing here sends a call on, yet: {onward}")


def test_dialling_with_nobody_there_rings_until_the_time_is_up() -> None:
    found = rehearse(serve(CALL, DIAL), nowhere, answered=False)
    assert found.moments == (Moment(0.0, Ring(TARGETS, 25.0)),)
    assert (found.end_s, found.end) == (25.0, NO_ANSWER)


def test_dialling_somebody_who_answers_bridges() -> None:
    found = rehearse(serve(CALL, DIAL), nowhere, answered=True)
    assert [type(moment.effect) for moment in found.moments] == [Ring, Bridge]
    assert (found.end_s, found.end) == (0.0, NORMAL_CALLER)


async def patient(call: CallPort) -> Cause:
    """Rings twice with a pause, at most 20 s together."""
    for _ in range(2):
        first, outcome = await call.first_of(call.ring(TARGETS, 15.0), call.wait(20.0))
        assert first == 0
        if isinstance(outcome, RungAnswered):
            return await call.bridge(outcome.leg)
        await call.wait(2.5)
    return OFFLINE


@pytest.mark.parametrize(("answered", "end", "at"), [(False, OFFLINE, 35.0), (True, NORMAL_CALLER, 0.0)])
def test_time_passes_and_the_first_of_several_counts(answered: bool, end: Cause, at: float) -> None:
    found = rehearse(patient(CALL), nowhere, answered=answered)
    assert (found.end, found.end_s) == (end, at)


async def endless(call: CallPort) -> Cause:
    while True:
        await call.wait(1.0)


def test_a_script_without_end_is_cut_off() -> None:
    found = rehearse(endless(CALL), nowhere, answered=False)
    assert (found.end, len(found.moments), found.end_s) == (None, MOST_EFFECTS, float(MOST_EFFECTS))
    assert found.moments[1] == Moment(1.0, Wait(1.0))
