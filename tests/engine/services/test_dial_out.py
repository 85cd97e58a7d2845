"""Trunks in order: which endings go on to the next one, and which are the call's end (feature C4)."""

from __future__ import annotations

import pytest

from dialing.number import E164, Number
from engine.cause import NO_ANSWER, NO_PORTS, NORMAL_CALLEE, OFFLINE, TIMED_OUT, Cause, Party, of_failed_leg
from engine.config.ref import ConfigRef
from engine.identity import CallId, leg_id
from engine.routing.decision import DialOut, Trace, TrunkTarget
from engine.services.call_port import Bridge, Ring, RungAnswered, RungFailed
from engine.services.rehearsal import RehearsedCall
from engine.services.serve import serve

CALLEE = Number("+4930123456", E164("+4930123456"))
ROUTES = tuple(
    TrunkTarget(tenant="acme", trunk=ConfigRef("acme", "Trunk", name), number="004930123456", callee=CALLEE)
    for name in ("first", "second", "third")
)
DECISION = DialOut(ROUTES, (408, 480, 500, 503), 40.0, Trace((), ()))
LEG = leg_id(CallId("call"), 1)


def said(status: int) -> RungFailed:
    return RungFailed(of_failed_leg(status, Party.CARRIER), status)


CASES: list[tuple[str, list[RungFailed | None], list[str], Cause]] = [
    ("answered by the first", [None], ["first"], NORMAL_CALLEE),
    ("503 goes on", [said(503), None], ["first", "second"], NORMAL_CALLEE),
    ("404 is an answer", [said(404)], ["first"], said(404).cause),
    ("486 is an answer", [said(503), said(486)], ["first", "second"], said(486).cause),
    ("no answer at all goes on", [RungFailed(TIMED_OUT), None], ["first", "second"], NORMAL_CALLEE),
    ("a full trunk goes on", [RungFailed(OFFLINE), None], ["first", "second"], NORMAL_CALLEE),
    ("no port left goes on", [RungFailed(NO_PORTS), None], ["first", "second"], NORMAL_CALLEE),
    ("rung for all of the time", [RungFailed(NO_ANSWER)], ["first"], NO_ANSWER),
    ("480 in the list", [said(480), said(480), said(480)], ["first", "second", "third"], said(480).cause),
    (
        "the last one's word is the last",
        [said(503), said(500), said(503)],
        ["first", "second", "third"],
        said(503).cause,
    ),
]


@pytest.mark.parametrize(("outcomes", "tried", "end"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_trunks_in_order(outcomes: list[RungFailed | None], tried: list[str], end: Cause) -> None:
    asked, cause = run(list(outcomes))
    assert asked == tried
    assert cause == end


def run(outcomes: list[RungFailed | None]) -> tuple[list[str], Cause]:
    """The trunks that were tried, and the end; None = it answers."""
    script = serve(RehearsedCall(), DECISION)
    asked: list[str] = []
    result: object = None
    try:
        while True:
            match script.send(result):
                case Ring((TrunkTarget() as target,), 40.0):
                    asked.append(target.trunk.name)
                    result = outcomes.pop(0) or RungAnswered(LEG)
                case Bridge():
                    result = NORMAL_CALLEE
    except StopIteration as finished:
        assert outcomes == []
        cause = finished.value
        assert isinstance(cause, Cause)
        return asked, cause
