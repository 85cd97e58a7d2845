"""The check on the checkers: the phones call each other directly, without a server between them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.office import NewPhone
from tests.support.hearing import assert_hears
from tests.support.phone import Account, Phone, Stack

PAIRS = [(Stack.PJSIP, Stack.PJSIP), (Stack.PJSIP, Stack.BARESIP), (Stack.BARESIP, Stack.PJSIP)]
TALK_S = 2.5


def direct(phone: Phone) -> Phone:
    phone.use(Account(user=phone.name, domain=f"127.0.0.1:{phone.port}"))
    return phone


@pytest.fixture(params=PAIRS, ids=lambda pair: f"{pair[0].value}-calls-{pair[1].value}")
def pair(request: pytest.FixtureRequest, new_phone: NewPhone) -> tuple[Phone, Phone]:
    caller, callee = request.param
    return direct(new_phone(caller, "ada")), direct(new_phone(callee, "grace"))


def connect(ada: Phone, grace: Phone) -> None:
    ada.call(grace.uri)
    grace.wait_for_incoming()
    ada.wait_for_call("ringing")
    grace.answer()
    ada.wait_for_call("confirmed")
    grace.wait_for_call("confirmed")


def test_tones_reach_the_other_side(
    pair: tuple[Phone, Phone], tone_file: Callable[[int], Path], artefacts: Path
) -> None:
    ada, grace = pair
    ada.play(tone_file(440))
    grace.play(tone_file(1000))
    connect(ada, grace)
    at_ada = ada.record(artefacts / "at-ada.wav")
    at_grace = grace.record(artefacts / "at-grace.wav")
    time.sleep(TALK_S)
    ada.hang_up()
    grace.wait_for_call("disconnected")
    for phone in pair:
        phone.stop_recording()
    assert_hears(at_ada, 1000, at_least_s=TALK_S - 0.5)
    assert_hears(at_grace, 440, at_least_s=TALK_S - 0.5)


def test_a_busy_phone_says_so(pair: tuple[Phone, Phone]) -> None:
    ada, grace = pair
    ada.call(grace.uri)
    grace.wait_for_incoming()
    grace.answer(486)
    assert ada.wait_for_call("disconnected").status == 486


def test_giving_up_stops_the_ringing(pair: tuple[Phone, Phone]) -> None:
    ada, grace = pair
    ada.call(grace.uri)
    grace.wait_for_incoming()
    ada.wait_for_call("ringing")
    ada.hang_up()
    grace.wait_for_call("disconnected")
    assert ada.wait_for_call("disconnected").status == (487 if ada.stack is Stack.PJSIP else 0)


def test_hold_and_back(pair: tuple[Phone, Phone]) -> None:
    ada, grace = pair
    connect(ada, grace)
    grace.forget_events()
    ada.hold()
    grace.wait_for("media", state="remote-hold")
    ada.wait_for("media", state="local-hold")
    ada.unhold()
    grace.wait_for("media", state="active")
    ada.hang_up()
    grace.wait_for_call("disconnected")


def test_digits_arrive(pair: tuple[Phone, Phone]) -> None:
    ada, grace = pair
    connect(ada, grace)
    ada.dtmf("159#")
    assert [grace.wait_for("dtmf")["digit"] for _ in range(4)] == list("159#")
