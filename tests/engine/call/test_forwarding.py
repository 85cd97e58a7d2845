"""Forwarding and what follows a ring group, on calls, message by message, in virtual time: each test is one ladder."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine.cause import Outcome
from engine.config.destination import DestinationConfig
from engine.config.extension import ForwardingConfig
from engine.config.ring_group import RingGroupConfig
from engine.sip.message import SipRequest
from tests.support.grouped import NUMBERS, forward, group, office, to_extension, to_group
from tests.support.pbx import Pbx, Phone, cancel_of, sdp


class Company:
    def __init__(self, *groups: RingGroupConfig, **forwarding: tuple[ForwardingConfig, ...]) -> None:
        by_number: Mapping[str, tuple[ForwardingConfig, ...]] = {
            name.removeprefix("of_"): entries for name, entries in forwarding.items()
        }
        self.pbx = Pbx(*NUMBERS)
        self.pbx.apply(office(*groups, forwarding=by_number))
        self.ada = self.pbx.registered("101", 5001)
        self.phones = {number: self.pbx.registered(number, 5000 + int(number) - 100) for number in NUMBERS[1:]}

    def __getitem__(self, number: str) -> Phone:
        return self.phones[number]

    def answer(self, invite: SipRequest, number: str, incoming: SipRequest) -> None:
        phone = self[number]
        phone.answer(incoming, 200, sdp(phone.port + 1000, phone.host))
        phone.incoming("ACK")
        self.ada.send(self.ada.ack(invite, self.ada.response(200)))

    def settle(self) -> None:
        """End what is left, let every transaction end, then demand that nothing is left."""
        self.pbx.end_all()
        for phone in (self.ada, *self.phones.values()):
            for message in phone.inbox:
                if isinstance(message, SipRequest) and message.method == "BYE":
                    phone.answer(message, 200)
        self.pbx.advance(140)
        assert self.pbx.bugs == []
        assert self.pbx.is_clean()
        assert len(self.pbx.wheel) == 0


TO_103 = to_extension("103")
SAID = [
    ("busy", 486, "user-busy", "BUSY"),
    ("busy", 600, "user-busy", "BUSY"),
    ("unavailable", 480, "do-not-disturb", "UNAVAILABLE"),
    ("unavailable", 603, "do-not-disturb", "DECLINED"),
    ("offline", 404, "unavailable", "OFFLINE"),
]


@pytest.mark.parametrize(("when", "status", "reason", "outcome"), SAID)
def test_by_what_the_phone_says(when: str, status: int, reason: str, outcome: str) -> None:
    company = Company(of_102=forward(when, TO_103))
    invite = company.ada.invite("102")
    company["102"].answer(company["102"].incoming("INVITE"), status)
    company["102"].incoming("ACK")
    incoming = company["103"].incoming("INVITE")
    assert incoming.headers.all("Diversion") == [f'"Phone 102" <sip:102@acme.example>;reason={reason};counter=1']
    assert (incoming.from_.display_name, str(incoming.from_.uri)) == ("Phone 101", "sip:101@acme.example")
    assert str(incoming.to.uri) == "sip:103@acme.example"
    assert incoming.max_forwards == 68
    company.answer(invite, "103", incoming)
    company.settle()
    record = company.pbx.record
    assert [(t.number, t.cause.outcome.value) for t in record.targets] == [("102", outcome), ("103", "INTERRUPTED")]
    assert record.answered_by == "103"
    assert [step.to for step in record.onward] == ["extension 103"]
    assert str(record.onward[0].trace.steps[0].rule) == "Extension acme/102"


@pytest.mark.parametrize("when", ["busy", "noAnswer", "offline"])
def test_another_case_than_that_of_the_rule_is_told_to_the_caller(when: str) -> None:
    company = Company(of_102=forward(when, TO_103))
    invite = company.ada.invite("102")
    company["102"].answer(company["102"].incoming("INVITE"), 603)
    company.ada.send(company.ada.ack(invite, company.ada.response(603)))
    assert company["103"].got() == []
    company.settle()


def test_when_nobody_answers() -> None:
    company = Company(of_102=forward("noAnswer", TO_103))
    invite = company.ada.invite("102")
    first = company["102"].incoming("INVITE")
    company["102"].answer(first, 180)
    company.ada.response(180)
    company.pbx.advance(30.1)
    company["102"].answer(company["102"].incoming("CANCEL"), 200)
    company["102"].answer(first, 487)
    incoming = company["103"].incoming("INVITE")
    assert incoming.headers.first("Diversion") == '"Phone 102" <sip:102@acme.example>;reason=no-answer;counter=1'
    company["103"].answer(incoming, 180)
    assert company.ada.got() == []
    company.answer(invite, "103", incoming)
    company.settle()
    [onward] = company.pbx.record.onward
    assert (onward.at - company.pbx.record.started_at).total_seconds() == pytest.approx(30, abs=0.1)


def test_a_phone_that_stops_ringing_by_itself_has_not_answered() -> None:
    company = Company(of_102=forward("noAnswer", TO_103))
    company.ada.invite("102")
    first = company["102"].incoming("INVITE")
    company["102"].answer(first, 180)
    company["102"].answer(first, 480)
    assert company["103"].got() == ["INVITE"]
    company.settle()


@pytest.mark.parametrize(("when", "reason"), [("always", "unconditional"), ("offline", "unavailable")])
def test_without_ringing(when: str, reason: str) -> None:
    company = Company(of_102=forward(when, TO_103))
    if when == "offline":
        company["102"].register(expires=0)
    invite = company.ada.invite("102")
    assert company["102"].got() == []
    [call] = company.pbx.switch.calls.values()
    assert call.view().decided_by == "Extension acme/103 (people.yaml:3)"  # the last word, as in records
    incoming = company["103"].incoming("INVITE")
    assert incoming.headers.all("Diversion") == [f'"Phone 102" <sip:102@acme.example>;reason={reason};counter=1']
    assert incoming.max_forwards == 68
    company.answer(invite, "103", incoming)
    company.settle()
    assert (company.pbx.record.callee, company.pbx.record.answered_by) == ("102", "103")


def test_over_several_hops_the_last_one_stands_first() -> None:
    company = Company(of_102=forward("busy", TO_103), of_103=forward("always", to_extension("104")))
    company.ada.invite("102")
    company["102"].answer(company["102"].incoming("INVITE"), 486)
    incoming = company["104"].incoming("INVITE")
    assert [value.partition(";reason=")[2] for value in incoming.headers.all("Diversion")] == [
        "unconditional;counter=1",
        "user-busy;counter=1",
    ]
    assert incoming.max_forwards == 67
    company.settle()


def test_two_that_forward_to_each_other() -> None:
    company = Company(of_102=forward("busy", TO_103), of_103=forward("busy", to_extension("102")))
    invite = company.ada.invite("102")
    company["102"].answer(company["102"].incoming("INVITE"), 486)
    company["103"].answer(company["103"].incoming("INVITE"), 486)
    company.ada.send(company.ada.ack(invite, company.ada.response(482)))
    company.settle()
    record = company.pbx.record
    assert (record.cause.outcome, record.cause.reason) == (Outcome.FAILED, "forwarded in a circle")
    assert [step.to for step in record.onward] == ["extension 103", "extension 102"]
    assert "where it has been" in record.onward[-1].trace.steps[-1].why


def test_the_callers_max_forwards_bounds_the_hops() -> None:
    company = Company(of_102=forward("busy", TO_103))
    invite = company.ada.invite("102", extra={"Max-Forwards": "1"})
    incoming = company["102"].incoming("INVITE")
    assert incoming.max_forwards == 0
    company["102"].answer(incoming, 486)
    company.ada.send(company.ada.ack(invite, company.ada.response(483)))
    assert company["103"].got() == []
    company.settle()
    assert "Max-Forwards" in company.pbx.record.onward[-1].trace.steps[-1].why


def test_the_callers_max_forwards_bounds_the_hops_without_ringing() -> None:
    company = Company(of_102=forward("always", TO_103))
    invite = company.ada.invite("102", extra={"Max-Forwards": "1"})
    company.ada.send(company.ada.ack(invite, company.ada.response(483)))
    company.settle()


def test_the_caller_gives_up_at_the_second_place() -> None:
    company = Company(of_102=forward("busy", TO_103))
    invite = company.ada.invite("102")
    company["102"].answer(company["102"].incoming("INVITE"), 486)
    incoming = company["103"].incoming("INVITE")
    company["103"].answer(incoming, 180)
    company.ada.response(180)
    company.ada.send(cancel_of(invite))
    company.ada.response(200)
    company.ada.send(company.ada.ack(invite, company.ada.response(487)))
    company["103"].answer(company["103"].incoming("CANCEL"), 200)
    company["103"].answer(incoming, 487)
    company.settle()
    assert company.pbx.record.cause.outcome is Outcome.CANCELLED


def test_each_place_rings_for_its_own_time() -> None:
    company = Company(of_102=forward("noAnswer", TO_103))
    invite = company.ada.invite("102")
    for number in ("102", "103"):
        incoming = company[number].incoming("INVITE")
        company[number].answer(incoming, 180)
        company.pbx.advance(29.5)
        assert company[number].got() == []
        company.pbx.advance(0.6)
        company[number].answer(company[number].incoming("CANCEL"), 200)
        company[number].answer(incoming, 487)
    for _ in range(2):
        company.ada.response(180)  # once more after a minute
    company.ada.send(company.ada.ack(invite, company.ada.response(480)))
    company.settle()


def test_an_end_that_a_rule_says() -> None:
    company = Company(of_102=forward("unavailable", DestinationConfig(kind="hangUp", value="busy")))
    invite = company.ada.invite("102")
    company["102"].answer(company["102"].incoming("INVITE"), 480)
    company.ada.send(company.ada.ack(invite, company.ada.response(486)))
    company.settle()
    assert company.pbx.record.cause.reason == "busy by a rule"


def test_a_group_goes_on_to_an_extension_and_that_to_another() -> None:
    company = Company(group("102", no_answer=TO_103), of_103=forward("busy", to_extension("104")))
    invite = company.ada.invite("600")
    company["102"].answer(company["102"].incoming("INVITE"), 486)
    company["103"].answer(company["103"].incoming("INVITE"), 486)
    incoming = company["104"].incoming("INVITE")
    assert incoming.headers.all("Diversion") == [
        '"Phone 103" <sip:103@acme.example>;reason=user-busy;counter=1',
        '"Sales" <sip:600@acme.example>;reason=user-busy;counter=1',
    ]
    company.answer(invite, "104", incoming)
    company.settle()
    assert [(t.number, t.group) for t in company.pbx.record.targets] == [("102", "sales"), ("103", ""), ("104", "")]


def test_a_members_own_forwarding_is_not_followed() -> None:
    company = Company(group("102", "103"), of_102=forward("busy", to_extension("104")))
    company.ada.invite("600")
    company["102"].answer(company["102"].incoming("INVITE"), 486)
    assert (company["103"].got(), company["104"].got()) == (["INVITE"], [])
    company.settle()


def test_groups_that_send_calls_to_each_other() -> None:
    company = Company(
        group("102", no_answer=to_group("support")),
        group("103", name="support", number="601", no_answer=to_group("sales")),
    )
    invite = company.ada.invite("600")
    company["102"].answer(company["102"].incoming("INVITE"), 486)
    company["103"].answer(company["103"].incoming("INVITE"), 486)
    company.ada.send(company.ada.ack(invite, company.ada.response(482)))
    company.settle()


def test_a_call_follows_the_forwarding_as_it_was() -> None:
    company = Company(of_102=forward("busy", TO_103))
    company.ada.invite("102")
    incoming = company["102"].incoming("INVITE")
    company.pbx.apply(office(forwarding={"102": forward("busy", to_extension("104"))}))
    company["102"].answer(incoming, 486)
    assert (company["103"].got(), company["104"].got()) == (["INVITE"], [])
    company.settle()


def test_a_call_without_an_offer_is_forwarded_as_any() -> None:
    company = Company(of_102=forward("busy", TO_103))
    invite = company.ada.invite("102", b"")
    company["102"].answer(company["102"].incoming("INVITE"), 486)
    incoming = company["103"].incoming("INVITE")
    assert not incoming.body
    company["103"].answer(incoming, 200, sdp(6003))
    answer = company.ada.response(200)
    company.ada.send(company.ada.ack(invite, answer, sdp(6001)))
    assert company["103"].incoming("ACK").body
    company.settle()
