"""Messages: their views, their bytes, and that nothing can be smuggled into them."""

from __future__ import annotations

import pytest

from engine.sip.errors import LocalProtocolError, RemoteProtocolError
from engine.sip.headers import CSeq, Headers, NameAddr
from engine.sip.message import SipRequest, SipResponse
from engine.sip.parser import parse_message


def make_request(method: str = "INVITE", *extra: tuple[str, str], body: bytes = b"") -> SipRequest:
    return SipRequest(
        method,
        "sip:102@example.com",
        Headers(
            [
                ("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport"),
                ("Via", "SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK2"),
                ("Max-Forwards", "70"),
                ("From", '"A" <sip:101@example.com>;tag=a'),
                ("To", "<sip:102@example.com>"),
                ("Call-ID", "c1"),
                ("CSeq", f"7 {method}"),
                *extra,
            ]
        ),
        body,
    )


def test_views_read_what_was_put_in() -> None:
    request = make_request(
        "INVITE",
        ("Contact", "<sip:101@192.0.2.1>, <sip:101@192.0.2.3>;q=0.5"),
        ("Route", "<sip:p1;lr>"),
        ("Route", "<sip:p2;lr>"),
        ("Record-Route", "<sip:p3;lr>"),
        ("Expires", "60"),
        ("Content-Type", "Application/SDP ; charset=utf-8"),
    )

    assert request.uri.user == "102"
    assert request.top_via.branch == "z9hG4bK1"
    assert request.from_.tag == "a"
    assert request.to.tag is None
    assert request.call_id == "c1"
    assert request.cseq == CSeq(7, "INVITE")
    assert [contact.uri.host for contact in request.contacts] == ["192.0.2.1", "192.0.2.3"]
    assert [route.uri_text for route in request.routes] == ["sip:p1;lr", "sip:p2;lr"]
    assert [route.uri.lr for route in request.record_routes] == [True]
    assert (request.max_forwards, request.expires, request.content_type) == (70, 60, "application/sdp")


def test_views_of_absent_headers_are_none_or_empty() -> None:
    request = SipRequest("OPTIONS", "sip:a")

    assert (request.max_forwards, request.expires, request.content_type) == (None, None, None)
    assert (request.contacts, request.routes, request.record_routes) == ([], [], [])


def test_views_follow_a_change_of_headers() -> None:
    request = make_request("INVITE", ("Contact", "<sip:x@y>"))
    seen = [request.top_via, request.from_, request.to, request.cseq, request.contacts]
    request.headers.replace("Via", "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK9")
    request.headers.replace("From", "<sip:z@y>;tag=f")
    request.headers.replace("To", "<sip:z@y>;tag=t")
    request.headers.replace("CSeq", "8 INVITE")
    request.headers.replace("Contact", "*")

    assert seen[0] != request.top_via
    assert (request.top_via.branch, request.from_.tag, request.to.tag) == ("z9hG4bK9", "f", "t")
    assert request.cseq.number == 8
    request.headers.replace("CSeq", "9 INVITE")
    assert request.cseq.number == 9
    assert request.contacts == [NameAddr("", "*")]
    request.headers.remove("Contact")
    assert request.contacts == []


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0), ("3600", 3600), ("4294967296", 2**32 - 1), ("1" + "0" * 100, 2**32 - 1), ("0" * 5000 + "5", 5)],
)
def test_expires_is_cut_to_32_bits(value: str, seconds: int) -> None:
    assert make_request("REGISTER", ("Expires", value)).expires == seconds


FAULTY = [
    ("top_via", "Via", "SIP/2.0/UDP"),
    ("from_", "From", "nobody"),
    ("to", "To", '"open'),
    ("cseq", "CSeq", "x"),
    ("call_id", "Call-ID", "a b"),
    ("contacts", "Contact", "sip:a@b?Route=x"),
    ("routes", "Route", "<sip:>"),
    ("record_routes", "Record-Route", "x"),
    ("max_forwards", "Max-Forwards", "256"),
    ("expires", "Expires", "soon"),
]


@pytest.mark.parametrize(("view", "name", "value"), FAULTY)
def test_a_faulty_view_is_refused_with_the_request_to_answer(view: str, name: str, value: str) -> None:
    request = make_request("INVITE")
    request.headers.replace(name, value)

    with pytest.raises(RemoteProtocolError) as refused:
        getattr(request, view)

    assert refused.value.status_hint == 400
    assert refused.value.request is request


@pytest.mark.parametrize("view", ["top_via", "from_", "to", "cseq", "call_id"])
def test_a_missing_mandatory_header_is_refused(view: str) -> None:
    with pytest.raises(RemoteProtocolError, match="missing"):
        getattr(SipRequest("OPTIONS", "sip:a"), view)


def test_a_faulty_request_uri_is_refused() -> None:
    with pytest.raises(RemoteProtocolError):
        _ = SipRequest("OPTIONS", "sip:a@b?x=y").uri


@pytest.mark.parametrize("message", [SipResponse(200), SipRequest("ACK", "sip:a")])
def test_responses_and_acks_are_never_to_be_answered(message: SipResponse | SipRequest) -> None:
    message.headers.add("Contact", "x")

    with pytest.raises(RemoteProtocolError) as refused:
        _ = message.contacts

    assert refused.value.request is None


def test_bytes_of_a_request() -> None:
    assert make_request("MESSAGE", ("Content-Length", "99"), body=b"hi").to_bytes() == (
        b"MESSAGE sip:102@example.com SIP/2.0\r\n"
        b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport\r\n"
        b"Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK2\r\n"
        b"Max-Forwards: 70\r\n"
        b'From: "A" <sip:101@example.com>;tag=a\r\n'
        b"To: <sip:102@example.com>\r\n"
        b"Call-ID: c1\r\n"
        b"CSeq: 7 MESSAGE\r\n"
        b"Content-Length: 2\r\n\r\nhi"
    )


def test_bytes_of_a_response() -> None:
    assert SipResponse(180).to_bytes() == b"SIP/2.0 180 Ringing\r\nContent-Length: 0\r\n\r\n"
    assert SipResponse(200, "").to_bytes() == b"SIP/2.0 200 \r\nContent-Length: 0\r\n\r\n"


SMUGGLING: list[tuple[str, SipRequest | SipResponse]] = [
    ("LF in a value", SipRequest("OPTIONS", "sip:a", Headers([("Subject", "x\nVia: y")]))),
    ("CR in a value", SipRequest("OPTIONS", "sip:a", Headers([("Subject", "x\rVia: y")]))),
    ("LF in a name", SipRequest("OPTIONS", "sip:a", Headers([("Subject\n", "x")]))),
    ("blank in the URI", SipRequest("OPTIONS", "sip:a b")),
    ("LF in the URI", SipRequest("OPTIONS", "sip:a\r\nX:y")),
    ("empty URI", SipRequest("OPTIONS", "")),
    ("blank in the method", SipRequest("OPT IONS", "sip:a")),
    ("LF in the reason", SipResponse(200, "OK\r\nX: y")),
    ("lone surrogate", SipResponse(200, "\ud800")),
]


@pytest.mark.parametrize("message", [case[1] for case in SMUGGLING], ids=[case[0] for case in SMUGGLING])
def test_what_would_break_the_message_is_not_written(message: SipRequest | SipResponse) -> None:
    with pytest.raises(LocalProtocolError):
        message.to_bytes()


@pytest.mark.parametrize("status", [0, 99, 700])
def test_a_status_is_a_sip_status(status: int) -> None:
    with pytest.raises(LocalProtocolError):
        SipResponse(status)


def test_classes_of_a_response() -> None:
    flags = [(r.is_provisional, r.is_success, r.is_final) for r in map(SipResponse, (180, 200, 302, 486))]

    assert flags == [(True, False, False), (False, True, True), (False, False, True), (False, False, True)]


STAMPS = [
    ("rport asked", "a.invalid;rport", "a.invalid;rport=5099;received=192.0.2.7"),
    ("rport asked, same host", "192.0.2.7;rport", "192.0.2.7;rport=5099;received=192.0.2.7"),
    ("other host", "a.invalid;branch=z", "a.invalid;branch=z;received=192.0.2.7"),
    ("same host", "192.0.2.7;branch=z", "192.0.2.7;branch=z"),
    ("forged", "a;received=1.2.3.4;rport=9", "a;received=192.0.2.7;rport=5099"),
]


@pytest.mark.parametrize(("sent", "stamped"), [case[1:] for case in STAMPS], ids=[case[0] for case in STAMPS])
def test_the_source_is_noted_in_the_topmost_via(sent: str, stamped: str) -> None:
    """RFC 3261 §18.2.1, RFC 3581 §4."""
    request = SipRequest("OPTIONS", "sip:a", Headers([("Via", f"SIP/2.0/UDP {sent}"), ("Via", "SIP/2.0/UDP next")]))

    request.stamp_source("192.0.2.7", 5099)

    assert request.headers.all("Via") == [f"SIP/2.0/UDP {stamped}", "SIP/2.0/UDP next"]
    assert str(request.top_via) == f"SIP/2.0/UDP {stamped}"


def test_stamping_leaves_the_other_elements_of_the_line() -> None:
    request = SipRequest("OPTIONS", "sip:a", Headers([("Via", "SIP/2.0/UDP a;rport, SIP/2.0/TCP b")]))

    request.stamp_source("192.0.2.7", 5099)

    assert request.headers.all("Via") == ["SIP/2.0/UDP a;rport=5099;received=192.0.2.7, SIP/2.0/TCP b"]


def test_a_copy_is_equal_and_independent() -> None:
    request, response = make_request(), SipResponse(200, headers=Headers([("Via", "x")]))
    for message in (request, response):
        other = message.copy()
        assert other == message
        other.headers.add("X", "y")
        assert other != message


def test_a_message_shows_as_plain_text() -> None:
    assert repr(SipRequest("MÉTHODE", "sip:a\n")) == "<SipRequest 'M\\xc9THODE' 'sip:a\\n', Call-ID None>"
    assert repr(SipResponse(200)) == "<SipResponse 200 'OK', Call-ID None>"


def test_bytes_parse_back_to_the_same_message() -> None:
    request = make_request("INVITE", ("Subject", "Grüße \udcff"), body=b"\x00body")

    assert parse_message(request.to_bytes()) == request
