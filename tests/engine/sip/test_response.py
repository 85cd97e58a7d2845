"""What a response copies from its request (RFC 3261 §8.2.6, §12.1.1)."""

from __future__ import annotations

import pytest

from engine.sip.errors import LocalProtocolError
from engine.sip.headers import Headers
from engine.sip.message import SipRequest
from engine.sip.response import response_to
from engine.sip.status import REASONS, reason_phrase


def make_request(to: str = "<sip:102@b>", method: str = "INVITE") -> SipRequest:
    items = [
        ("Via", "SIP/2.0/UDP p;branch=z9hG4bK2"),
        ("Record-Route", "<sip:p;lr>"),
        ("Via", "SIP/2.0/UDP a;branch=z9hG4bK1"),
        ("Max-Forwards", "70"),
        ("From", "<sip:101@b>;tag=f"),
        ("To", to),
        ("Call-ID", "c"),
        ("CSeq", f"1 {method}"),
        ("Contact", "<sip:101@a>"),
        ("User-Agent", "x"),
    ]
    return SipRequest(method, "sip:102@b", Headers(items))


def test_a_ringing_response_copies_what_a_dialog_needs() -> None:
    response = response_to(make_request(), 180, to_tag="t")

    assert (response.status, response.reason, response.body) == (180, "Ringing", b"")
    assert response.headers.items == [
        ("Via", "SIP/2.0/UDP p;branch=z9hG4bK2"),
        ("Record-Route", "<sip:p;lr>"),
        ("Via", "SIP/2.0/UDP a;branch=z9hG4bK1"),
        ("From", "<sip:101@b>;tag=f"),
        ("To", "<sip:102@b>;tag=t"),
        ("Call-ID", "c"),
        ("CSeq", "1 INVITE"),
    ]


@pytest.mark.parametrize(("status", "routed"), [(100, False), (180, True), (200, True), (302, False), (404, False)])
def test_only_responses_that_make_a_dialog_carry_the_route(status: int, routed: bool) -> None:
    assert ("Record-Route" in response_to(make_request(), status, to_tag="t").headers) is routed


TO_TAGS = [
    ("added", "<sip:102@b>", "<sip:102@b>;tag=t"),
    ("kept", "<sip:102@b>;tag=old", "<sip:102@b>;tag=old"),
    ("a tag in the URI is none", "<sip:102@b;tag=no>", "<sip:102@b;tag=no>;tag=t"),
    ("unreadable without a tag", '"open <sip:102@b>', '"open <sip:102@b>;tag=t'),
    ("unreadable with a tag", '"open <sip:102@b>;Tag=x', '"open <sip:102@b>;Tag=x'),
]


@pytest.mark.parametrize(("to", "answered"), [case[1:] for case in TO_TAGS], ids=[case[0] for case in TO_TAGS])
def test_the_to_tag(to: str, answered: str) -> None:
    assert response_to(make_request(to), 400, to_tag="t").headers.first("To") == answered


def test_without_a_tag_to_is_left_alone() -> None:
    assert response_to(make_request(), 100).headers.first("To") == "<sip:102@b>"


def test_a_header_that_stands_there_twice_is_answered_with_the_first() -> None:
    request = make_request()
    request.headers.add("To", "<sip:103@b>")
    request.headers.add("CSeq", "2 INVITE")

    response = response_to(request, 400, to_tag="t")

    assert response.headers.all("To") == ["<sip:102@b>;tag=t"]
    assert response.headers.all("CSeq") == ["1 INVITE"]


def test_an_ack_is_never_answered() -> None:
    with pytest.raises(LocalProtocolError):
        response_to(make_request(method="ACK"), 200)


def test_the_reason_may_be_given() -> None:
    assert response_to(make_request(), 403, "No Route").reason == "No Route"


@pytest.mark.parametrize(("status", "phrase"), [(486, "Busy Here"), (199, "Early Dialog Terminated"), (299, "Success"),
                                                (499, "Request Failure"), (699, "Global Failure")])  # fmt: skip
def test_every_status_has_a_phrase(status: int, phrase: str) -> None:
    assert reason_phrase(status) == phrase


def test_phrases_are_of_sip_statuses() -> None:
    assert all(100 <= status < 700 and phrase for status, phrase in REASONS.items())
