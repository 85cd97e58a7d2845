"""Credentials of ours: the RFCs' own examples, what challenges are answered, and when not to try again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sip.digest import Algorithm, Challenger, Outcome, ha1, parse_authorization
from engine.sip.digest_client import Authenticator, parse_challenge
from engine.sip.headers import Headers
from engine.sip.message import SipRequest, SipResponse
from tests.support.identifiers import CountingIdentifiers


def request(method: str = "INVITE", uri: str = "sip:bob@biloxi.com") -> SipRequest:
    return SipRequest(method, uri, Headers([("CSeq", f"1 {method}")]))


def challenge(*values: str, status: int = 401) -> SipResponse:
    name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
    return SipResponse(status, headers=Headers([(name, value) for value in values]))


class Fixed(CountingIdentifiers):
    """The cnonce of RFC 7616 §3.9.1 can't be set, so only what has none is compared word by word."""


def test_rfc_2069_form_without_qop() -> None:
    """RFC 2617 §3.5 without qop, computed by hand: response = MD5(HA1:nonce:HA2)."""
    who = Authenticator("Mufasa", "Circle Of Life", CountingIdentifiers())
    assert who.learn(
        challenge('Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc"')
    )
    sent = request("GET", "/dir/index.html")
    who.sign(sent)
    value = sent.headers.first("Authorization") or ""
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in value
    assert 'opaque="5ccc"' in value
    assert "qop" not in value
    assert "algorithm" not in value


@pytest.mark.parametrize("algorithm", list(Algorithm), ids=lambda algorithm: algorithm.value)
@pytest.mark.parametrize("status", [401, 407])
def test_our_own_challenger_takes_what_we_answer(algorithm: Algorithm, status: int) -> None:
    identifiers = CountingIdentifiers()
    server = Challenger(b"k" * 32, 300.0, identifiers, offered=(algorithm,))
    who = Authenticator('a"b\\c', "p:w", identifiers)
    assert who.learn(challenge(*server.challenge("acme.example", 10.0), status=status))
    for _ in range(3):
        sent = request("BYE")
        who.sign(sent)
        [value] = sent.headers.all("Authorization" if status == 401 else "Proxy-Authorization")
        given_back = parse_authorization(value)
        known = ha1('a"b\\c', "acme.example", "p:w", algorithm)
        outcome = server.verify(given_back, "BYE", sent.uri_text, "acme.example", lambda _, known=known: known, 11.0)  # type: ignore[misc]
        assert outcome is Outcome.ACCEPTED


def test_the_topmost_that_is_understood_is_answered() -> None:
    who = Authenticator("u", "p", CountingIdentifiers())
    assert who.learn(
        challenge(
            'Digest realm="r", nonce="1", algorithm=SHA-512-256, qop="auth"',
            'Digest realm="r", nonce="2", algorithm=SHA-256, qop="auth-int,auth"',
            'Digest realm="r", nonce="3", algorithm=MD5, qop="auth"',
        )
    )
    sent = request()
    who.sign(sent)
    [value] = sent.headers.all("Authorization")
    assert 'nonce="2"' in value
    assert "algorithm=SHA-256" in value


UNANSWERABLE = [
    'Basic realm="r"',
    'Digest realm="r"',
    'Digest nonce="n"',
    'Digest realm="r", nonce="n", algorithm=MD5-sess',
    'Digest realm="r", nonce="n", qop="auth-int"',
    'Digest realm="r, nonce=',
    "Digest",
    "",
]


@pytest.mark.parametrize("value", UNANSWERABLE)
def test_what_can_t_be_answered_is_not(value: str) -> None:
    assert parse_challenge(value) is None
    assert not Authenticator("u", "p", CountingIdentifiers()).learn(challenge(value))


def test_two_realms_are_both_answered() -> None:
    who = Authenticator("u", "p", CountingIdentifiers())
    assert who.learn(challenge('Digest realm="proxy", nonce="1"', status=407))
    who.sign(request())
    assert who.learn(challenge('Digest realm="home", nonce="2"'))
    sent = request()
    who.sign(sent)
    assert "Proxy-Authorization" in sent.headers
    assert "Authorization" in sent.headers


def test_the_same_challenge_again_means_that_the_password_is_wrong() -> None:
    who = Authenticator("u", "p", CountingIdentifiers())
    for nonce, worth_it in (("1", True), ("2", False)):
        assert who.learn(challenge(f'Digest realm="r", nonce="{nonce}"')) is worth_it
        who.sign(request())


def test_a_nonce_that_was_good_before_may_be_replaced_without_stale() -> None:
    who = Authenticator("u", "p", CountingIdentifiers())
    assert who.learn(challenge('Digest realm="r", nonce="1", qop="auth"'))
    who.sign(request())
    who.sign(request("BYE"))
    assert who.learn(challenge('Digest realm="r", nonce="2", qop="auth"'))


def test_stale_for_ever_is_given_up() -> None:
    who = Authenticator("u", "p", CountingIdentifiers())
    tries = 0
    while who.learn(challenge(f'Digest realm="r", nonce="{tries}", stale=true')):
        who.sign(request())
        tries += 1
        assert tries < 10
    assert tries == 4


def test_signing_again_replaces_what_was_there() -> None:
    who = Authenticator("u", "p", CountingIdentifiers())
    who.learn(challenge('Digest realm="r", nonce="1", qop="auth"'))
    sent = request()
    who.sign(sent)
    who.sign(sent)
    [value] = sent.headers.all("Authorization")
    assert "nc=00000002" in value


def test_the_password_is_nowhere() -> None:
    who = Authenticator("u", "hush-hush", CountingIdentifiers())
    who.learn(challenge('Digest realm="r", nonce="1", qop="auth"'))
    sent = request()
    who.sign(sent)
    assert b"hush" not in sent.to_bytes()
    assert "hush" not in repr(who)


@given(st.text(max_size=80))
def test_no_challenge_breaks_us(text: str) -> None:
    who = Authenticator("u", "p", CountingIdentifiers())
    if who.learn(challenge(f"Digest {text}")):
        sent = request()
        who.sign(sent)
        assert parse_authorization(sent.headers.first("Authorization") or "")
