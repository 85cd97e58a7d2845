"""Header names, the list of fields, and the typed values: the same tables both ways."""

from __future__ import annotations

import pytest

from engine.sip.errors import RemoteProtocolError
from engine.sip.grammar import Params
from engine.sip.headers import (
    NAMES,
    CSeq,
    Headers,
    NameAddr,
    Via,
    canonical_name,
    parse_cseq,
    parse_name_addr,
    parse_via,
)

NAME_CASES = [
    ("Via", "Via"),
    ("v", "Via"),
    ("V", "Via"),
    ("vIA", "Via"),
    ("call-id", "Call-ID"),
    ("I", "Call-ID"),
    ("cseq", "CSeq"),
    ("www-authenticate", "WWW-Authenticate"),
    ("l", "Content-Length"),
    ("x", "Session-Expires"),
    ("x-my-header", "X-My-Header"),
    ("X-MY-HEADER", "X-My-Header"),
    ("C%6Fntact", "C%6fntact"),
]


@pytest.mark.parametrize(("raw", "name"), NAME_CASES)
def test_each_header_name_has_one_spelling(raw: str, name: str) -> None:
    assert canonical_name(raw) == name
    assert canonical_name(name) == name


@pytest.mark.parametrize("raw", ["", "a b", "a:", "ü", "(x)"])
def test_a_header_name_is_a_token(raw: str) -> None:
    with pytest.raises(RemoteProtocolError):
        canonical_name(raw)


def test_hostile_names_do_not_grow_the_memory() -> None:
    before = dict(NAMES)
    try:
        for number in range(3000):
            assert canonical_name(f"x-{number}") == f"X-{number}"
        assert len(NAMES) <= 1024
        size = len(NAMES)
        canonical_name("y" * 49)
        assert len(NAMES) == size
    finally:
        NAMES.clear()
        NAMES.update(before)


def test_headers_keep_order_and_find_by_name() -> None:
    headers = Headers([("Via", "a"), ("Route", "<sip:x>, <sip:y>"), ("Via", "b"), ("Route", "<sip:z>")])

    assert headers.first("Via") == "a"
    assert headers.all("Via") == ["a", "b"]
    assert headers.values("Route") == ["<sip:x>", "<sip:y>", "<sip:z>"]
    assert headers.first("To") is None
    assert "Via" in headers
    assert "To" not in headers


def test_headers_are_changed_in_place() -> None:
    headers = Headers()
    headers.add("To", "t")
    headers.add("Via", "b")
    headers.prepend("Via", "a")
    headers.add("Via", "c")

    headers.replace_first("Via", "A")
    assert headers.items == [("Via", "A"), ("To", "t"), ("Via", "b"), ("Via", "c")]
    headers.replace("Via", "x")
    assert headers.items == [("Via", "x"), ("To", "t")]
    headers.replace("From", "f")
    headers.replace_first("CSeq", "1 ACK")
    headers.remove("To")
    headers.remove("Nothing")
    assert headers.items == [("Via", "x"), ("From", "f"), ("CSeq", "1 ACK")]
    assert headers.edits == 10


def test_a_copy_is_independent() -> None:
    headers = Headers([("To", "t")])
    other = headers.copy()
    other.add("From", "f")

    assert headers.items == [("To", "t")]
    assert headers != other
    assert headers == Headers([("To", "t")])
    assert repr(headers) == "Headers([('To', 't')])"


def test_empty_list_elements_are_left_out() -> None:
    assert Headers([("Supported", ""), ("Supported", "a,,b,")]).values("Supported") == ["a", "b"]


Z = "z9hG4bK1"
VIAS = [
    ("plain", f"SIP/2.0/UDP 192.0.2.1:5060;branch={Z}", Via("UDP", "192.0.2.1", 5060, (("branch", Z),))),
    ("no port", f"SIP/2.0/TCP a.example.com;branch={Z}", Via("TCP", "a.example.com", None, (("branch", Z),))),
    ("rport flag", "SIP/2.0/UDP a;rport", Via("UDP", "a", None, (("rport", None),))),
    ("no parameters", "SIP/2.0/UDP a", Via("UDP", "a", None, ())),
    ("lower case", "SIP/2.0/udp a;BRANCH=X", Via("UDP", "a", None, (("branch", "X"),))),
    ("ipv6", "SIP/2.0/UDP [2001:db8::1]:5060;rport", Via("UDP", "2001:db8::1", 5060, (("rport", None),))),
    ("blanks", "SIP / 2.0 / UDP  a : 5060 ; branch = x", Via("UDP", "a", 5060, (("branch", "x"),))),
    ("websocket", "SIP/2.0/WSS x.invalid;branch=y", Via("WSS", "x.invalid", None, (("branch", "y"),))),
    ("unknown transport", "SIP/2.0/TLS-SCTP x", Via("TLS-SCTP", "x", None, ())),
]


@pytest.mark.parametrize(("text", "via"), [case[1:] for case in VIAS], ids=[case[0] for case in VIAS])
def test_via(text: str, via: Via) -> None:
    assert parse_via(text) == via
    assert parse_via(str(via)) == via


@pytest.mark.parametrize(
    "text",
    ["", "SIP/2.0/UDP", "SIP/2.0 a", "SIP/2.0/UDP a:0", "SIP/2.0/UDP a:65536", "SIP/2.0/UDP a;;", "SIP/2.0/UDP a b",
     "SIP/2.0/UDP 2001:db8::1", "SIP/2.0/UDP a;branch=\x00", "SIP/2.0/UDP <a>"],
)  # fmt: skip
def test_malformed_via_is_refused(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_via(text)


def test_views_of_a_via() -> None:
    via = parse_via("SIP/2.0/UDP a;rport=5061;received=[2001:db8::1];branch=b")

    assert (via.branch, via.rport, via.received, via.has_rport) == ("b", 5061, "2001:db8::1", True)
    bare = parse_via("SIP/2.0/UDP a;branch=")
    assert (bare.branch, bare.rport, bare.received, bare.has_rport) == (None, None, None, False)


@pytest.mark.parametrize("value", ["", "x", "65536", "999999", "²", "-1"])
def test_an_rport_that_is_no_port_counts_as_empty(value: str) -> None:
    assert parse_via(f"SIP/2.0/UDP a;rport={value}").rport is None


TAG: Params = (("tag", "x"),)
ADDRESSES = [
    ("quoted name", '"Alice" <sip:a@b>;tag=x', NameAddr("Alice", "sip:a@b", TAG)),
    ("token name", "Alice Smith <sip:a@b>;tag=x", NameAddr("Alice Smith", "sip:a@b", TAG)),
    ("no name", "<sip:a@b>;tag=x", NameAddr("", "sip:a@b", TAG)),
    ("no blank before bracket", "caller<sip:a@b>;tag=x", NameAddr("caller", "sip:a@b", TAG)),
    ("escapes in name", '"A \\"B\\" \\\\" <sip:a@b>', NameAddr('A "B" \\', "sip:a@b")),
    ("brackets in name", '"<sip:x@y>" <sip:a@b>', NameAddr("<sip:x@y>", "sip:a@b")),
    ("comma without quotes", "Bell, A <sip:a@b>", NameAddr("Bell, A", "sip:a@b")),
    ("empty name", '"" <sip:a@b>', NameAddr("", "sip:a@b")),
    ("utf-8 name", '"Zoë" <sip:a@b>', NameAddr("Zoë", "sip:a@b")),
    ("utf-8 name without quotes", "Zoë <sip:a@b>", NameAddr("Zoë", "sip:a@b")),
    ("addr-spec", "sip:a@b;tag=x", NameAddr("", "sip:a@b", TAG)),
    ("addr-spec with blanks", "sip:a@b ;   tag    = x", NameAddr("", "sip:a@b", TAG)),
    ("blanks in brackets", "< sip:a@b >", NameAddr("", "sip:a@b")),
    ("uri parameters", "<sip:a@b;lr>;q=0.5", NameAddr("", "sip:a@b;lr", (("q", "0.5"),))),
    ("quoted parameter", '<sip:a@b>;x="1;2"', NameAddr("", "sip:a@b", (("x", '"1;2"'),))),
    ("other scheme", "isbn:2983792873", NameAddr("", "isbn:2983792873")),
    ("tel", "<tel:+123>;tag=x", NameAddr("", "tel:+123", TAG)),
    ("long", f'"{"n" * 300}" <sip:a@b>', NameAddr("n" * 300, "sip:a@b")),
]


@pytest.mark.parametrize(("text", "address"), [case[1:] for case in ADDRESSES], ids=[case[0] for case in ADDRESSES])
def test_name_addr(text: str, address: NameAddr) -> None:
    assert parse_name_addr(text) == address
    assert parse_name_addr(str(address)) == address


@pytest.mark.parametrize(
    "text",
    ["", "Alice", '"Alice', '"Alice <sip:a@b>', '"Alice" sip:a@b', "<sip:a@b", "<>", "<sip:>", "<sip:a@b>x",
     "<sip:a@b>;;", "sip:a@b?x=y", "sip:a@b;;", "*", "<sip:a@b>, <sip:c@d>", "<<sip:a@b>>"],
)  # fmt: skip
def test_malformed_addresses_are_refused(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_name_addr(text)


def test_views_of_an_address() -> None:
    address = parse_name_addr('"A" <sip:101@b:5062>;tag=x;+sip.instance="<urn:uuid:1>"')

    assert address.tag == "x"
    assert (address.uri.user, address.uri.port) == ("101", 5062)
    assert address.param("+sip.instance") == "<urn:uuid:1>"
    assert address.param("expires") is None
    assert not address.is_wildcard
    assert parse_name_addr("<sip:a@b>;tag=").tag is None


def test_the_wildcard_has_no_uri() -> None:
    wildcard = NameAddr("", "*")

    assert wildcard.is_wildcard
    assert str(wildcard) == "*"
    with pytest.raises(RemoteProtocolError):
        _ = wildcard.uri


@pytest.mark.parametrize(
    ("text", "cseq"),
    [("1 INVITE", CSeq(1, "INVITE")), ("0009  INVITE", CSeq(9, "INVITE")), ("2147483647 BYE", CSeq(2**31 - 1, "BYE")),
     ("8 RE%47", CSeq(8, "RE%47")), ("0 OPTIONS", CSeq(0, "OPTIONS"))],
)  # fmt: skip
def test_cseq(text: str, cseq: CSeq) -> None:
    assert parse_cseq(text) == cseq
    assert parse_cseq(str(cseq)) == cseq


@pytest.mark.parametrize(
    "text",
    ["", "1", "INVITE", "-1 INVITE", "2147483648 INVITE", "36893488147419103232 INVITE", "1 IN VITE", "1 é", "² BYE",
     "9" * 5000 + " BYE"],
)  # fmt: skip
def test_malformed_cseq_is_refused(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_cseq(text)
