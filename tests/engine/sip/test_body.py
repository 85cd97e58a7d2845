"""The SDP inside a body: alone, in multiparts, and everything that is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.sip.body import sdp_body
from engine.sip.headers import Headers
from engine.sip.message import SipRequest

SDP = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"


def part(content_type: str, body: bytes, extra: str = "") -> bytes:
    return f"Content-Type: {content_type}\r\n{extra}\r\n".encode() + body


def multipart(*parts: bytes, boundary: bytes = b"b1") -> bytes:
    return b"".join([b"\r\n--" + boundary + b"\r\n" + one for one in parts])[2:] + b"\r\n--" + boundary + b"--\r\n"


MIXED = "multipart/mixed;boundary=b1"
XML = part("application/rs-metadata+xml", b"<x/>")
INNER = multipart(part("text/plain", b"x"), part("application/sdp", SDP), boundary=b"b2")

FOUND = [
    ("alone", "application/sdp", SDP, SDP),
    ("odd case and parameters", "Application/SDP ; charset=utf-8", SDP, SDP),
    ("second part", MIXED, multipart(XML, part("application/sdp", SDP)), SDP),
    ("first part", MIXED, multipart(part("application/sdp", SDP), XML), SDP),
    ("quoted boundary", 'multipart/mixed; boundary="b 1:="', multipart(part("application/sdp", SDP), boundary=b"b 1:="), SDP),
    ("preamble", MIXED, b"ignore me\r\n" + multipart(part("application/sdp", SDP)), SDP),
    ("other part headers", MIXED, multipart(part("application/sdp", SDP, "Content-Disposition: session\r\n")), SDP),
    ("alternative in mixed", MIXED, multipart(part("multipart/alternative; boundary=b2", INNER)), SDP),
    ("no last delimiter", MIXED, b"--b1\r\n" + part("application/sdp", SDP), SDP),
    ("LF alone", MIXED, multipart(part("application/sdp", SDP)).replace(b"\r\n", b"\n"), SDP),
    ("no Content-Type", None, SDP, SDP),
]  # fmt: skip


@pytest.mark.parametrize(("content_type", "body", "sdp"), [case[1:] for case in FOUND], ids=[case[0] for case in FOUND])
def test_the_sdp_is_found(content_type: str | None, body: bytes, sdp: bytes) -> None:
    assert sdp_body(make(content_type, body)) == sdp


NONE = [
    ("empty", "application/sdp", b""),
    ("other type", "application/dtmf-relay", b"Signal=1"),
    ("no boundary", "multipart/mixed", multipart(part("application/sdp", SDP))),
    ("broken boundary", 'multipart/mixed;boundary="b1', multipart(part("application/sdp", SDP))),
    ("wrong boundary", "multipart/mixed;boundary=b3", multipart(part("application/sdp", SDP))),
    ("after the last delimiter", MIXED, multipart(XML) + b"--b1\r\n" + part("application/sdp", SDP)),
    ("part without headers", MIXED, b"--b1\r\n\r\nv=0\r\n--b1--"),
    ("part without type", MIXED, b"--b1\r\nContent-ID: 1\r\n\r\nv=0\r\n--b1--"),
    ("no Content-Type, no SDP", None, b"hello"),
    ("nested too deep", MIXED, b"--b1\r\nContent-Type: multipart/mixed;boundary=b1\r\n\r\n" * 10),
]


@pytest.mark.parametrize(("content_type", "body"), [case[1:] for case in NONE], ids=[case[0] for case in NONE])
def test_what_is_no_sdp_is_none(content_type: str | None, body: bytes) -> None:
    assert sdp_body(make(content_type, body)) is None


def test_an_encoded_body_is_none() -> None:
    message = make("application/sdp", SDP)
    message.headers.add("Content-Encoding", "identity")
    assert sdp_body(message) == SDP

    message.headers.replace("Content-Encoding", "gzip")
    assert sdp_body(message) is None


@settings(deadline=None)
@given(
    st.text(),
    st.lists(st.sampled_from([b"--b1", b"\r\n", b"\n", b"--", b"Content-Type:", b" application/sdp", SDP, b"x"])),
)
def test_any_body_has_an_sdp_or_none(content_type: str, pieces: list[bytes]) -> None:
    for value in (content_type, MIXED, MIXED + content_type):
        found = sdp_body(make(value, b"".join(pieces)))
        assert found is None or isinstance(found, bytes)


def make(content_type: str | None, body: bytes) -> SipRequest:
    items = [] if content_type is None else [("Content-Type", content_type)]
    return SipRequest("INVITE", "sip:a", Headers(items), body)
