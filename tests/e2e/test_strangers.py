"""Who has no password gets nothing, and learns nothing."""

from __future__ import annotations

import random
import socket

import pytest

from tests.e2e.office import ADA, GRACE, RADIA, Office
from tests.support.phone import Account, Stack
from tests.support.phone_bare import Answer, BarePhone
from tests.support.ports import LOOPBACK
from tests.support.trunkline_process import answers_options

REFUSED = {401, 403, 407}


@pytest.mark.parametrize("stack", Stack, ids=lambda stack: stack.value)
def test_a_wrong_password_neither_registers_nor_calls(office: Office, stack: Stack) -> None:
    grace = office.phone(Stack.PJSIP, GRACE)
    mallory = office.new_phone(stack, "mallory")
    mallory.start_registering(office.site.account(ADA, password="a-guess"))
    assert mallory.wait_for("registration-failed").status in REFUSED
    mallory.call(office.site.uri(GRACE))
    assert mallory.wait_for_call("disconnected").status in REFUSED
    grace.expect_none("incoming", within=1.0)
    assert {item["number"] for item in office.site.get("registrations")} == {GRACE}


def header_names(answer: Answer) -> list[str]:
    return [line.split(":", 1)[0] for line in answer.text.split("\r\n\r\n", 1)[0].split("\r\n")[1:]]


@pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
@pytest.mark.parametrize("password", [None, "a-guess"], ids=["no-password", "wrong-password"])
def test_answers_do_not_tell_who_exists(office: Office, method: str, password: str | None) -> None:
    answers = []
    for user in (RADIA, "nobody"):
        account = office.site.account(user, password=password or "")
        with BarePhone(account) as phone:
            uri = f"sip:{account.domain}" if method == "REGISTER" else office.site.uri(GRACE)
            lines = [phone.credentials_for(method, uri)] if password else []
            answers.append(phone.request(method, uri, *lines, cseq=2))
    existing, missing = answers
    assert existing.status in REFUSED
    assert (existing.status, header_names(existing)) == (missing.status, header_names(missing))


def test_answers_do_not_tell_which_numbers_exist(office: Office) -> None:
    with BarePhone(office.site.account("nobody", password="")) as phone:
        statuses = {phone.request("INVITE", office.site.uri(number)).status for number in (GRACE, "199", "112")}
    assert len(statuses) == 1
    assert statuses < REFUSED


def test_nobody_calls_in_the_name_of_another(office: Office) -> None:
    grace = office.phone(Stack.PJSIP, GRACE)
    impostor = Account(
        user=ADA,
        domain=office.site.account(ADA).domain,
        password=office.site.password(RADIA),
        auth_user=RADIA,
        server=office.site.server,
    )
    uri = office.site.uri(GRACE)
    with BarePhone(impostor) as phone:
        line = phone.credentials_for("INVITE", uri)
        assert phone.request("INVITE", uri, line, cseq=2).status in REFUSED
        assert phone.register().status in REFUSED
    grace.expect_none("incoming", within=0.5)


def test_an_unknown_domain_is_refused(office: Office) -> None:
    """The listener has a default tenant, which serves requests that name no tenant: its answer is a challenge, no more."""
    stranger = Account(user=ADA, domain="elsewhere.example", server=office.site.server)
    with BarePhone(stranger) as phone:
        assert phone.request("INVITE", f"sip:{GRACE}@elsewhere.example").status in REFUSED | {404}


def test_a_flood_of_broken_datagrams_leaves_phones_in_peace(office: Office) -> None:
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.BARESIP, GRACE)
    office.connect(ada, grace, GRACE)
    dice = random.Random(5)
    whole = f"INVITE sip:{GRACE}@{LOOPBACK} SIP/2.0\r\nVia: SIP/2.0/UDP {LOOPBACK}\r\nCSeq: 1 INVITE\r\n\r\n".encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for index in range(3000):
            noise = dice.randbytes(dice.randrange(1, 1200))
            cut = whole[: dice.randrange(len(whole))] + noise[: index % 40]
            sender.sendto(noise if index % 2 else cut, (LOOPBACK, office.site.sip_port))
    assert answers_options(office.site.sip_port, timeout=3.0)
    ada.hang_up()
    assert grace.wait_for_call("disconnected").status == 200
    office.connect(ada, grace, GRACE)
