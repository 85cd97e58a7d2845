"""The quota of concurrent calls: exactly so many at once, whatever they are doing and however they end."""

from collections.abc import Callable

import pytest

from engine.cause import OVER_QUOTA, Outcome
from engine.config.ref import ConfigRef
from engine.sip.message import SipRequest
from tests.support.pbx import Pbx, Phone, call_up, cancel_of, sdp

NUMBERS = ("101", "102", "103", "104", "105", "106")


class LimitedPbx(Pbx):
    """All extensions with a phone each, under a quota."""

    def __init__(self, most_calls: int) -> None:
        super().__init__(*NUMBERS)
        self.allow(most_calls)
        self.phone_of = {number: self.registered(number, 5000 + int(number)) for number in NUMBERS}

    def allow(self, most_calls: int) -> None:
        """As an apply does."""
        self.admission.snapshot = self.snapshot_of(NUMBERS, most_calls=most_calls)

    def refuses(self, caller: str, callee: str) -> bool:
        """Whether a call is refused for the quota; one that is not goes on ringing."""
        phone = self.phone_of[caller]
        before = len(self.journal.closed)
        invite = phone.invite(callee)
        closed = self.journal.closed[before:]
        if not closed:
            self.phone_of[callee].incoming("INVITE")
            return False
        response = phone.response(480)
        phone.send(phone.ack(invite, response))
        assert response.headers.first("Reason") == 'Q.850;cause=47;text="quota of concurrent calls is used up"'
        assert response.headers.first("Retry-After") is None
        assert closed[0].cause is OVER_QUOTA
        assert self.phone_of[callee].got() == []
        return True


def test_a_call_over_quota_is_refused_and_recorded() -> None:
    pbx = LimitedPbx(1)
    call_up(pbx, pbx.phone_of["101"], pbx.phone_of["102"])
    assert pbx.refuses("103", "104")
    record = pbx.record
    assert (record.caller, record.callee, record.answered_at) == ("103", "104", None)
    assert record.trace.steps[0].rule == ConfigRef("acme", "Tenant", "acme")
    assert [(fact.name, fact.subject, fact.value) for fact in record.trace.facts] == [
        ("contacts", "acme/104", 1),
        ("calls", "acme", 1),
    ]
    assert len(pbx.switch.calls) == 1


@pytest.mark.parametrize("most", [1, 2, 3])
def test_exactly_so_many_ring_at_once(most: int) -> None:
    pbx = LimitedPbx(most)
    refused = [pbx.refuses("101", callee) for callee in NUMBERS[1:]]
    assert refused == [False] * most + [True] * (len(refused) - most)


def test_two_invites_in_one_turn() -> None:
    """Both are delivered before anything is sent."""
    pbx = LimitedPbx(1)
    asked: list[tuple[Phone, SipRequest]] = []
    for caller, callee in (("101", "102"), ("103", "104")):
        phone = pbx.phone_of[caller]
        first = phone.request("INVITE", f"sip:{callee}@acme.example", call_id=caller, body=sdp())
        phone.send(first)
        challenge = phone.response(401)
        phone.send(phone.ack(first, challenge))
        asked.append((phone, phone.authorized(first, challenge)))
    for phone, invite in asked:
        pbx.layer.receive(invite.to_bytes(), phone.flow, pbx.now)
    pbx.flush()
    assert pbx.record.caller == "103"
    asked[1][0].response(480)
    pbx.phone_of["102"].incoming("INVITE")
    assert pbx.phone_of["104"].got() == []


def test_a_repeated_invite_is_one_call() -> None:
    pbx = LimitedPbx(2)
    caller = pbx.phone_of["101"]
    invite = caller.invite("102")
    caller.send(invite)
    assert not pbx.refuses("103", "104")
    assert pbx.refuses("105", "106")


def test_several_phones_of_an_extension_ring_as_one_call() -> None:
    pbx = LimitedPbx(2)
    pbx.registered("102", 6001)
    pbx.registered("102", 6002)
    assert not pbx.refuses("101", "102")
    assert not pbx.refuses("103", "104")
    assert pbx.refuses("105", "106")


def bye(pbx: LimitedPbx) -> None:
    caller, callee = pbx.phone_of["101"], pbx.phone_of["102"]
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("BYE", invite, answer))


def bye_of_callee(pbx: LimitedPbx) -> None:
    caller, callee = pbx.phone_of["101"], pbx.phone_of["102"]
    _, _, incoming = call_up(pbx, caller, callee)
    callee.send(callee.in_callee_dialog("BYE", incoming))


def cancel(pbx: LimitedPbx) -> None:
    caller = pbx.phone_of["101"]
    caller.send(cancel_of(caller.invite("102")))


def busy(pbx: LimitedPbx) -> None:
    pbx.phone_of["101"].invite("102")
    callee = pbx.phone_of["102"]
    callee.answer(callee.incoming("INVITE"), 486)


def no_answer(pbx: LimitedPbx) -> None:
    pbx.phone_of["101"].invite("102")
    callee = pbx.phone_of["102"]
    callee.answer(callee.incoming("INVITE"), 180)
    pbx.advance(30.2)


def operator(pbx: LimitedPbx) -> None:
    call_up(pbx, pbx.phone_of["101"], pbx.phone_of["102"])
    pbx.hang_up(next(iter(pbx.switch.calls)))


def no_ports(pbx: LimitedPbx) -> None:
    pbx.backend.limit = 0
    pbx.phone_of["101"].invite("102")
    pbx.backend.limit = 1000


ENDS = [bye, bye_of_callee, cancel, busy, no_answer, operator, no_ports]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_what_has_ended_makes_room_at_once(end: Callable[[LimitedPbx], None]) -> None:
    pbx = LimitedPbx(1)
    end(pbx)
    assert pbx.switch.calls == {}
    assert not pbx.refuses("103", "104")
    assert pbx.refuses("105", "106")


REFUSED = [("999", Outcome.WRONG_NUMBER), ("106", Outcome.OFFLINE)]


@pytest.mark.parametrize(("callee", "outcome"), REFUSED)
def test_what_was_refused_never_counts(callee: str, outcome: Outcome) -> None:
    pbx = LimitedPbx(1)
    pbx.phone_of["106"].register(expires=0)
    caller = pbx.phone_of["101"]
    for _ in range(3):
        invite = caller.invite(callee)
        caller.send(caller.ack(invite, caller.response()))
    assert [record.cause.outcome for record in pbx.journal.closed] == [outcome] * 3
    assert not pbx.refuses("103", "104")
    assert pbx.refuses("105", "102")
    assert pbx.refuses("105", "102")


def test_a_changed_quota_counts_from_the_next_call_on() -> None:
    pbx = LimitedPbx(0)
    caller, callee = pbx.phone_of["101"], pbx.phone_of["102"]
    invite, answer, _ = call_up(pbx, caller, callee)
    assert not pbx.refuses("103", "104")
    pbx.allow(1)
    assert pbx.refuses("105", "106")
    assert len(pbx.switch.calls) == 2
    caller.send(caller.in_dialog("BYE", invite, answer))
    assert pbx.refuses("105", "106")
    pbx.allow(2)
    assert not pbx.refuses("105", "106")
    pbx.allow(0)
    assert not pbx.refuses("106", "104")


def test_one_tenants_calls_are_none_of_anothers() -> None:
    pbx = LimitedPbx(1)
    phones = []
    for port in (7001, 7002):
        phone = pbx.phone("901", port)
        phone.domain = "other.example"
        assert phone.register().status == 200
        phones.append(phone)
    phones[0].invite("901", domain="other.example")
    phones[1].incoming("INVITE")
    assert not pbx.refuses("101", "102")
    assert pbx.refuses("103", "104")
