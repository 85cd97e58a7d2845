"""A call that is over leaves no reference cycle (DESIGN 5): the garbage collector has nothing to do, however it ended."""

import gc
from collections import Counter
from collections.abc import Callable

import pytest

from tests.support.grouped import group, office, to_extension
from tests.support.pbx import Pbx, Phone, call_up, sdp


def answered(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("BYE", invite, answer))
    callee.answer(callee.incoming("BYE"), 200)


def ended_by_the_phone(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    _, _, incoming = call_up(pbx, caller, callee)
    callee.send(callee.in_callee_dialog("BYE", incoming))
    callee.inbox.clear()
    caller.answer(caller.incoming("BYE"), 200)


def hung_up_by_an_operator_and_no_bye_answered(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    call_up(pbx, caller, callee)
    pbx.hang_up(next(iter(pbx.switch.calls)))


def refused(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102")
    callee.answer(callee.incoming("INVITE"), 486)
    caller.send(caller.ack(invite, caller.response(486)))


def offline(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("103")


def wrong_number(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("999")


def not_answered(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("102")
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 180)
    pbx.advance(31)
    callee.answer(incoming, 487)


def cancelled(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102")
    callee.answer(callee.incoming("INVITE"), 180)
    caller.send(caller.in_dialog("BYE", invite, caller.response(180)))


def answered_too_late(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102")
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 180)
    caller.send(caller.in_dialog("BYE", invite, caller.response(180)))
    callee.answer(incoming, 200, sdp(6000))


def answered_by_two(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    second = pbx.registered("102", 5003)
    invite = caller.invite("102")
    callee.answer(callee.incoming("INVITE"), 183, sdp(6000))
    second.answer(second.incoming("INVITE"), 200, sdp(7000))
    caller.response(183)
    answer = caller.response(200)
    caller.send(caller.ack(invite, answer))
    caller.send(caller.in_dialog("BYE", invite, answer))


def changed(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp(6001)))
    callee.answer(callee.incoming("INVITE"), 200, sdp(6002))
    caller.send(caller.in_dialog("ACK", invite, answer))
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp(6001), cseq=11))
    callee.inbox.clear()
    caller.send(caller.in_dialog("BYE", invite, answer, cseq=12))


def never_acknowledged(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("102")
    callee.answer(callee.incoming("INVITE"), 200, sdp(6000))


def without_ports(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    pbx.backend.limit = 1
    caller.invite("102")


def in_a_group(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    """Early media, a step later another phone, and a forward after it."""
    third = pbx.registered("103", 5003)
    pbx.apply(office(group("102", "103", no_answer=to_extension("102"), member_ring_time_s=5.0)))
    caller.invite("600")
    callee.answer(callee.incoming("INVITE"), 183, sdp(6000))
    pbx.advance(5.1)
    third.answer(third.incoming("INVITE"), 486)
    callee.inbox.clear()
    pbx.advance(31)
    caller.inbox.clear()


STORIES = [
    in_a_group,
    answered,
    ended_by_the_phone,
    hung_up_by_an_operator_and_no_bye_answered,
    refused,
    offline,
    wrong_number,
    not_answered,
    cancelled,
    answered_too_late,
    answered_by_two,
    changed,
    never_acknowledged,
    without_ports,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_no_cycle_is_left(story: Callable[[Pbx, Phone, Phone], None]) -> None:
    pbx = Pbx("101", "102", "103")
    caller, callee = pbx.registered("101", 5001), pbx.registered("102", 5002)
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        story(pbx, caller, callee)
        pbx.advance(140)
        gc.collect()
        left = Counter(type(thing).__qualname__ for thing in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert pbx.is_clean()
    assert pbx.bugs == []
    assert left == Counter()
