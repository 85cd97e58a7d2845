"""Framing: messages out of a stream of bytes, whatever the cuts; pings; and what ends a stream."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sip.parser import MAX_MESSAGE_BYTES, parse_message
from engine.sip.stream import MAX_HEAD_BYTES, Fault, Stream

VECTORS = sorted((Path(__file__).parents[2] / "vectors" / "rfc4475").glob("*.dat"))
HEAD = (
    b"Via: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK1;rport\r\n"
    b"From: <sip:101@example.com>;tag=a\r\n"
    b"To: <sip:102@example.com>\r\n"
    b"Call-ID: c1\r\n"
)


def message(body: bytes = b"", length: bytes | None = None, cseq: int = 1) -> bytes:
    """A MESSAGE; `length`: the line that says how long its body is."""
    line = b"Content-Length: %d" % len(body) if length is None else length
    return b"MESSAGE sip:102@example.com SIP/2.0\r\n%sCSeq: %d MESSAGE\r\n%s\r\n\r\n%s" % (HEAD, cseq, line, body)


RESPONSE = b"SIP/2.0 200 OK\r\n" + HEAD + b"CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n"
BODY = b"Content-Length: 0\r\n\r\nINVITE sip:x SIP/2.0\r\n\r\n"  # a body that looks like messages is one all the same
SEVERAL = [message(), message(BODY), RESPONSE, message(b"\r\n\r\n"), message(b"x" * 30_000)]


def frame(*pieces: bytes) -> tuple[list[bytes], Fault | None]:
    stream = Stream()
    return [done for piece in pieces for done in stream.receive(piece)], stream.fault


def test_several_in_one_segment() -> None:
    assert frame(b"".join(SEVERAL)) == (SEVERAL, None)


def test_byte_by_byte() -> None:
    whole = b"".join(SEVERAL)
    assert frame(*[whole[i : i + 1] for i in range(len(whole))]) == (SEVERAL, None)


def test_each_comes_as_soon_as_it_is_complete() -> None:
    stream = Stream()
    first = message(b"hello")
    assert stream.receive(first[:-1]) == []
    assert stream.held_bytes == len(first) - 1
    assert stream.receive(first[-1:] + b"SIP") == [first]
    assert stream.held_bytes == 3


@given(
    bodies=st.lists(st.binary(max_size=200), min_size=1, max_size=5),
    breaks=st.lists(st.sampled_from([b"", b"\r\n", b"\r\n\r\n", b"\n", b"\r\n" * 5]), min_size=6, max_size=6),
    cuts=st.lists(st.integers(min_value=0, max_value=3000), max_size=30),
)
def test_cut_anywhere_with_line_breaks_between(bodies: list[bytes], breaks: list[bytes], cuts: list[int]) -> None:
    messages = [message(body, cseq=i) for i, body in enumerate(bodies)]
    whole = b"".join([breaks[i] + one for i, one in enumerate(messages)]) + breaks[5]
    places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    pieces = [whole[start:end] for start, end in pairwise(places)]
    assert frame(*pieces) == (messages, None)


@given(garbage=st.binary(max_size=300), cuts=st.lists(st.integers(min_value=1, max_value=299), max_size=5))
def test_garbage_is_framed_the_same_however_it_is_cut(garbage: bytes, cuts: list[int]) -> None:
    whole = message(b"before") + garbage
    places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    pieces = [whole[start:end] for start, end in pairwise(places)]
    assert frame(*pieces) == frame(whole)
    assert frame(whole)[0][:1] == [message(b"before")]


LENGTHS = [
    (b"Content-Length: 2", True),
    (b"content-length:2", True),
    (b"L: 2", True),
    (b"l \t: \t2 \t", True),
    (b"Content-Length:\r\n  2", True),
    (b"Content-Length: 0000000000002", True),
    (b"Content-Length: 2\r\nl: 2", True),  # unambiguous here; the parser refuses it
    (b"X: Content-Length: 2", Fault.NO_LENGTH),
    (b"X-Content-Length: 2", Fault.NO_LENGTH),
    (b"X: y\r\n Content-Length: 2", Fault.NO_LENGTH),
    (b"Content-Length: 2\r\nContent-Length: 3", Fault.BAD_LENGTH),
    (b"Content-Length: 2\r\nl: 0", Fault.BAD_LENGTH),
    (b"Content-Length: -2", Fault.BAD_LENGTH),
    (b"Content-Length: 0x2", Fault.BAD_LENGTH),
    (b"Content-Length: 2;x", Fault.BAD_LENGTH),
    (b"Content-Length:", Fault.BAD_LENGTH),
    (b"Content-Length: \xb2", Fault.BAD_LENGTH),
    (b"Content-Length: 1\r\n 2", Fault.BAD_LENGTH),
    (b"Content-Length: 65536", Fault.TOO_LONG),
    (b"Content-Length: 4294967296", Fault.TOO_LONG),
    (b"Content-Length: " + b"9" * 5000, Fault.TOO_LONG),
]


@pytest.mark.parametrize(("line", "expected"), LENGTHS, ids=lambda case: repr(case)[:40])
def test_content_length(line: bytes, expected: Fault | bool) -> None:
    faulty = message(b"hi", line)
    stream = Stream()
    messages = stream.receive(message(b"before") + faulty + message(b"after"))
    if expected is True:
        assert messages == [message(b"before"), faulty, message(b"after")]
        return
    assert (messages, stream.fault) == ([message(b"before")], expected)
    assert stream.refused == faulty[:-2]
    assert stream.held_bytes == 0
    assert stream.receive(message()) == []


NOT_SIP = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
    b"\0\0\0\0",
    b" OPTIONS sip:a SIP/2.0\r\n",
    b"GET / HTTP/1.1\r\nHost: pbx\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    b"SIP/2.0\r\nContent-Length: 0\r\n\r\n",
    b"hello\r\n\r\n",
]


@pytest.mark.parametrize("data", NOT_SIP)
def test_what_is_not_sip_ends_the_stream(data: bytes) -> None:
    stream = Stream()
    assert stream.receive(data + message()) == []
    assert (stream.fault, stream.refused) == (Fault.NOT_SIP, b"")


def test_headers_without_an_end_are_bounded() -> None:
    stream = Stream()
    stream.receive(b"OPTIONS sip:a SIP/2.0\r\n")
    while stream.fault is None:
        stream.receive(b"X: y\r\n" * 100)
        assert stream.held_bytes <= MAX_HEAD_BYTES + 600
    assert stream.fault is Fault.HEAD_TOO_LONG
    assert frame(b"OPTIONS sip:a SIP/2.0\r\n" + b"X: y\r\n" * 7000 + b"\r\n") == ([], Fault.HEAD_TOO_LONG)


def test_the_longest_message_and_one_byte_more() -> None:
    room = MAX_MESSAGE_BYTES - len(message(b"x" * 60_000)) + 60_000
    assert frame(message(b"x" * room)) == ([message(b"x" * room)], None)
    assert frame(message(b"x" * (room + 1))) == ([], Fault.TOO_LONG)


PINGS = [
    ((b"\r\n\r\n",), True),
    ((b"\r\n", b"\r\n"), True),
    ((b"\r", b"\n", b"\r", b"\n"), True),
    ((b"\r\n",), False),  # a pong, or carelessness
    ((message(), b"\r\n"), False),
    ((message() + b"\r\n\r\n" + message(),), True),
    ((message() + b"\r\n" + message() + b"\r\n",), False),
    ((message(b"\r\n\r\n"),), False),
    ((message()[:40], message()[40:]), False),
]


@pytest.mark.parametrize(("pieces", "pinged"), PINGS)
def test_a_double_line_break_between_messages_is_a_ping(pieces: tuple[bytes, ...], pinged: bool) -> None:
    stream = Stream()
    for piece in pieces:
        stream.receive(piece)
    assert stream.take_ping() is pinged
    assert stream.take_ping() is False


def test_a_ping_each_time() -> None:
    stream = Stream()
    for _ in range(5):
        stream.receive(b"\r\n\r\n")
        assert stream.take_ping()
    assert stream.held_bytes == 0


@pytest.mark.parametrize("vector", VECTORS, ids=lambda path: path.stem)
def test_torture_messages_are_framed_or_end_the_stream(vector: Path) -> None:
    data = vector.read_bytes()
    messages, fault = frame(*[data[i : i + 1] for i in range(len(data))])
    assert (messages, fault) == frame(data)
    if messages:
        assert data.lstrip(b"\r\n").startswith(messages[0])


def test_what_is_framed_has_the_body_that_the_parser_reads() -> None:
    for one in frame(b"".join(SEVERAL))[0]:
        assert one.endswith(b"\r\n\r\n" + parse_message(one).body)


def test_a_slow_writer_costs_what_a_fast_one_does() -> None:
    """No byte is looked at again and again: headers that come one byte at a time would keep the server busy."""
    data = b"OPTIONS sip:a SIP/2.0\r\n" + b"X: y\r\n" * 5000
    stream = Stream()
    began = time.process_time()
    for i in range(len(data)):
        stream.receive(data[i : i + 1])
    assert time.process_time() - began < 1.0
