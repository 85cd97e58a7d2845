"""Two phones talk; and every other way in which a call between extensions ends, seen from both sides and from its record."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.office import ADA, GRACE, RADIA, Office
from tests.support.hearing import assert_hears
from tests.support.phone import Stack
from tests.support.trunkline_process import Json, outcome

PAIRS = [
    (Stack.PJSIP, Stack.PJSIP),
    (Stack.PJSIP, Stack.BARESIP),
    (Stack.BARESIP, Stack.PJSIP),
    (Stack.BARESIP, Stack.BARESIP),
]
EACH_PAIR = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0].value}-calls-{pair[1].value}")
ADA_HZ, GRACE_HZ = 440, 1000
TALK_S = 3.0


def only_record(office: Office) -> Json:
    records = office.site.wait_for_cdrs(1)
    assert len(records) == 1
    return records[0]


def assert_record(office: Office, expected: str, callee: str = GRACE) -> None:
    record = only_record(office)
    assert outcome(record) == expected
    assert (record["caller"], record["callee"]) == (ADA, callee)
    assert office.site.get("calls") == []


@EACH_PAIR
def test_both_voices_are_heard_until_the_caller_hangs_up(
    office: Office, pair: tuple[Stack, Stack], tone_file: Callable[[int], Path]
) -> None:
    ada, grace = office.phone(pair[0], ADA), office.phone(pair[1], GRACE)
    ada.play(tone_file(ADA_HZ))
    grace.play(tone_file(GRACE_HZ))
    office.connect(ada, grace, GRACE)
    at_ada = ada.record(office.folder / "at-ada.wav")
    at_grace = grace.record(office.folder / "at-grace.wav")
    time.sleep(TALK_S)
    live = office.site.get("calls")
    ada.stop_recording()
    grace.stop_recording()
    ada.hang_up()
    assert grace.wait_for_call("disconnected").status == 200
    ada.wait_for_call("disconnected")
    assert len(live) == 1
    assert_hears(at_ada, GRACE_HZ, at_least_s=TALK_S - 0.5, not_hz=ADA_HZ)
    assert_hears(at_grace, ADA_HZ, at_least_s=TALK_S - 0.5, not_hz=GRACE_HZ)
    assert_record(office, "ANSWERED")


@EACH_PAIR
def test_the_callee_hangs_up(office: Office, pair: tuple[Stack, Stack]) -> None:
    ada, grace = office.phone(pair[0], ADA), office.phone(pair[1], GRACE)
    office.connect(ada, grace, GRACE)
    grace.hang_up()
    assert ada.wait_for_call("disconnected").status == 200
    grace.wait_for_call("disconnected")
    assert_record(office, "ANSWERED")


@EACH_PAIR
def test_busy(office: Office, pair: tuple[Stack, Stack]) -> None:
    ada, grace = office.phone(pair[0], ADA), office.phone(pair[1], GRACE)
    ada.call(office.site.uri(GRACE))
    grace.wait_for_incoming()
    grace.answer(486)
    assert ada.wait_for_call("disconnected").status == 486
    assert_record(office, "BUSY")


@pytest.mark.parametrize("caller", Stack, ids=lambda stack: stack.value)
def test_declined(office: Office, caller: Stack) -> None:
    ada, grace = office.phone(caller, ADA), office.phone(Stack.PJSIP, GRACE)
    ada.call(office.site.uri(GRACE))
    grace.wait_for_incoming()
    grace.answer(603)
    assert ada.wait_for_call("disconnected").status == 603
    assert_record(office, "DECLINED")


@EACH_PAIR
def test_nobody_answers(office: Office, pair: tuple[Stack, Stack]) -> None:
    """Radia's phones ring for five seconds (`ringTime`)."""
    ada, radia = office.phone(pair[0], ADA), office.phone(pair[1], RADIA)
    ada.call(office.site.uri(RADIA))
    radia.wait_for_incoming()
    ada.wait_for_call("ringing")
    assert ada.wait_for_call("disconnected", timeout=12).status == 480
    radia.wait_for_call("disconnected")
    assert_record(office, "NO_ANSWER", RADIA)


@pytest.mark.parametrize("caller", Stack, ids=lambda stack: stack.value)
def test_offline(office: Office, caller: Stack) -> None:
    ada = office.phone(caller, ADA)
    ada.call(office.site.uri(GRACE))
    assert ada.wait_for_call("disconnected").status == 480
    assert_record(office, "OFFLINE")


def test_offline_after_unregistering(office: Office) -> None:
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.BARESIP, GRACE)
    grace.unregister()
    ada.call(office.site.uri(GRACE))
    assert ada.wait_for_call("disconnected").status == 480
    assert_record(office, "OFFLINE")


@EACH_PAIR
def test_the_caller_gives_up(office: Office, pair: tuple[Stack, Stack]) -> None:
    ada, grace = office.phone(pair[0], ADA), office.phone(pair[1], GRACE)
    ada.call(office.site.uri(GRACE))
    grace.wait_for_incoming()
    ada.wait_for_call("ringing")
    ada.hang_up()
    grace.wait_for_call("disconnected")
    assert ada.wait_for_call("disconnected").status == (487 if ada.stack is Stack.PJSIP else 0)
    assert grace.live_calls() == 0
    assert_record(office, "CANCELLED")


@pytest.mark.parametrize("caller", Stack, ids=lambda stack: stack.value)
def test_wrong_number(office: Office, caller: Stack) -> None:
    ada = office.phone(caller, ADA)
    ada.call(office.site.uri("199"))
    assert ada.wait_for_call("disconnected").status == 404
    assert_record(office, "WRONG_NUMBER", "199")


def test_a_phone_that_takes_the_servers_address_for_its_domain(office: Office) -> None:
    """Such a phone belongs to the listener's default tenant."""
    grace = office.phone(Stack.BARESIP, GRACE)
    ada = office.new_phone(Stack.PJSIP, "ada-by-address")
    ada.register(office.site.account(ADA, domain=office.site.server))
    ada.call(f"sip:{GRACE}@{office.site.server}")
    grace.wait_for_incoming()
    grace.answer()
    ada.wait_for_call("confirmed")
    ada.hang_up()
    grace.wait_for_call("disconnected")
    assert_record(office, "ANSWERED")


def test_all_phones_of_an_extension_ring_and_one_gets_the_call(
    office: Office, tone_file: Callable[[int], Path]
) -> None:
    ada = office.phone(Stack.PJSIP, ADA)
    desk = office.phone(Stack.PJSIP, GRACE, name="desk")
    mobile = office.phone(Stack.BARESIP, GRACE, name="mobile")
    ada.play(tone_file(ADA_HZ))
    mobile.play(tone_file(GRACE_HZ))
    ada.call(office.site.uri(GRACE))
    desk.wait_for_incoming()
    mobile.wait_for_incoming()
    mobile.answer()
    ada.wait_for_call("confirmed")
    desk.wait_for_call("disconnected")
    at_ada = ada.record(office.folder / "at-ada.wav")
    at_mobile = mobile.record(office.folder / "at-mobile.wav")
    time.sleep(TALK_S)
    ada.stop_recording()
    mobile.stop_recording()
    assert desk.live_calls() == 0
    mobile.hang_up()
    ada.wait_for_call("disconnected")
    assert_hears(at_ada, GRACE_HZ, at_least_s=TALK_S - 0.5)
    assert_hears(at_mobile, ADA_HZ, at_least_s=TALK_S - 0.5)
    assert_record(office, "ANSWERED")


def test_early_media_is_heard_before_the_answer(office: Office, tone_file: Callable[[int], Path]) -> None:
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.PJSIP, GRACE)
    grace.play(tone_file(GRACE_HZ))
    ada.call(office.site.uri(GRACE))
    grace.wait_for_incoming()
    grace.answer(183)
    ada.wait_for_call("early")
    ada.wait_for("media", state="active")
    before_answer = ada.record(office.folder / "before-answer.wav")
    time.sleep(TALK_S)
    ada.stop_recording()
    grace.answer()
    ada.wait_for_call("confirmed")
    ada.hang_up()
    grace.wait_for_call("disconnected")
    assert_hears(before_answer, GRACE_HZ, at_least_s=TALK_S - 0.7)
    assert_record(office, "ANSWERED")


def test_two_calls_at_a_time_are_heard_apart(office: Office, tone_file: Callable[[int], Path]) -> None:
    office.site.add_extension("104")
    office.wait_until_registrable("104")
    callers = {ADA: 440, RADIA: 620}
    callees = {GRACE: 1000, "104": 1400}
    phones = {
        number: office.phone(stack, number)
        for number, stack in zip([*callers, *callees], [Stack.PJSIP, Stack.BARESIP] * 2, strict=True)
    }
    tones = callers | callees
    for number, hertz in tones.items():
        phones[number].play(tone_file(hertz))
    couples = list(zip(callers, callees, strict=True))
    for caller, callee in couples:
        office.connect(phones[caller], phones[callee], callee)
    recordings = {number: phones[number].record(office.folder / f"at-{number}.wav") for number in tones}
    time.sleep(TALK_S)
    for number in tones:
        phones[number].stop_recording()
    for caller, callee in couples:
        assert_hears(recordings[caller], tones[callee], at_least_s=TALK_S - 0.5)
        assert_hears(recordings[callee], tones[caller], at_least_s=TALK_S - 0.5)
