"""The compiled cut of a head: what it takes comes out as the parser's own way has it, and it takes nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.sip.errors import RemoteProtocolError
from engine.sip.grammar import _read_plain_params, plain_params
from engine.sip.head import split_address, split_head, split_params, split_uri, split_via
from engine.sip.headers import NAMES, NameAddr, Via, _read_name_addr, _read_via
from engine.sip.parser import _parse_closely, parse_message
from engine.sip.uri import SipUri, _read

VECTORS = sorted((Path(__file__).parents[2] / "vectors" / "rfc4475").glob("*.dat"))
REQUEST = (
    b"OPTIONS sip:102@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport\r\nMax-Forwards: 70\r\n"
    b'f: "A" <sip:101@example.com>;tag=a\r\nTo:\t<sip:102@example.com> \r\nCall-ID: c1\r\nCSeq: 7 OPTIONS\r\nl: 2\r\n\r\nhi'
)
RESPONSE = REQUEST.replace(b"OPTIONS sip:102@example.com SIP/2.0", b"SIP/2.0 200 \xc3\x96K \xff")

pytestmark = pytest.mark.skipif(split_head is None, reason="the native part was not built")

IRREGULAR = [
    ("nothing", b""),
    ("an empty line alone", b"\r\n\r\n"),
    ("no end", REQUEST.partition(b"\r\n\r\n")[0]),
    ("one CRLF at the end", REQUEST.partition(b"\r\n\r\n")[0] + b"\r\n"),
    ("LF alone", REQUEST.replace(b"\r\nTo", b"\nTo")),
    ("a lone CR", REQUEST.replace(b"c1", b"c\r1")),
    ("a CR too many", REQUEST.replace(b"c1\r\n", b"c1\r\r\n")),
    ("folded", REQUEST.replace(b"CSeq: 7 ", b"CSeq: 7\r\n ")),
    ("a blank before the colon", REQUEST.replace(b"Call-ID:", b"Call-ID :")),
    ("no colon", REQUEST.replace(b"Call-ID: c1", b"Call-ID c1")),
    ("no name", REQUEST.replace(b"Call-ID: c1", b": c1")),
    ("a name never met", REQUEST.replace(b"Call-ID: c1", b"X-Head-Never-Met: c1")),
    ("a name that is no UTF-8", REQUEST.replace(b"Call-ID: c1", b"\xff: c1")),
    ("a long name", REQUEST.replace(b"Call-ID: c1", b"%b: c1" % (b"n" * 100))),
    ("two lengths", REQUEST.replace(b"l: 2\r\n", b"l: 2\r\nContent-Length: 2\r\n")),
    ("a line too long", REQUEST.replace(b"c1", b"c" * 8192)),
    ("too many lines", REQUEST.replace(b"l: 2\r\n", b"l: 2\r\n" + b"Route: <sip:r>\r\n" * 250)),
]


def outcome(parse: object, data: bytes) -> object:
    try:
        assert callable(parse)
        return parse(data)
    except RemoteProtocolError as error:
        return str(error), error.status_hint, error.request is None


def test_a_regular_head_is_cut() -> None:
    assert split_head is not None
    assert split_head(REQUEST, NAMES) == (
        "OPTIONS sip:102@example.com SIP/2.0",
        [
            ("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport"),
            ("Max-Forwards", "70"),
            ("From", '"A" <sip:101@example.com>;tag=a'),
            ("To", "<sip:102@example.com>"),
            ("Call-ID", "c1"),
            ("CSeq", "7 OPTIONS"),
        ],
        len(REQUEST) - 2,
        "2",
    )


@pytest.mark.parametrize("data", [case[1] for case in IRREGULAR], ids=[case[0] for case in IRREGULAR])
def test_what_is_not_regular_is_left_to_the_parser(data: bytes) -> None:
    assert split_head is not None
    assert split_head(data, NAMES) is None


@pytest.mark.parametrize("path", VECTORS, ids=[path.stem for path in VECTORS])
def test_both_ways_make_the_same_of_the_torture_messages(path: Path) -> None:
    data = path.read_bytes()

    assert outcome(parse_message, data) == outcome(_parse_closely, data.lstrip(b"\r\n"))


MUTATIONS = st.lists(
    st.tuples(
        st.integers(0, len(REQUEST)),
        st.integers(0, 3),
        st.sampled_from(
            [b"", b"\r\n", b"\n", b"\r", b":", b" ", b"\t", b"\xff", b"\xc3\xa9", b"l: 1\r\n", b"\x00", b"x"]
        ),
    ),
    max_size=4,
)


@given(base=st.sampled_from([REQUEST, RESPONSE]), mutations=MUTATIONS)
@example(base=REQUEST, mutations=[])
@example(base=RESPONSE, mutations=[])
def test_both_ways_make_the_same_of_whatever_comes(base: bytes, mutations: list[tuple[int, int, bytes]]) -> None:
    data = base
    for at, gone, come in mutations:
        data = data[:at] + come + data[at + gone :]
    data = data.lstrip(b"\r\n")

    assert outcome(parse_message, data) == outcome(_parse_closely, data)


def test_names_that_the_parser_has_met_since_are_taken() -> None:
    assert split_head is not None
    data = REQUEST.replace(b"Call-ID: c1", b"Call-ID: c1\r\nX-Met-Later: 1")
    first = split_head(data, NAMES)
    parse_message(data)

    again = split_head(data, NAMES)
    assert first is None
    assert again is not None
    assert ("X-Met-Later", "1") in again[1]


PIECES = st.sampled_from(
    [
        ";",
        "=",
        "Branch",
        "rport",
        "LR",
        "z9hG4bK-a.b",
        "[::1]",
        " ",
        ",",
        '"',
        "<",
        "\x7f",
        "\x00",
        "é",
        "\udcff",
        "a" * 40,
    ]
)


@given(pieces=st.lists(PIECES, max_size=40), begin=st.integers(0, 5))
@example(pieces=[";", "Branch", "=", "z9hG4bK-a.b", ";", "rport", ";", "LR", "="], begin=0)
@example(pieces=[";", "LR"] * 17, begin=0)
def test_both_ways_make_the_same_of_parameters(pieces: list[str], begin: int) -> None:
    text = "".join(pieces)
    slow = _read_plain_params(text, begin) if begin <= len(text) else None

    assert split_params is not None
    if begin <= len(text):
        assert plain_params(text, begin) == slow
        assert split_params(text, begin) in (slow, None)
        if text.isascii() and text.count(";") <= 16:
            assert split_params(text, begin) == slow
    else:
        assert split_params(text, begin) is None


PLAIN = [
    ("a URI", "sip:101@example.com:5060;transport=udp;LR;x="),
    ("a URI without user", "sips:192.0.2.1"),
    ("an address", '"A, B" <sip:101@example.com>;tag=1'),
    ("an address without name", "<sip:101@example.com;ob>"),
    ("an address of two words", "Al  B <sip:101@example.com>;Q=1;expires=60"),
    ("a Via", "SIP/2.0/Tcp host_1.example.com:5060;branch=z9hG4bK1;rport"),
    ("a Via without port", "SIP/2.0/UDP 192.0.2.1"),
]


@pytest.mark.parametrize("text", [case[1] for case in PLAIN], ids=[case[0] for case in PLAIN])
def test_what_nearly_all_write_is_read_by_the_compiled_way(text: str) -> None:
    assert split_address is not None
    assert split_uri is not None
    assert split_via is not None
    found = split_uri(text, SipUri) or split_address(text, NameAddr) or split_via(text, Via)

    assert found == (
        _read(text)
        if isinstance(found, SipUri)
        else _read_via(text)
        if isinstance(found, Via)
        else _read_name_addr(text)
    )
    assert found is not None


SIGNS = st.sampled_from([" ", "\t", '"', "\\", "<", ">", "@", ":", ";", "=", "?", "%", ",", "&", "_", "*", "#", "'"])
WORDS = st.sampled_from(
    ["sip:", "SIP:", "sips:", "tel:1", "SIP/2.0/", "UDP", "%41", "101", "example.com", "[::1]", "5060"]
)
OTHERS = st.sampled_from(["65536", "0", "lr", "TAG", "\x00", "\x7f", "é", "\udcff"])
URIS = st.sampled_from(
    ["sip:101@example.com", "sips:a;b@h:5060;lr", "sip:[::1]", "sip:a:b@h", "sip:h?a=b", "sip:1%41@h", "tel:1"]
)


@given(pieces=st.lists(SIGNS | WORDS | OTHERS | URIS, max_size=12))
@example(pieces=["sip:", "101", "@", "example.com", ":", "5060", ";", "LR", "=", "'"])
@example(pieces=['"', "a", '"', "<", "sip:101@example.com", ">", ";", "TAG", "=", "1"])
@example(pieces=["SIP/2.0/", "UDP", " ", "example.com", ":", "5060", ";", "lr"])
@example(pieces=["<", "sip:101@example.com", ">", " "])
def test_both_ways_make_the_same_of_addresses(pieces: list[str]) -> None:
    assert split_address is not None
    assert split_uri is not None
    assert split_via is not None
    text = "".join(pieces)

    for split, read, made in (
        (split_uri, _read, SipUri),
        (split_address, _read_name_addr, NameAddr),
        (split_via, _read_via, Via),
    ):
        compiled = split(text, made)
        if compiled is not None:
            assert compiled == read(text)
            assert type(compiled) is made


def test_what_is_no_text_or_no_tuple_is_a_type_error() -> None:
    assert split_uri is not None
    with pytest.raises(TypeError, match="the class of named tuples"):
        split_uri(b"sip:a", SipUri)  # type: ignore[arg-type]  # the fault under test
    with pytest.raises(TypeError, match="the class of named tuples"):
        split_uri("sip:a", str)  # type: ignore[type-var]  # the fault under test


def test_what_has_no_parameters_to_give_is_a_type_error() -> None:
    assert split_params is not None
    with pytest.raises(TypeError, match="where its parameters begin"):
        split_params(b";a", 0)  # type: ignore[arg-type]  # the fault under test
    assert split_params(";a", -1) is None


def test_what_is_no_message_is_a_type_error() -> None:
    assert split_head is not None
    with pytest.raises(TypeError, match="bytes of a message"):
        split_head("text", NAMES)  # type: ignore[arg-type]  # the fault under test
