"""Where a call goes on to, by how ringing ended."""

import pytest

from engine.cause import BUSY_HERE, NO_ANSWER, TIMED_OUT, Cause, of_failed_leg
from engine.config.destination import DestinationConfig
from engine.config.ref import ConfigRef
from engine.routing.decision import Dial, ExtensionTarget, Onward, Refuse, RouteDecision, Trace
from engine.routing.untaken import FORWARDED_ON
from engine.services.call_port import Decide, Ring, RungFailed
from engine.services.rehearsal import RehearsedCall
from engine.services.serve import serve

REF = ConfigRef("acme", "Extension", "101")
NO_TRACE = Trace((), ())
ONWARD = tuple(
    Onward(outcomes, DestinationConfig(kind="extension", value=when), REF, None)
    for when, outcomes in FORWARDED_ON.items()
)


@pytest.mark.parametrize(
    ("cause", "status", "expected"),
    [
        (NO_ANSWER, 0, "noAnswer"),
        (of_failed_leg(486), 486, "busy"),
        (of_failed_leg(603), 603, "unavailable"),
        (of_failed_leg(480), 480, "unavailable"),
        (of_failed_leg(480, rang=True), 480, "noAnswer"),
        (TIMED_OUT, 0, "offline"),
        (of_failed_leg(404), 404, "offline"),
        (of_failed_leg(500), 500, None),
    ],
)
def test_the_entry_for_how_ringing_ended_counts(cause: Cause, status: int, expected: str | None) -> None:
    decision: RouteDecision = Dial((ExtensionTarget("acme", "101"),), 30, NO_TRACE, ONWARD)
    script = serve(RehearsedCall(), decision)
    assert isinstance(script.send(None), Ring)
    if expected is None:
        with pytest.raises(StopIteration) as ended:
            script.send(RungFailed(cause, status))
        assert ended.value.value is cause
        return
    asked = script.send(RungFailed(cause, status))
    assert isinstance(asked, Decide)
    assert asked.onward.to.value == expected
    with pytest.raises(StopIteration) as ended_so:
        script.send(Refuse(BUSY_HERE, NO_TRACE))
    assert ended_so.value.value is BUSY_HERE
