"""What of the answers to challenges counts against their source: whole requests through the pure engine, in virtual time."""

from dataclasses import replace

import pytest

from engine.config.security import SecurityConfig
from engine.guard.ban import Reason
from engine.sip.flow import Flow
from engine.sip.message import SipResponse
from tests.support.pbx import Pbx, Phone, call_up

ATTACKER, OFFICE = "203.0.113.66", "198.51.100.1"


def guess(phone: Phone, password: str, method: str = "REGISTER") -> SipResponse | None:
    """One request with that password: the last answer, None if none came."""
    phone.password = password
    first = phone.request(method, "sip:acme.example", to=f"<sip:{phone.number}@acme.example>")
    phone.send(first)
    if not phone.inbox:
        return None
    phone.send(phone.authorized(first, phone.response(401)))
    return phone.response() if phone.inbox else None


def reasons(pbx: Pbx) -> dict[str, Reason]:
    return {ban.source: ban.reason for ban in pbx.guard.bans()}


@pytest.mark.parametrize("user", ["101", "nobody"])
@pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
def test_ten_guesses_and_no_more(user: str, method: str) -> None:
    pbx = Pbx("101", "102")
    mallory = pbx.phone(user, 5070, ATTACKER)
    answers = [guess(mallory, f"guess {number}", method) for number in range(12)]
    assert [answer and answer.status for answer in answers] == [401] * 10 + [None] * 2
    assert reasons(pbx) == {ATTACKER: Reason.FAILED}
    mallory.password = "secret"
    assert guess(mallory, "secret") is None, "also with the right one"
    pbx.registered("102", 5080)


def test_an_office_with_one_wrong_password_that_backs_off_goes_on() -> None:
    pbx = Pbx("101", "102")
    colleague = pbx.registered("102", 5080)
    forgetful = pbx.phone("101", 5070)
    for _ in range(30):
        answer = guess(forgetful, "forgotten")
        assert answer is not None
        assert answer.status == 401
        pbx.advance(2.0)
    assert colleague.register().status == 200
    assert reasons(pbx) == {}


def test_all_of_a_banned_source_is_dropped_also_within_calls() -> None:
    pbx = Pbx("101", "102")
    caller, callee = pbx.registered("101", 5070), pbx.phone("102", 5080, "198.51.100.2")
    assert callee.register().status == 200
    invite, answer, _ = call_up(pbx, caller, callee)
    mallory = pbx.phone("103", 5090)
    for number in range(10):
        guess(mallory, f"guess {number}")
    assert reasons(pbx) == {OFFICE: Reason.FAILED}
    caller.send(caller.in_dialog("BYE", invite, answer, cseq=9))
    assert caller.inbox == []
    assert len(pbx.switch.calls) == 1
    assert pbx.guard.lift(OFFICE) is not None
    caller.send(caller.in_dialog("BYE", invite, answer, cseq=9))
    assert caller.response().status == 200


def test_who_forges_a_source_can_not_fail_in_its_name() -> None:
    """Neither with a nonce of his own, nor with none of ours, nor for another realm, nor by an algorithm that was not offered."""
    pbx = Pbx("101")
    mallory = pbx.phone("101", 5070, ATTACKER)
    first = mallory.request("REGISTER", "sip:acme.example", to="<sip:101@acme.example>")
    mallory.send(first)
    mine = mallory.response(401)
    mallory.password = "a guess"
    for number in range(80):
        forged = mallory.authorized(first, mine)
        value = (forged.headers.first("Authorization") or "").replace('response="', f'response="{number:04x}')
        variant = (
            value,
            value.replace('nonce="', f'nonce="{number:04x}'),
            value.replace('realm="acme', f'realm="x{number}'),
            value.replace("algorithm=MD5", "algorithm=SHA-512"),
        )[number % 4]
        forged.headers.replace("Authorization", variant)
        pbx.deliver(forged.to_bytes(), Flow("udp", "udp", OFFICE, 5060))
    assert reasons(pbx) == {}
    pbx.registered("101", 5080)  # from the forged address


def test_a_nonce_from_elsewhere_is_stale_and_no_guess_is_checked_with_it() -> None:
    pbx = Pbx("101")
    mallory, other = pbx.phone("101", 5070, ATTACKER), pbx.phone("101", 5071, "203.0.113.67")
    first = mallory.request("REGISTER", "sip:acme.example", to="<sip:101@acme.example>")
    mallory.send(first)
    challenge = mallory.response(401)
    other.send(other.authorized(first, challenge))
    answer = other.response(401)
    assert all("stale=true" in value for value in answer.headers.all("WWW-Authenticate"))
    assert reasons(pbx) == {}


def test_challenges_that_nobody_answers() -> None:
    pbx = Pbx("101")
    scanner = pbx.phone("1000", 5070, ATTACKER)
    for number in range(501):
        scanner.number = str(number)
        scanner.send(scanner.request("REGISTER", "sip:acme.example"))
        pbx.advance(0.01)
    assert reasons(pbx) == {ATTACKER: Reason.UNANSWERED}
    assert len(scanner.inbox) == 500


def test_forged_requests_in_the_name_of_an_office_do_not_shut_it_out() -> None:
    pbx = Pbx("101")
    phone = pbx.registered("101", 5070)
    for _ in range(1500):
        pbx.deliver(phone.request("REGISTER", "sip:acme.example").to_bytes(), Flow("udp", "udp", OFFICE, 666))
        pbx.advance(0.002)
    assert reasons(pbx) == {}
    assert phone.register().status == 200


def test_phones_that_all_come_back_at_once_through_one_address() -> None:
    """After a power cut in an office of 400: each is challenged and answers."""
    numbers = [str(number) for number in range(1000, 1400)]
    pbx = Pbx(*numbers)
    phones = [pbx.phone(number, 10_000 + int(number)) for number in numbers]
    firsts = [
        phone.request("REGISTER", "sip:acme.example", to=f"<sip:{phone.number}@acme.example>") for phone in phones
    ]
    for phone, first in zip(phones, firsts, strict=True):
        phone.send(first)
    for phone, first in zip(phones, firsts, strict=True):
        phone.send(phone.authorized(first, phone.response(401)))
    assert {phone.response().status for phone in phones} == {200}
    assert reasons(pbx) == {}


def test_an_allowed_pair_of_proxies_may_share_a_challenge() -> None:
    pbx = Pbx("101")
    pbx.guard.configure(replace(SecurityConfig(), allow=("198.51.100.0/28",)), (), 3600.0)
    one, other = pbx.phone("101", 5070, "198.51.100.3"), pbx.phone("101", 5071, "198.51.100.4")
    first = one.request("REGISTER", "sip:acme.example", to="<sip:101@acme.example>")
    one.send(first)
    other.send(other.authorized(first, one.response(401)))
    assert other.response().status == 200
