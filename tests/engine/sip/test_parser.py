"""The parser: what it takes, what it refuses and how, and the invariant under fuzzing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.sip.errors import RemoteProtocolError
from engine.sip.headers import Headers
from engine.sip.message import SipMessage, SipRequest, SipResponse
from engine.sip.parser import MAX_HEADERS, MAX_LINE_CHARS, MAX_MESSAGE_BYTES, parse_message
from engine.sip.response import response_to

VECTORS = sorted((Path(__file__).parents[2] / "vectors" / "rfc4475").glob("*.dat"))

HEAD = (
    b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport\r\n"
    b"Max-Forwards: 70\r\n"
    b'From: "A" <sip:101@example.com>;tag=a\r\n'
    b"To: <sip:102@example.com>\r\n"
    b"Call-ID: c1\r\n"
    b"CSeq: 7 OPTIONS\r\n"
)
REQUEST = b"OPTIONS sip:102@example.com SIP/2.0\r\n" + HEAD + b"Content-Length: 2\r\n\r\nhi"
PLAIN = SipRequest(
    "OPTIONS",
    "sip:102@example.com",
    Headers(
        [
            ("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport"),
            ("Max-Forwards", "70"),
            ("From", '"A" <sip:101@example.com>;tag=a'),
            ("To", "<sip:102@example.com>"),
            ("Call-ID", "c1"),
            ("CSeq", "7 OPTIONS"),
        ]
    ),
    b"hi",
)

SAME = [
    ("as written", REQUEST),
    ("line breaks before", b"\r\n\r\n" + REQUEST),
    ("LF alone", REQUEST.replace(b"\r\n", b"\n")),
    ("LF here and there", REQUEST.replace(b"\r\nTo", b"\nTo")),
    ("compact names", REQUEST.replace(b"Via", b"v").replace(b"From", b"F").replace(b"Content-Length", b"l")),
    ("odd case", REQUEST.replace(b"Call-ID", b"cALL-iD").replace(b"Max-Forwards", b"MAX-forwards")),
    ("blanks before colons", REQUEST.replace(b"Call-ID:", b"Call-ID \t:")),
    ("no blanks after colons", REQUEST.replace(b": ", b":")),
    ("trailing blanks", REQUEST.replace(b"\r\nTo", b" \t\r\nTo")),
    ("folded", REQUEST.replace(b"CSeq: 7 OPTIONS", b"CSeq: 7\r\n  OPTIONS")),
    ("folded twice, and blanks before", REQUEST.replace(b"CSeq: 7 OPTIONS", b"CSeq: 7 \t\r\n \r\n\t OPTIONS")),
    ("folded by tab", REQUEST.replace(b"CSeq: 7 OPTIONS", b"CSeq:\r\n\t7\r\n\tOPTIONS")),
    ("folded with LF", REQUEST.replace(b"CSeq: 7 OPTIONS", b"CSeq: 7\n OPTIONS").replace(b"\r\n", b"\n")),
    ("bytes after the body", REQUEST + b"rubbish"),
    ("no Content-Length", REQUEST.replace(b"Content-Length: 2\r\n", b"")),
    ("Content-Length first", REQUEST.replace(b"Content-Length: 2\r\n", b"").replace(b"Via", b"l: 2\r\nVia")),
    ("extra blanks in the first line", REQUEST.replace(b"OPTIONS sip:102@example.com ", b"OPTIONS  sip:102@example.com\t")),
    ("blanks after the version", REQUEST.replace(b"SIP/2.0\r\n", b"SIP/2.0  \r\n", 1)),
    ("version in lower case", REQUEST.replace(b" SIP/2.0\r\n", b" sip/2.0\r\n", 1)),
]  # fmt: skip


@pytest.mark.parametrize("data", [case[1] for case in SAME], ids=[case[0] for case in SAME])
def test_spellings_of_the_same_request(data: bytes) -> None:
    assert parse_message(data) == PLAIN


def test_a_body_may_hold_anything() -> None:
    body = bytes(range(256)) + b"\r\n\r\nINVITE sip:x SIP/2.0\r\n\r\n"
    data = REQUEST.replace(b": 2\r\n\r\nhi", b": %d\r\n\r\n" % len(body)) + body

    assert parse_message(data).body == body


def test_an_lf_only_head_ends_before_a_body_with_crlf() -> None:
    data = REQUEST.replace(b"Content-Length: 2\r\n", b"").replace(b"\r\n", b"\n") + b"\r\n\r\nx"

    assert parse_message(data).body == b"hi\r\n\r\nx"


def test_several_vias_in_a_line_and_in_lines_keep_their_order() -> None:
    data = REQUEST.replace(b"Max-", b"v: SIP/2.0/TCP b, SIP/2.0/UDP c\r\nMax-")

    message = parse_message(data)

    assert message.headers.values("Via")[1:] == ["SIP/2.0/TCP b", "SIP/2.0/UDP c"]
    assert message.top_via.host == "192.0.2.1"


RESPONSES = [
    ("plain", b"SIP/2.0 200 OK", 200, "OK"),
    ("reason of words", b"SIP/2.0 486 Busy Here", 486, "Busy Here"),
    ("no reason", b"SIP/2.0 200 ", 200, ""),
    ("no reason, no blank", b"SIP/2.0 200", 200, ""),
    ("blanks", b"SIP/2.0  200  OK ", 200, "OK"),
    ("lower case", b"sip/2.0 200 OK", 200, "OK"),
    ("utf-8", "SIP/2.0 200 Ходит".encode(), 200, "Ходит"),
]


@pytest.mark.parametrize(
    ("line", "status", "reason"), [case[1:] for case in RESPONSES], ids=[case[0] for case in RESPONSES]
)
def test_responses(line: bytes, status: int, reason: str) -> None:
    message = parse_message(line + b"\r\n" + HEAD + b"\r\n")

    assert isinstance(message, SipResponse)
    assert (message.status, message.reason, message.cseq.number, message.body) == (status, reason, 7, b"")


# Refused, and answerable: the error holds the request.
ANSWERED = [
    ("version", REQUEST.replace(b"SIP/2.0\r\n", b"SIP/3.0\r\n", 1), 505),
    ("no empty line", REQUEST[: REQUEST.index(b"\r\n\r\n")], 400),
    ("length above the datagram", REQUEST.replace(b"h: 2", b"h: 3"), 400),
    ("absurd length", REQUEST.replace(b"h: 2", b"h: " + b"9" * 5000), 400),
    ("negative length", REQUEST.replace(b"h: 2", b"h: -1"), 400),
    ("two lengths", REQUEST.replace(b"Content-Length: 2", b"Content-Length: 2\r\nl: 2"), 400),
    ("two Call-IDs", REQUEST.replace(b"CSeq", b"i: c2\r\nCSeq"), 400),
    ("two Froms", REQUEST.replace(b"CSeq", b"From: <sip:x@y>\r\nCSeq"), 400),
    ("header without colon", REQUEST.replace(b"CSeq", b"Nonsense\r\nCSeq"), 400),
    ("header with a bad name", REQUEST.replace(b"CSeq", b"Bad Name: x\r\nCSeq"), 400),
    ("header without name", REQUEST.replace(b"CSeq", b": x\r\nCSeq"), 400),
    ("CSeq of another method", REQUEST.replace(b"7 OPTIONS", b"7 INVITE"), 400),
    ("CSeq too large", REQUEST.replace(b"7 OPTIONS", b"2147483648 OPTIONS"), 400),
    ("Max-Forwards too large", REQUEST.replace(b"70", b"256"), 400),
    ("Max-Forwards no number", REQUEST.replace(b"70", b"many"), 400),
    ("Request-URI in brackets", REQUEST.replace(b"S sip:102@example.com", b"S <sip:102@example.com>"), 400),
    ("Request-URI with headers", REQUEST.replace(b"example.com SIP", b"example.com?a=b SIP"), 400),
    ("no URI", REQUEST.replace(b"sip:102@example.com SIP", b"x SIP"), 400),
    ("From", REQUEST.replace(b'"A" <', b'"A <'), 400),
    ("To", REQUEST.replace(b"To: <sip:102@example.com>", b"To: 102"), 400),
    ("Call-ID with a blank", REQUEST.replace(b"c1", b"c 1"), 400),
    ("empty Call-ID", REQUEST.replace(b"c1", b""), 400),
    ("unknown method and mismatch", REQUEST.replace(b"OPTIONS sip", b"NEWMETHOD sip"), 501),
]


@pytest.mark.parametrize(("data", "status"), [case[1:] for case in ANSWERED], ids=[case[0] for case in ANSWERED])
def test_a_faulty_request_is_refused_with_what_is_needed_to_answer(data: bytes, status: int) -> None:
    with pytest.raises(RemoteProtocolError) as refused:
        parse_message(data)

    request = refused.value.request
    assert refused.value.status_hint == status
    assert request is not None
    assert request.top_via.branch == "z9hG4bK1"
    assert request.headers.first("CSeq") is not None


# Refused, and not answered.
DROPPED = [
    ("nothing", b""),
    ("line breaks", b"\r\n\r\n"),
    ("NULs", b"\x00" * 100),
    ("HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("STUN", b"\x00\x01\x00\x00\x21\x12\xa4\x42" + b"\x07" * 12),
    ("no Via", REQUEST.replace(b"Via", b"Xia")),
    ("no From", REQUEST.replace(b"From", b"Xrom")),
    ("no To", REQUEST.replace(b"To:", b"Xo:")),
    ("no Call-ID", REQUEST.replace(b"Call-ID", b"Xall-ID")),
    ("no CSeq", REQUEST.replace(b"CSeq", b"XSeq")),
    ("broken Via", REQUEST.replace(b";branch=z9hG4bK1;rport", b";;,;,,")),
    ("lone CR", REQUEST.replace(b"CSeq", b"Subject: a\rVia: b\r\nCSeq")),
    ("method no token", REQUEST.replace(b"OPTIONS sip", b"OPT(ONS sip")),
    ("broken ACK", REQUEST.replace(b"OPTIONS", b"ACK").replace(b"<sip:102", b'"<sip:102')),
    ("response without CSeq", b"SIP/2.0 200 OK\r\n" + HEAD.replace(b"CSeq", b"XSeq") + b"\r\n"),
    ("response with a broken Via", b"SIP/2.0 200 OK\r\n" + HEAD.replace(b"UDP 1", b"UDP <1") + b"\r\n"),
    ("response with a broken line", b"SIP/2.0 200 OK\r\n" + HEAD + b"Nonsense\r\n\r\n"),
    ("response cut short", b"SIP/2.0 200 OK\r\n" + HEAD),
    ("status too low", b"SIP/2.0 099 No\r\n" + HEAD + b"\r\n"),
    ("status too high", b"SIP/2.0 700 No\r\n" + HEAD + b"\r\n"),
    ("status no number", b"SIP/2.0 ABC No\r\n" + HEAD + b"\r\n"),
    ("response of another version", b"SIP/3.0 200 OK\r\n" + HEAD + b"\r\n"),
]


@pytest.mark.parametrize("data", [case[1] for case in DROPPED], ids=[case[0] for case in DROPPED])
def test_what_cannot_be_answered_is_refused_without_a_request(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError) as refused:
        parse_message(data)

    assert refused.value.request is None


def test_what_is_too_large_is_refused() -> None:
    too_long = REQUEST.replace(b"c1", b"c" * (MAX_LINE_CHARS + 1))
    too_many = REQUEST.replace(b"CSeq", b"Z: y\r\n" * MAX_HEADERS + b"CSeq")
    for data, status in ((b"x" * (MAX_MESSAGE_BYTES + 1), 513), (too_long, 513), (too_many, 400)):
        with pytest.raises(RemoteProtocolError) as refused:
            parse_message(data)
        assert refused.value.status_hint == status


def test_what_is_large_but_allowed_is_taken() -> None:
    long = REQUEST.replace(b"c1", b"c" * (MAX_LINE_CHARS - len("Call-ID: ")))
    many = REQUEST.replace(b"CSeq", b"Z: y\r\n" * (MAX_HEADERS - 7) + b"CSeq")

    assert len(parse_message(long).call_id) > 8000
    assert len(parse_message(many).headers.all("Z")) == MAX_HEADERS - 7


def read_all_views(message: SipMessage) -> None:
    """Mandatory views must not raise; the others may, but only what is ours to answer."""
    _ = message.top_via, message.from_.uri, message.to.uri, message.call_id, message.cseq, message.max_forwards
    _ = message.top_via.branch, message.top_via.rport, message.top_via.received, message.from_.tag, message.to.tag
    if isinstance(message, SipRequest):
        _ = message.uri.user_unescaped, str(message.uri)
    for view in ("contacts", "routes", "record_routes", "expires", "content_type"):
        try:
            value = getattr(message, view)
        except RemoteProtocolError:
            continue
        if isinstance(value, list):
            _ = [str(address) for address in value]


def check_invariant(data: bytes) -> None:
    """A message or RemoteProtocolError, nothing else; and the message writes itself."""
    refused: SipRequest | None = None
    message: SipMessage | None = None
    try:
        message = parse_message(data)
    except RemoteProtocolError as error:
        refused = error.request
    if refused is not None:
        assert refused.method != "ACK"
        _ = refused.top_via
        assert response_to(refused, 400, to_tag="t").to_bytes().startswith(b"SIP/2.0 400 Bad Request\r\n")
    if message is not None:
        read_all_views(message)
        again = parse_message(message.to_bytes())
        assert again == message
        read_all_views(again)


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_a_message_or_refused(data: bytes) -> None:
    check_invariant(data)


PIECES = st.sampled_from(
    [REQUEST, b"SIP/2.0 ", b"SIP/2.0 200 OK\r\n", b"OPTIONS sip:a SIP/2.0\r\n", HEAD, b"\r\n", b"\n", b"\r", b" ", b"\t",
     b"Via: ", b"v:", b"SIP/2.0/UDP a", b";branch=x", b"To:", b"<sip:", b">", b'"', b"\\", b",", b";", b"=", b":", b"@", b"%",
     b"Contact: *", b"m: sip:a@b?c=d\r\n", b"Expires: 1e9\r\n", b"Content-Length: ", b"l:0\r\n", b"\xff", b"\x00", b"9" * 30,
     b"[::1]", b"CSeq: 1 ACK\r\n", b"Route: <", b"Max-Forwards: 255\r\n"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=25).map(b"".join))
def test_any_mix_of_pieces_is_a_message_or_refused(data: bytes) -> None:
    check_invariant(data)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_damage_to_a_vector_is_a_message_or_refused(data: st.DataObject) -> None:
    message = bytearray(data.draw(st.sampled_from([REQUEST, *[path.read_bytes() for path in VECTORS]])))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(message)))
        cut = data.draw(st.integers(0, 12))
        message[at : at + cut] = data.draw(st.one_of(PIECES, st.binary(max_size=4)))
    check_invariant(bytes(message))


TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=30
).map(lambda text: text.strip(" \t"))  # fmt: skip
FIELDS = st.lists(
    st.tuples(st.sampled_from(["Subject", "X-Any", "User-Agent", "Contact", "Route", "Supported"]), TEXT), max_size=6
)


@settings(deadline=None)
@given(FIELDS, st.binary(max_size=50), TEXT)
def test_what_we_write_we_read_again(fields: list[tuple[str, str]], body: bytes, reason: str) -> None:
    headers = [*PLAIN.headers.items, *fields]
    request = SipRequest("OPTIONS", "sip:a@[2001:db8::1]:5061;lr", Headers(headers), body)
    response = SipResponse(200, reason, Headers(headers), body)

    assert parse_message(request.to_bytes()) == request
    assert parse_message(response.to_bytes()) == response


HOSTILE = [
    ("quotes", REQUEST.replace(b'"A"', b'"' * 8000)),
    ("backslashes", REQUEST.replace(b'"A"', b'"' + b"\\" * 8000)),
    ("many lines", b"OPTIONS sip:a SIP/2.0\r\n" + b"a:\r\n" * 16000 + b"\r\n"),
    ("folds", REQUEST.replace(b"c1", b"c1" + b"\r\n " * 20000)),
    ("blanks", REQUEST.replace(b"c1", b"c1" + b" " * 60000)),
    ("blanks beside a fold", REQUEST.replace(b"CSeq", (b"X: " + b" " * 8100 + b"x\r\n") * 7 + b"Y: a\r\n b\r\nCSeq")),
    ("line breaks", b"\r\n" * 32000),
    ("CRs", REQUEST[:50] + b"\r" * 65000),
    ("user without host", REQUEST.replace(b"102@example.com SIP", b"a" * 8000 + b" SIP")),
    ("colons", REQUEST.replace(b"<sip:102@example.com>", b"<sip:" + b"a:" * 4000 + b">")),
    ("commas", REQUEST.replace(b"CSeq", b"m: " + b"<sip:a@b>," * 800 + b"\r\nCSeq")),
]


@pytest.mark.parametrize("data", [case[1] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_hostile_messages_cost_linear_time(data: bytes) -> None:
    start = time.process_time()

    check_invariant(data[:MAX_MESSAGE_BYTES])

    assert time.process_time() - start < 0.15
