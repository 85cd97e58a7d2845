"""Ring groups on calls, message by message, in virtual time: each test is one ladder."""

from __future__ import annotations

import pytest

from engine.cause import Outcome
from engine.config.ring_group import LEAST_TALK_TIME, ROUND_ROBIN, SIMULTANEOUS, RingGroupConfig
from engine.sip.message import SipRequest, SipResponse
from tests.support.grouped import NUMBERS, group, office, to_extension
from tests.support.pbx import Pbx, Phone, cancel_of, sdp


class Company:
    """Ada (101) calls group 600; the others have a phone each."""

    def __init__(self, *groups: RingGroupConfig) -> None:
        self.pbx = Pbx(*NUMBERS)
        self.pbx.apply(office(*groups))
        self.ada = self.pbx.registered("101", 5001)
        self.phones = {number: self.pbx.registered(number, 5000 + int(number) - 100) for number in NUMBERS[1:]}

    def __getitem__(self, number: str) -> Phone:
        return self.phones[number]

    def call(self, number: str = "600") -> SipRequest:
        return self.ada.invite(number)

    def rung(self) -> list[str]:
        """Whose phone has an INVITE in its inbox."""
        return [number for number, phone in self.phones.items() if "INVITE" in phone.got()]

    def give_up(self, number: str, incoming: SipRequest) -> None:
        """The phone is cancelled, and agrees."""
        phone = self[number]
        phone.answer(phone.incoming("CANCEL"), 200)
        phone.answer(incoming, 487)
        phone.incoming("ACK")

    def talk(self, invite: SipRequest, number: str, incoming: SipRequest, seconds: float) -> None:
        """The phone answers, and Ada hangs up after so long."""
        phone = self[number]
        phone.answer(incoming, 200, sdp(phone.port + 1000, phone.host))
        phone.incoming("ACK")
        answer = self.ada.response(200)
        self.ada.send(self.ada.ack(invite, answer))
        self.pbx.advance(seconds)
        self.ada.send(self.ada.in_dialog("BYE", invite, answer))
        self.ada.response(200)
        phone.answer(phone.incoming("BYE"), 200)

    def settle(self) -> None:
        """Let every transaction end, then demand that nothing is left."""
        self.pbx.advance(140)
        assert self.pbx.bugs == []
        assert self.pbx.is_clean()
        assert len(self.pbx.wheel) == 0


# Steps.


def test_one_after_the_other_until_one_answers() -> None:
    office = Company(group("102", "103", "104"))
    invite = office.call()
    assert office.rung() == ["102"]
    first = office["102"].incoming("INVITE")
    office["102"].answer(first, 180)
    office.ada.response(180)
    office.pbx.advance(20.1)
    office.give_up("102", first)
    second = office["103"].incoming("INVITE")
    office["103"].answer(second, 180)
    assert office.ada.got() == []  # it has been told that it rings
    office.talk(invite, "103", second, 5.0)
    record = office.pbx.record
    assert [(t.number, t.group, t.cause.outcome.value) for t in record.targets] == [
        ("102", "sales", "NO_ANSWER"),
        ("103", "sales", "ANSWERED"),
    ]
    assert (record.answered_by, record.callee) == ("103", "600")
    assert office.rung() == []
    office.settle()


@pytest.mark.parametrize("status", [486, 480, 603, 600, 404, 503])
def test_who_does_not_want_the_call_holds_nobody_up(status: int) -> None:
    office = Company(group("102", "103"))
    invite = office.call()
    incoming = office["102"].incoming("INVITE")
    office["102"].answer(incoming, status)
    office["102"].incoming("ACK")
    office.talk(invite, "103", office["103"].incoming("INVITE"), 1.0)
    assert office.pbx.record.cause.outcome is Outcome.ANSWERED
    office.settle()


def test_a_phone_that_is_dead_holds_its_step_for_five_seconds() -> None:
    office = Company(group("102", "103"))
    invite = office.call()
    office["102"].incoming("INVITE")
    office.pbx.advance(4.8)
    assert office["103"].got() == []
    office.pbx.advance(0.4)
    office.talk(invite, "103", office["103"].incoming("INVITE"), 1.0)
    assert [(t.number, t.cause.outcome) for t in office.pbx.record.targets] == [
        ("102", Outcome.OFFLINE),
        ("103", Outcome.ANSWERED),
    ]
    office.settle()


@pytest.mark.parametrize("status", [100, 180, 183])
def test_a_slow_phone_that_says_anything_in_time_has_all_of_its_own(status: int) -> None:
    office = Company(group("102", "103"))
    invite = office.call()
    incoming = office["102"].incoming("INVITE")
    office.pbx.advance(4.8)
    office["102"].answer(incoming, status)
    office.pbx.advance(14.0)  # 18.8 of its 20 s
    assert "INVITE" not in office["103"].got()
    office["102"].inbox.clear()
    office.ada.inbox.clear()
    office.talk(invite, "102", incoming, 1.0)
    office.settle()


def test_a_dead_phone_that_wakes_up_after_all_is_cancelled_and_its_answer_refused() -> None:
    office = Company(group("102", "103"))
    invite = office.call()
    incoming = office["102"].incoming("INVITE")
    office.pbx.advance(5.2)
    second = office["103"].incoming("INVITE")
    office["102"].inbox.clear()
    office["102"].answer(incoming, 180)
    office.give_up("102", incoming)
    office.talk(invite, "103", second, 1.0)
    office.settle()


@pytest.mark.parametrize("members", [("102",), ("102", "103")], ids=["one member", "at once"])
def test_where_nobody_waits_for_it_a_silent_phone_has_all_the_time(members: tuple[str, ...]) -> None:
    office = Company(group(*members, strategy=SIMULTANEOUS))
    invite = office.call()
    incoming = office["102"].incoming("INVITE")
    office.pbx.advance(9.0)
    office["102"].inbox.clear()
    office["102"].answer(incoming, 180)
    office.pbx.advance(1.0)
    assert "CANCEL" not in office["102"].got()
    office.ada.send(cancel_of(invite))


def test_who_has_lost_its_phone_since_is_passed() -> None:
    """Its last contact goes between the decision and its turn."""
    office = Company(group("102", "103", "104"))
    invite = office.call()
    incoming = office["102"].incoming("INVITE")
    office["102"].answer(incoming, 180)
    office.ada.response(180)
    office["103"].register(expires=0)
    office.pbx.advance(20.1)
    office.give_up("102", incoming)
    office.talk(invite, "104", office["104"].incoming("INVITE"), 1.0)
    office.settle()


@pytest.mark.parametrize(
    ("statuses", "shown"), [((486, 486), 486), ((486, 480), 486), ((603, 603), 603), ((480, 480), 480)]
)
def test_what_the_caller_is_told_when_nobody_took_it(statuses: tuple[int, int], shown: int) -> None:
    office = Company(group("102", "103"))
    invite = office.call()
    for number, status in zip(("102", "103"), statuses, strict=True):
        office[number].answer(office[number].incoming("INVITE"), status)
    office.ada.send(office.ada.ack(invite, office.ada.response(shown)))
    office.settle()


def test_all_at_once_and_one_declines() -> None:
    office = Company(group("102", "103", "104", strategy=SIMULTANEOUS))
    invite = office.call()
    assert office.rung() == ["102", "103", "104"]
    rung = {number: office[number].incoming("INVITE") for number in ("102", "103", "104")}
    for number, incoming in rung.items():
        office[number].answer(incoming, 180)
    office.ada.response(180)
    office["102"].answer(rung["102"], 603)
    office["102"].incoming("ACK")
    assert office["103"].got() == office["104"].got() == []
    office["103"].answer(rung["103"], 200, sdp(6003))
    office["103"].incoming("ACK")
    office.give_up("104", rung["104"])
    office.ada.send(office.ada.ack(invite, office.ada.response(200)))
    office.pbx.end_all()
    assert [t.cause.outcome.value for t in office.pbx.record.targets] == [
        "DECLINED",
        "ANSWERED_ELSEWHERE",
        "INTERRUPTED",
    ]


def test_the_groups_time_is_over() -> None:
    office = Company(group("102", "103", ring_time_s=25.0))
    invite = office.call()
    first = office["102"].incoming("INVITE")
    office["102"].answer(first, 180)
    office.ada.response(180)
    office.pbx.advance(20.1)
    office.give_up("102", first)
    second = office["103"].incoming("INVITE")
    office["103"].answer(second, 180)
    office.pbx.advance(5.1)
    office.give_up("103", second)
    office.ada.send(office.ada.ack(invite, office.ada.response(480)))
    assert office.pbx.record.cause.outcome is Outcome.NO_ANSWER
    office.settle()


def test_the_caller_gives_up_in_the_second_step() -> None:
    office = Company(group("102", "103"))
    invite = office.call()
    first = office["102"].incoming("INVITE")
    office["102"].answer(first, 180)
    office.ada.response(180)
    office.pbx.advance(20.1)
    office.give_up("102", first)
    second = office["103"].incoming("INVITE")
    office["103"].answer(second, 180)
    office.ada.send(cancel_of(invite))
    office.ada.response(200)
    office.ada.send(office.ada.ack(invite, office.ada.response(487)))
    office.give_up("103", second)
    assert [t.cause.outcome.value for t in office.pbx.record.targets] == ["NO_ANSWER", "CANCELLED"]
    office.settle()


def test_the_caller_gives_up_while_a_phone_is_still_being_cancelled() -> None:
    """Between steps: the first phone has not answered its CANCEL, the second has said nothing yet."""
    office = Company(group("102", "103"))
    invite = office.call()
    first = office["102"].incoming("INVITE")
    office["102"].answer(first, 180)
    office.ada.response(180)
    office.pbx.advance(20.1)
    office["102"].incoming("CANCEL")
    second = office["103"].incoming("INVITE")
    office.ada.send(cancel_of(invite))
    office.ada.response(200)
    office.ada.send(office.ada.ack(invite, office.ada.response(487)))
    office["102"].answer(first, 487)
    office["103"].answer(second, 180)
    office.give_up("103", second)
    office.settle()


def test_an_operator_hangs_up_between_steps() -> None:
    office = Company(group("102", "103"))
    invite = office.call()
    first = office["102"].incoming("INVITE")
    office["102"].answer(first, 180)
    office.ada.response(180)
    office.pbx.advance(20.1)
    office.give_up("102", first)
    second = office["103"].incoming("INVITE")
    office["103"].answer(second, 180)
    [call_id] = office.pbx.switch.calls
    office.pbx.hang_up(call_id)
    office.give_up("103", second)
    office.ada.send(office.ada.ack(invite, office.ada.response(480)))
    office.settle()


def test_an_answer_in_the_very_moment_of_the_steps_end() -> None:
    """The 200 crosses our CANCEL: it is acknowledged and ended with BYE (RFC 3261 §13.2.2.4); the next member rings on."""
    office = Company(group("102", "103"))
    invite = office.call()
    first = office["102"].incoming("INVITE")
    office["102"].answer(first, 180)
    office.ada.response(180)
    office.pbx.advance(20.1)
    office["102"].incoming("CANCEL")
    office["102"].answer(first, 200, sdp(6002))
    office["102"].incoming("ACK")
    bye = office["102"].incoming("BYE")
    assert bye.headers.first("Reason") == 'Q.850;cause=19;text="no answer"'
    office["102"].answer(bye, 200)
    assert office.ada.got() == []
    office.talk(invite, "103", office["103"].incoming("INVITE"), 1.0)
    office.settle()


def test_a_member_with_two_phones_declines_on_one() -> None:
    office = Company(group("102", "103"))
    other = office.pbx.registered("102", 5102)
    invite = office.call()
    first, second = office["102"].incoming("INVITE"), other.incoming("INVITE")
    other.answer(second, 180)
    office.ada.response(180)
    office["102"].answer(first, 603)
    other.answer(other.incoming("CANCEL"), 200)
    other.answer(second, 487)
    office.talk(invite, "103", office["103"].incoming("INVITE"), 1.0)
    office.settle()


# What the caller hears.


def tag_of(response: SipResponse) -> str:
    assert response.to.tag is not None
    return response.to.tag


def test_early_media_of_one_who_rings_no_more_are_over() -> None:
    """The next one merely rings: a 180 of a dialog that has no answer, and nothing is relayed."""
    office = Company(group("102", "103"))
    invite = office.call()
    first = office["102"].incoming("INVITE")
    office["102"].answer(first, 183, sdp(6002))
    early = office.ada.response(183)
    assert early.body
    assert len(office.pbx.backend.paired_ports()) == 1
    office.pbx.advance(20.1)
    office.give_up("102", first)
    assert not office.pbx.backend.paired_ports()
    second = office["103"].incoming("INVITE")
    office["103"].answer(second, 180)
    ringing = office.ada.response(180)
    assert not ringing.body
    assert tag_of(ringing) != tag_of(early)
    office["103"].answer(second, 183, sdp(6003))
    later = office.ada.response(183)
    assert later.body
    assert tag_of(later) == tag_of(ringing)
    office["103"].answer(second, 200, sdp(6003))
    answer = office.ada.response(200)
    assert tag_of(answer) == tag_of(later)
    office.ada.send(office.ada.ack(invite, answer))
    assert len(office.pbx.backend.paired_ports()) == 1
    office.pbx.end_all()


def test_who_had_early_media_in_the_background_is_heard_next() -> None:
    """Two ring together; the one that is heard declines, and the other's early media, held back until then, come through."""
    office = Company(group("102", "103", strategy=SIMULTANEOUS))
    office.call()
    first, second = office["102"].incoming("INVITE"), office["103"].incoming("INVITE")
    office["102"].answer(first, 183, sdp(6002))
    heard = office.ada.response(183)
    office["103"].answer(second, 183, sdp(6003))
    assert office.ada.got() == []
    office["102"].answer(first, 603)
    now_heard = office.ada.response(183)
    assert now_heard.body
    assert tag_of(now_heard) != tag_of(heard)
    assert len(office.pbx.backend.paired_ports()) == 1
    office.pbx.end_all()


def test_the_caller_is_told_again_each_minute() -> None:
    """RFC 3261 §13.3.1.1: a proxy gives up an INVITE of which it hears nothing for three minutes."""
    office = Company(group("102", ring_time_s=200.0, member_ring_time_s=200.0))
    office.call()
    office["102"].answer(office["102"].incoming("INVITE"), 180)
    office.ada.response(180)
    for _ in range(3):
        office.pbx.advance(60)
        assert office.ada.got() == ["180"]
        office.ada.inbox.clear()
    office.pbx.end_all()
    office.ada.inbox.clear()
    office.pbx.advance(200)
    assert "180" not in office.ada.got()


def test_the_callers_ports_are_its_own_from_step_to_step() -> None:
    office = Company(group("102", "103"))
    invite = office.call()
    first = office["102"].incoming("INVITE")
    office["102"].answer(first, 183, sdp(6002))
    early = office.ada.response(183)
    office.pbx.advance(20.1)
    office.give_up("102", first)
    office["103"].answer(office["103"].incoming("INVITE"), 200, sdp(6003))
    answer = office.ada.response(200)
    office.ada.send(office.ada.ack(invite, answer))
    assert [line for line in early.body.split(b"\r\n") if line[:2] in (b"m=", b"c=")] == [
        line for line in answer.body.split(b"\r\n") if line[:2] in (b"m=", b"c=")
    ]
    office.pbx.end_all()


# Memory.


def test_two_calls_at_once_ring_different_members_first() -> None:
    office = Company(group("102", "103", strategy=ROUND_ROBIN))
    grace = office.pbx.registered("104", 5104)
    office.call()
    assert office.rung() == ["102"]
    grace.invite("600")
    assert office.rung() == ["102", "103"]
    office.pbx.end_all()


def test_round_robin_goes_round() -> None:
    office = Company(group("102", "103", "104", strategy=ROUND_ROBIN))
    order: list[str] = []
    for _ in range(5):
        invite = office.call()
        [number] = office.rung()
        order.append(number)
        office.talk(invite, number, office[number].incoming("INVITE"), 1.0)
        office.pbx.advance(40)
    assert order == ["102", "103", "104", "102", "103"]


def test_least_talk_time_first_and_before_all_who_has_answered_nothing() -> None:
    office = Company(group("102", "103", "104", strategy=LEAST_TALK_TIME))
    talks = {"102": 30.0, "103": 10.0, "104": 20.0}
    order: list[str] = []
    for _ in range(6):
        invite = office.call()
        [number] = office.rung()
        order.append(number)
        office.talk(invite, number, office[number].incoming("INVITE"), talks[number])
        office.pbx.advance(40)
    # Before each call: 0 0 0, 30 0 0, 30 10 0, 30 10 20, 30 20 20 (the first of the two in the order of the group), 30 30 20.
    assert order == ["102", "103", "104", "103", "103", "104"]


def test_who_talks_for_another_group_is_judged_by_this_one() -> None:
    office = Company(
        group("102", "103", strategy=LEAST_TALK_TIME),
        group("102", "103", name="support", number="601", strategy=LEAST_TALK_TIME),
    )
    invite = office.call("600")
    office.talk(invite, "102", office["102"].incoming("INVITE"), 30.0)
    office.pbx.advance(40)
    office.call("601")
    assert office.rung() == ["102"]
    office.pbx.end_all()


# What the manifests say meanwhile (law 3).


def test_a_call_follows_the_group_as_it_was() -> None:
    company = Company(group("102", "103"))
    first_call = company.call()
    first = company["102"].incoming("INVITE")
    company["102"].answer(first, 180)
    company.ada.response(180)
    company.pbx.apply(office(group("104", "105")))
    company.pbx.advance(20.1)
    company.give_up("102", first)
    assert company.rung() == ["103"]
    company.talk(first_call, "103", company["103"].incoming("INVITE"), 1.0)
    company.pbx.advance(140)
    company.call()
    assert company.rung() == ["104"]
    company.pbx.end_all()


def test_a_group_that_is_gone_drains_while_it_rings_and_no_longer() -> None:
    company = Company(group("102"))
    invite = company.call()
    incoming = company["102"].incoming("INVITE")
    company.pbx.apply(office())
    [drain] = company.pbx.drains.views(company.pbx.stack.utc)
    assert str(drain.ref) == "RingGroup acme/sales"
    company["102"].answer(incoming, 200, sdp(6002))
    company.ada.send(company.ada.ack(invite, company.ada.response(200)))
    assert company.pbx.drains.views(company.pbx.stack.utc) == ()
    company.pbx.end_all()


def test_what_is_shown_of_a_call_to_a_group() -> None:
    company = Company(group("102", "103", no_answer=to_extension("105"), ring_time_s=20.0, strategy=SIMULTANEOUS))
    company.call()
    [call] = company.pbx.switch.calls.values()
    view = call.view()
    assert [(leg.number, leg.group) for leg in view.legs] == [("101", ""), ("102", "sales"), ("103", "sales")]
    assert view.decided_by.startswith("RingGroup acme/sales")
    company.pbx.advance(20.1)
    view = call.view()
    assert view.onward == ("extension 105",)
    assert [(leg.number, leg.group) for leg in view.legs] == [("101", ""), ("105", "")]
    company.pbx.end_all()
