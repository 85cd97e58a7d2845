"""`enabled: false`, of a tenant and of an extension: nothing new begins, what is live goes on, and who has no password learns nothing."""

import pytest

from engine.cause import DISABLED
from engine.config.ref import ConfigRef
from engine.config.snapshot import Snapshot
from tests.support.pbx import Pbx, Phone, call_up, sdp
from tests.support.stranger import shape

NUMBERS = ("101", "102", "103")
ON = Pbx.snapshot_of(NUMBERS)
TENANT_OFF = Pbx.snapshot_of(NUMBERS, enabled=False)
CALLER_OFF = Pbx.snapshot_of(NUMBERS, disabled=("101",))
CALLEE_OFF = Pbx.snapshot_of(NUMBERS, disabled=("102",))
TENANT = ConfigRef("acme", "Tenant", "acme")


@pytest.fixture
def pbx() -> Pbx:
    return Pbx(*NUMBERS)


@pytest.fixture
def caller(pbx: Pbx) -> Phone:
    return pbx.registered("101", 5001)


@pytest.fixture
def callee(pbx: Pbx) -> Phone:
    return pbx.registered("102", 5002)


OFF = [
    ("tenant", TENANT_OFF, TENANT),
    ("caller", CALLER_OFF, ConfigRef("acme", "Extension", "101")),
    ("callee", CALLEE_OFF, ConfigRef("acme", "Extension", "102")),
]


@pytest.mark.parametrize(("off", "rule"), [case[1:] for case in OFF], ids=[case[0] for case in OFF])
def test_a_call_is_refused_and_recorded_with_whose_fault_it_is(
    pbx: Pbx, caller: Phone, callee: Phone, off: Snapshot, rule: ConfigRef
) -> None:
    pbx.admission.snapshot = off
    invite = caller.invite("102")
    response = caller.response(403)
    caller.send(caller.ack(invite, response))
    assert response.headers.first("Reason") == 'Q.850;cause=21;text="disabled"'
    assert pbx.record.cause is DISABLED
    assert pbx.record.trace.steps[0].rule == rule
    assert callee.got() == []
    pbx.advance(40)
    assert pbx.is_clean()


@pytest.mark.parametrize("expires", [600, 0])
@pytest.mark.parametrize("off", [TENANT_OFF, CALLER_OFF], ids=["tenant", "extension"])
def test_nothing_registers_refreshes_or_unregisters(pbx: Pbx, caller: Phone, off: Snapshot, expires: int) -> None:
    pbx.admission.snapshot = off
    assert caller.register(expires).status == 403
    assert pbx.phone("101", 5009).register(expires).status == 403
    assert [refusal.why for refusal in pbx.admission.take_refusals()] == ["disabled", "disabled"]
    assert pbx.registrar.count == 1


def test_others_of_the_tenant_and_other_tenants_go_on(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    pbx.admission.snapshot = CALLER_OFF
    third = pbx.registered("103", 5003)
    call_up(pbx, third, callee)
    pbx.admission.snapshot = TENANT_OFF
    other = pbx.phone("901", 5005)
    other.domain = "other.example"
    assert other.register().status == 200


@pytest.mark.parametrize("off", [TENANT_OFF, CALLER_OFF, CALLEE_OFF], ids=["tenant", "caller", "callee"])
def test_a_live_call_goes_on_with_all_that_its_phones_ask(
    pbx: Pbx, caller: Phone, callee: Phone, off: Snapshot
) -> None:
    invite, answer, incoming = call_up(pbx, caller, callee)
    pbx.admission.snapshot = off
    hold = callee.in_callee_dialog("INVITE", incoming, sdp(6002, direction="sendonly"))
    callee.send(hold)
    held = caller.incoming("INVITE")
    caller.answer(held, 200, sdp(6001, direction="recvonly"))
    caller.incoming("ACK")
    callee.send(callee.ack(hold, callee.response(200)))
    info = caller.in_dialog("INFO", invite, answer)
    info.headers.replace("Content-Type", "application/dtmf-relay")
    info.body = b"Signal=5\r\n"
    caller.send(info)
    callee.answer(callee.incoming("INFO"), 200)
    caller.response(200)
    caller.send(caller.in_dialog("BYE", invite, answer, cseq=11))
    callee.answer(callee.incoming("BYE"), 200)
    caller.response(200)
    assert pbx.record.cause.reason == "caller hung up"


def test_a_call_that_rings_may_still_be_answered(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102")
    incoming = callee.incoming("INVITE")
    pbx.admission.snapshot = TENANT_OFF
    callee.answer(incoming, 200, sdp(6002))
    callee.incoming("ACK")
    caller.send(caller.ack(invite, caller.response(200)))
    assert len(pbx.switch.calls) == 1


def test_disabled_between_challenge_and_credentials(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    first = caller.request("INVITE", "sip:102@acme.example", call_id="x", body=sdp())
    caller.send(first)
    challenge = caller.response(401)
    pbx.admission.snapshot = CALLER_OFF
    caller.send(caller.authorized(first, challenge))
    caller.response(403)
    assert callee.got() == []


@pytest.mark.parametrize("off", [TENANT_OFF, CALLER_OFF, CALLEE_OFF], ids=["tenant", "caller", "callee"])
def test_re_enabled_it_works_at_once_without_registering_again(
    pbx: Pbx, caller: Phone, callee: Phone, off: Snapshot
) -> None:
    pbx.admission.snapshot = off
    pbx.advance(500)
    pbx.admission.snapshot = ON
    call_up(pbx, caller, callee)


def test_a_registration_still_ends_on_its_day(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    pbx.admission.snapshot = TENANT_OFF
    pbx.advance(601)
    pbx.admission.snapshot = ON
    caller.invite("102")
    caller.response(480)


@pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
@pytest.mark.parametrize("off", [TENANT_OFF, CALLER_OFF], ids=["tenant", "extension"])
def test_who_has_no_password_can_not_tell_disabled_from_enabled_or_missing(method: str, off: Snapshot) -> None:
    answers = []
    for snapshot, number in ((ON, "101"), (off, "101"), (off, "999")):
        pbx = Pbx(*NUMBERS)
        pbx.admission.snapshot = snapshot
        phone = pbx.phone(number, 5001)
        phone.password = "wrong"
        first = phone.request(
            method, f"sip:{number}@acme.example", call_id="x", body=sdp() if method == "INVITE" else b""
        )
        phone.send(first)
        challenge = phone.response(401)
        phone.send(phone.authorized(first, challenge))
        again = phone.response(401)
        answers.append((shape(challenge), shape(again)))
        assert [refusal.why for refusal in pbx.admission.take_refusals()] == ["wrong credentials"]
        assert pbx.journal.opened == []
    assert answers[0] == answers[1] == answers[2]
