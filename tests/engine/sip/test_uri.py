"""URIs: parse and write, RFC 3261 §19.1.4's own tables of equivalence, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.sip.errors import LocalProtocolError, RemoteProtocolError
from engine.sip.uri import SipUri, equivalent, make_uri, parse_uri

PARSED = [
    ("host", "sip:example.com", SipUri("sip", None, None, "example.com", None)),
    ("user", "sip:101@example.com", SipUri("sip", "101", None, "example.com", None)),
    ("port", "sip:101@192.0.2.1:5070", SipUri("sip", "101", None, "192.0.2.1", 5070)),
    ("sips", "SIPS:101@example.com", SipUri("sips", "101", None, "example.com", None)),
    ("password", "sip:a:b@c", SipUri("sip", "a", "b", "c", None)),
    ("empty password", "sip:a:@c", SipUri("sip", "a", "", "c", None)),
    ("ipv6", "sip:a@[2001:db8::1]:5060", SipUri("sip", "a", None, "2001:db8::1", 5060)),
    ("params", "sip:a@b;transport=tcp;lr", SipUri("sip", "a", None, "b", None, (("transport", "tcp"), ("lr", None)))),
    ("param name case", "sip:b;Transport=TCP", SipUri("sip", None, None, "b", None, (("transport", "TCP"),))),
    ("headers", "sip:a@b?Subject=x&to=y", SipUri("sip", "a", None, "b", None, (), (("Subject", "x"), ("to", "y")))),
    ("semicolon in user", "sip:u;p=v%40e@b", SipUri("sip", "u;p=v%40e", None, "b", None)),
    ("question mark in user", "sip:a?b@c", SipUri("sip", "a?b", None, "c", None)),
    ("escapes made canonical", "sip:%61%2f%c3@b", SipUri("sip", "a%2F%C3", None, "b", None)),
    ("hash of a keypad", "sip:*98#@b", SipUri("sip", "*98%23", None, "b", None)),
    ("bad escape", "sip:50%@b", SipUri("sip", "50%25", None, "b", None)),
    ("raw utf-8", "sip:ü@b", SipUri("sip", "%C3%BC", None, "b", None)),
    ("underscore in host", "sip:a@my_host", SipUri("sip", "a", None, "my_host", None)),
    ("tel", "tel:+1-201;phone-context=x", SipUri("tel", "+1-201", None, "", None, (("phone-context", "x"),))),
    ("opaque", "urn:service:sos", SipUri("urn", None, None, "", None, (), (), "service:sos")),
]


@pytest.mark.parametrize(("text", "uri"), [case[1:] for case in PARSED], ids=[case[0] for case in PARSED])
def test_a_uri_is_parsed_and_written_back_the_same(text: str, uri: SipUri) -> None:
    assert parse_uri(text) == uri
    assert parse_uri(str(uri)) == uri


REFUSED = [
    "",
    "sip:",
    "sip:@example.com",
    "sip:a@",
    "101@example.com",
    "<sip:a@b>",
    "sip:a@b c",
    "sip:a b@c",
    "sip:a@b@c",
    "sip:a@b:0",
    "sip:a@b:65536",
    "sip:a@b:x",
    "sip:a@[::g]",
    "sip:a@[1.2.3.4]",
    "sip:a@2001:db8::1",
    "sip:a@b;;lr",
    "sip:a@b;",
    "sip:a@b;=x",
    "sip:a@b?",
    "sip:a@b?x",
    "sip:a\x00@b",
    "sip:a@b\x7f",
    "ſip:a@b",
    "tel:",
    "tel:;x=y",
    ":x",
    "1a:x",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_uri_is_refused_with_400(text: str) -> None:
    with pytest.raises(RemoteProtocolError) as refused:
        parse_uri(text)
    assert refused.value.status_hint == 400


# RFC 3261 §19.1.4, the table of equivalent URIs.
EQUIVALENT = [
    ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
    ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
    (
        "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
        "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
    ),
    (
        "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
    ),
    # Ours.
    ("sip:a@[2001:DB8::1]", "sip:a@[2001:db8:0::1]"),
    ("tel:+1-201-555-0123", "tel:+1(201)5550123"),
    ("urn:service:sos", "URN:service:sos"),
]

# And the table of those that are not.
DIFFERENT = [
    ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
    ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
    # Equality is not transitive: both are equivalent to the one without the parameter.
    ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
    # Ours.
    ("sip:a@b", "sips:a@b"),
    ("sip:a@b", "sip:a:secret@b"),
    ("sip:a@b", "sip:b"),
    ("sip:a@b", "sip:a@b;maddr=192.0.2.1"),
    ("sip:a@b", "sip:a@b;user=phone"),
    ("sip:a%2Fb@c", "sip:a%40b@c"),
    ("sip:a@b?x=Y", "sip:a@b?x=y"),
    ("tel:+1201", "tel:1201"),
    ("tel:100;phone-context=a", "tel:100;phone-context=b"),
    ("urn:service:sos", "urn:service:fire"),
]


@pytest.mark.parametrize(("a", "b"), EQUIVALENT)
def test_equivalent(a: str, b: str) -> None:
    assert equivalent(parse_uri(a), parse_uri(b))
    assert equivalent(parse_uri(b), parse_uri(a))


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_not_equivalent(a: str, b: str) -> None:
    assert not equivalent(parse_uri(a), parse_uri(b))
    assert not equivalent(parse_uri(b), parse_uri(a))


def test_views_of_a_uri() -> None:
    uri = parse_uri("sip:sips%3Auser%40example.com@example.net;lr;transport=TCP;x=%41%25")

    assert uri.user_unescaped == "sips:user@example.com"
    assert uri.lr
    assert uri.transport == "tcp"
    assert uri.param("x") == "A%"
    assert uri.param("y") is None
    assert uri.is_sip
    plain = parse_uri("sip:example.net")
    assert (plain.user_unescaped, plain.lr, plain.transport) == ("", False, None)
    assert not parse_uri("tel:1").is_sip


def test_user_and_parameters_of_our_own_uris_are_escaped() -> None:
    uri = make_uri("a b@c%41", "192.0.2.1", 5060, (("Ob", None), ("x", "1;2")))

    assert str(uri) == "sip:a%20b%40c%2541@192.0.2.1:5060;ob;x=1%3B2"
    assert parse_uri(str(uri)) == uri
    assert uri.user_unescaped == "a b@c%41"
    assert str(make_uri(None, "2001:db8::1", scheme="sips")) == "sips:[2001:db8::1]"


@pytest.mark.parametrize(
    ("user", "host", "port", "scheme"),
    [("a", "b c", None, "sip"), ("a", "", None, "sip"), ("", "b", None, "sip"), ("a", "b", 0, "sip"),
     ("a", "b", 65536, "sip"), ("a", "::zz", None, "sip"), ("a", "b", None, "tel"), ("a", "b\r\nX: y", None, "sip")],
)  # fmt: skip
def test_our_own_uris_cannot_be_malformed(user: str, host: str, port: int | None, scheme: str) -> None:
    with pytest.raises(LocalProtocolError):
        make_uri(user, host, port, scheme=scheme)


@settings(deadline=None)
@given(st.text(min_size=1).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
def test_any_user_survives_writing_and_parsing(user: str) -> None:
    assert parse_uri(str(make_uri(user, "example.com"))).user_unescaped == user


URI_ALPHABET = 'sip:tel@;?&=%4a1[]#<>" \x00\udc80é.-,/'


@settings(deadline=None)
@given(st.one_of(st.text(URI_ALPHABET), st.text(URI_ALPHABET).map("sip:{}".format), st.text()))
def test_any_text_is_a_uri_that_writes_itself_or_is_refused(text: str) -> None:
    try:
        uri = parse_uri(text)
    except RemoteProtocolError:
        return
    assert parse_uri(str(uri)) == uri
    _ = uri.user_unescaped, uri.lr, uri.transport, uri.param("x")
    assert equivalent(uri, uri)
