"""What happens inside a call: hold and back, digits."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.office import ADA, GRACE, Office
from tests.support.hearing import assert_hears, assert_silent
from tests.support.phone import Phone, Stack

PAIRS = [
    (Stack.PJSIP, Stack.PJSIP),
    (Stack.PJSIP, Stack.BARESIP),
    (Stack.BARESIP, Stack.PJSIP),
    (Stack.BARESIP, Stack.BARESIP),
]
EACH_PAIR = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0].value}-with-{pair[1].value}")
ADA_HZ, GRACE_HZ = 440, 1000
SETTLE_S = 0.4
LISTEN_S = 2.0


def listen(phone: Phone, path: Path) -> Path:
    """What it hears in the next seconds, when packets under way have arrived."""
    time.sleep(SETTLE_S)
    phone.record(path)
    time.sleep(LISTEN_S)
    phone.stop_recording()
    return path


@EACH_PAIR
def test_hold_and_back(office: Office, pair: tuple[Stack, Stack], tone_file: Callable[[int], Path]) -> None:
    ada, grace = office.phone(pair[0], ADA), office.phone(pair[1], GRACE)
    ada.play(tone_file(ADA_HZ))
    grace.play(tone_file(GRACE_HZ))
    office.connect(ada, grace, GRACE)
    assert_hears(listen(ada, office.folder / "before.wav"), GRACE_HZ, at_least_s=LISTEN_S - 0.4)
    ada.forget_events()
    grace.forget_events()
    ada.hold()
    grace.wait_for("media", state="remote-hold")
    ada.wait_for("media", state="local-hold")
    assert_silent(listen(ada, office.folder / "on-hold.wav"))
    ada.unhold()
    grace.wait_for("media", state="active")
    ada.wait_for("media", state="active")
    assert_hears(listen(ada, office.folder / "at-ada.wav"), GRACE_HZ, at_least_s=LISTEN_S - 0.4)
    assert_hears(listen(grace, office.folder / "at-grace.wav"), ADA_HZ, at_least_s=LISTEN_S - 0.4)
    ada.hang_up()
    grace.wait_for_call("disconnected")


@EACH_PAIR
def test_the_callee_holds_too(office: Office, pair: tuple[Stack, Stack], tone_file: Callable[[int], Path]) -> None:
    ada, grace = office.phone(pair[0], ADA), office.phone(pair[1], GRACE)
    ada.play(tone_file(ADA_HZ))
    office.connect(ada, grace, GRACE)
    time.sleep(SETTLE_S)
    ada.forget_events()
    grace.forget_events()
    grace.hold()
    ada.wait_for("media", state="remote-hold")
    grace.wait_for("media", state="local-hold")
    assert_silent(listen(grace, office.folder / "on-hold.wav"))
    grace.unhold()
    ada.wait_for("media", state="active")
    grace.wait_for("media", state="active")
    assert_hears(listen(grace, office.folder / "at-grace.wav"), ADA_HZ, at_least_s=LISTEN_S - 0.4)


@EACH_PAIR
def test_digits_pass_both_ways(office: Office, pair: tuple[Stack, Stack]) -> None:
    ada, grace = office.phone(pair[0], ADA), office.phone(pair[1], GRACE)
    office.connect(ada, grace, GRACE)
    time.sleep(SETTLE_S)
    for sender, receiver, digits in ((ada, grace, "159#"), (grace, ada, "*0D3")):
        sender.dtmf(digits)
        assert "".join(str(receiver.wait_for("dtmf")["digit"]) for _ in digits) == digits
        receiver.expect_none("dtmf", within=0.5)
