"""Requests outside a dialog: who gets in, who gets what."""

import pytest

from tests.support.pbx import Pbx, sdp
from tests.support.stranger import shape


@pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
def test_existing_and_missing_users_get_the_same_answers(method: str) -> None:
    pbx = Pbx("101")
    answers = []
    for number in ("101", "999"):
        phone = pbx.phone(number, 5000 + int(number))
        phone.password = "wrong"
        first = phone.request(method, f"sip:{number}@acme.example", call_id=f"x{number}")
        phone.send(first)
        challenge = phone.response(401)
        phone.send(phone.authorized(first, challenge))
        again = phone.response()
        answers.append((challenge.status, shape(challenge), again.status, shape(again)))
    assert answers[0] == answers[1]
    assert answers[0][2] == 401
    assert pbx.registrar.count == 0
    assert pbx.journal.opened == []


def test_no_tenant_no_answer_but_a_refusal() -> None:
    pbx = Pbx("101", default_tenant=None)
    phone = pbx.phone("101", 5001)
    phone.domain = "elsewhere.example"
    assert phone.register().status == 403


def test_the_domain_names_the_tenant_without_a_default() -> None:
    pbx = Pbx("101", default_tenant=None)
    assert pbx.phone("101", 5001).register().status == 200


def test_one_extension_cannot_register_another() -> None:
    pbx = Pbx("101", "102")
    phone = pbx.phone("101", 5001)
    first = phone.request("REGISTER", "sip:acme.example", to="<sip:102@acme.example>")
    phone.send(first)
    phone.send(phone.authorized(first, phone.response(401)))
    phone.response(403)
    assert pbx.registrar.count == 0


def test_who_brings_wrong_credentials_is_noted_without_them() -> None:
    pbx = Pbx("101")
    phone = pbx.phone("101", 5001)
    phone.password = "wrong-password"
    phone.register()
    (refusal,) = pbx.admission.take_refusals()
    assert (refusal.flow, refusal.method, refusal.user, refusal.why) == (
        phone.flow,
        "REGISTER",
        "101",
        "wrong credentials",
    )
    assert pbx.admission.take_refusals() == []


def test_a_challenge_is_no_refusal() -> None:
    pbx = Pbx("101")
    pbx.registered("101", 5001)
    assert pbx.admission.take_refusals() == []


def test_nobody_calls_in_the_name_of_another() -> None:
    pbx = Pbx("101", "102", "103")
    phone = pbx.registered("101", 5001)
    phone.invite("103", extra={"From": f"<sip:102@acme.example>;tag={phone.tag}"})
    phone.response(403)
    assert pbx.journal.opened == []


def test_an_anonymous_from_is_who_has_authenticated() -> None:
    pbx = Pbx("101", "102")
    caller, callee = pbx.registered("101", 5001), pbx.registered("102", 5002)
    caller.invite("102", extra={"From": f'"Anonymous" <sip:anonymous@acme.example>;tag={caller.tag}'})
    assert callee.incoming("INVITE").from_.uri.user == "101"


def test_nothing_crosses_tenants() -> None:
    pbx = Pbx("101")
    phone = pbx.registered("101", 5001)
    phone.invite("901", domain="other.example")
    phone.response(404)


def test_a_number_at_a_foreign_domain_is_not_ours_without_a_default_tenant() -> None:
    pbx = Pbx("101", "102", default_tenant=None)
    caller, _ = pbx.registered("101", 5001), pbx.registered("102", 5002)
    caller.invite("102", domain="elsewhere.example")
    caller.response(404)


def test_a_rotated_password_counts_at_once() -> None:
    from engine.config.secret import SecretRef, Secrets

    pbx = Pbx("101")
    assert pbx.phone("101", 5001).register().status == 200
    pbx.admission.secrets = Secrets("2", {SecretRef("env:P"): "other"})
    phone = pbx.phone("101", 5002)
    assert phone.register().status == 401
    phone.password = "other"
    assert phone.register().status == 200


def test_register_lists_contacts_and_unregisters() -> None:
    pbx = Pbx("101")
    phone = pbx.phone("101", 5001)
    assert phone.register().headers.all("Contact") == ["<sip:101@198.51.100.1:5001>;expires=600"]
    assert phone.register(expires=30).headers.first("Min-Expires") == "60"
    assert phone.register(expires=0).headers.all("Contact") == []
    assert pbx.registrar.count == 0


def test_wildcard_unregisters_everything() -> None:
    pbx = Pbx("101")
    pbx.registered("101", 5001)
    pbx.registered("101", 5002)
    assert pbx.phone("101", 5003).register(expires=0, extra={"Contact": "*"}).status == 200
    assert pbx.registrar.count == 0


@pytest.mark.parametrize(
    ("method", "uri", "extra", "status"),
    [
        ("OPTIONS", "sip:192.0.2.1", {}, 200),
        ("OPTIONS", "sip:999@acme.example", {"Max-Forwards": "0"}, 200),
        ("SUBSCRIBE", "sip:101@acme.example", {}, 405),
        ("PUBLISH", "sip:101@acme.example", {}, 405),
        ("MESSAGE", "sip:999@acme.example", {}, 405),
        ("REFER", "sip:101@acme.example", {}, 405),
        ("NEWMETHOD", "sip:101@acme.example", {}, 405),
        ("OPTIONS", "nobodyknows:x", {}, 416),
        ("REGISTER", "tel:+4420", {}, 416),
        ("INVITE", "urn:service:counseling", {}, 416),
        ("INVITE", "tel:+442079460100", {}, 401),
        ("INVITE", "urn:service:sos.police", {}, 401),
        ("OPTIONS", "sip:192.0.2.1", {"Require": "nothing, here"}, 420),
        ("INVITE", "sip:101@acme.example", {"Proxy-Require": "x"}, 420),
        ("BYE", "sip:101@acme.example", {}, 481),
        ("INFO", "sip:101@acme.example", {}, 481),
    ],
)
def test_requests_that_need_no_authentication(method: str, uri: str, extra: dict[str, str], status: int) -> None:
    pbx = Pbx("101")
    phone = pbx.phone("101", 5001)
    phone.send(phone.request(method, uri, extra=extra))
    response = phone.response()
    assert response.status == status
    if status == 405:
        assert "INVITE" in (response.headers.first("Allow") or "")
    if status == 420:
        assert response.headers.first("Unsupported") in ("nothing, here", "x")


def test_a_forged_dialog_gets_481() -> None:
    pbx = Pbx("101")
    phone = pbx.phone("101", 5001)
    phone.send(phone.request("BYE", "sip:101@acme.example", to="<sip:101@acme.example>;tag=guess"))
    phone.response(481)


def test_an_address_of_record_is_a_sip_uri() -> None:
    pbx = Pbx("101")
    phone = pbx.phone("101", 5001)
    phone.send(phone.request("REGISTER", "sip:acme.example", to="<isbn:2983792873>"))
    phone.response(400)


def test_overload_refuses_new_work_first() -> None:
    pbx = Pbx("101")
    phone = pbx.phone("101", 5001)
    pbx.switch.overloaded = True
    phone.send(phone.request("INVITE", "sip:101@acme.example", body=sdp()))
    assert phone.response(503).headers.first("Retry-After") == "5"


def test_credentials_that_cannot_be_read() -> None:
    pbx = Pbx("101")
    phone = pbx.phone("101", 5001)
    phone.send(phone.request("REGISTER", "sip:acme.example", extra={"Authorization": "Digest nonsense"}))
    assert phone.response().status in (400, 401)


def test_a_stale_nonce_is_challenged_as_stale() -> None:
    pbx = Pbx("101")
    phone = pbx.phone("101", 5001)
    first = phone.request("REGISTER", "sip:acme.example", to="<sip:101@acme.example>")
    phone.send(first)
    challenge = phone.response(401)
    pbx.advance(400)
    phone.send(phone.authorized(first, challenge))
    assert "stale=true" in (phone.response(401).headers.first("WWW-Authenticate") or "")


@pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
def test_a_strangers_request_leaves_nothing_behind_and_is_answered_once(method: str) -> None:
    pbx = Pbx("101")
    stranger = pbx.phone("101", 5001)
    request = stranger.request(method, "sip:101@acme.example", body=sdp() if method == "INVITE" else b"")
    stranger.send(request)
    stranger.response(401)
    assert len(pbx.layer) == 0
    pbx.advance(40)
    assert stranger.got() == []
    stranger.send(request)
    assert stranger.got() == ["401"]
