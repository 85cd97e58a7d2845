"""Header rules: typed changes; whatever a value holds, it stays where it was put."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.header_rule import HeaderRuleConfig
from engine.config.trunk import ServerConfig, TrunkConfig
from engine.sip.headers import Headers, parse_name_addr
from engine.sip.message import SipRequest
from engine.sip.parser import parse_message
from engine.sip.uri import parse_uri
from engine.trunk.outgoing import Diverted, OutsideCall, outgoing_headers

TRUNK = TrunkConfig(
    tenant="acme", name="carrier", servers=(ServerConfig(host="203.0.113.1"),), domain="carrier.example"
)
CALL = OutsideCall(
    number="+4930",
    dialled="0049 30",
    caller="101",
    caller_display="Ada",
    caller_id="+4420",
    is_anonymous=False,
    tenant_domain="acme.example",
    contact_user="t0",
    contact_host="192.0.2.1",
    contact_port=5060,
)
HEADERS = ["From", "To", "Request-URI", "P-Asserted-Identity", "Remote-Party-ID", "Contact", "Diversion"]
SOURCES = [
    "callerId",
    "callerExtension",
    "callerDisplay",
    "callee",
    "dialled",
    "trunkUser",
    "trunkHost",
    "tenantDomain",
    "text",
]


def written(rules: tuple[HeaderRuleConfig, ...], call: OutsideCall = CALL) -> tuple[SipRequest, list[str]]:
    """The INVITE as it goes over the wire and is read again; what was not applied."""
    notes: list[str] = []
    headers = outgoing_headers(replace(TRUNK, outgoing=rules), call, notes.append)
    items = [
        ("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"),
        ("From", f"{headers.from_value};tag=a"),
        ("To", headers.to_value),
        ("Call-ID", "c"),
        ("CSeq", "1 INVITE"),
        ("Contact", headers.contact),
        *headers.more,
    ]
    message = parse_message(SipRequest("INVITE", headers.request_uri, Headers(items)).to_bytes())
    assert isinstance(message, SipRequest)
    return message, notes


def part_of(invite: SipRequest, header: str, part: str) -> str:
    if header == "Request-URI":
        return invite.uri.user_unescaped if part == "user" else invite.uri.host
    address = parse_name_addr(invite.headers.first(header) or "")
    uri = parse_uri(address.uri_text)
    return {"user": uri.user_unescaped, "host": uri.host, "display": address.display_name}[part]


SET = [
    ("From", "user", "callerExtension", "101"),
    ("To", "user", "dialled", "0049 30"),
    ("Request-URI", "host", "tenantDomain", "acme.example"),
    ("P-Asserted-Identity", "display", "callerDisplay", "Ada"),
    ("Remote-Party-ID", "user", "callerId", "+4420"),
    ("Contact", "user", "callee", "+4930"),
    ("Diversion", "user", "trunkHost", "carrier.example"),
]


@pytest.mark.parametrize(("header", "part", "source", "value"), SET, ids=[row[0] for row in SET])
def test_each_field_takes_its_value(header: str, part: str, source: str, value: str) -> None:
    invite, notes = written((HeaderRuleConfig(header=header, part=part, source=source),))
    assert part_of(invite, header, part) == value
    assert notes == []


def test_rules_are_applied_in_order() -> None:
    rules = (
        HeaderRuleConfig(header="Remote-Party-ID", part="user", text="1"),
        HeaderRuleConfig(header="Remote-Party-ID", remove=True),
        HeaderRuleConfig(header="Remote-Party-ID", part="display", text="Front desk"),
    )
    invite, _ = written(rules)
    assert part_of(invite, "Remote-Party-ID", "user") == "+4420"
    assert part_of(invite, "Remote-Party-ID", "display") == "Front desk"


@pytest.mark.parametrize(
    ("part", "source", "text"), [("host", "text", "two words"), ("user", "trunkUser", ""), ("host", "callee", "")]
)
def test_what_is_not_there_or_is_no_host_leaves_the_field(part: str, source: str, text: str) -> None:
    invite, notes = written((HeaderRuleConfig(header="From", part=part, source=source, text=text),))
    assert invite.from_.uri_text == "sip:+4420@carrier.example"
    assert len(notes) == 1


def test_an_anonymous_caller_is_not_shown_by_a_rule_for_the_caller_id() -> None:
    anonymous = CALL._replace(is_anonymous=True)
    invite, notes = written((HeaderRuleConfig(header="From", part="user", source="callerId"),), anonymous)
    assert invite.from_.uri.user == "anonymous"
    assert notes


@given(
    rules=st.lists(
        st.builds(
            HeaderRuleConfig,
            header=st.sampled_from(HEADERS),
            part=st.sampled_from(["user", "display", "host"]),
            source=st.sampled_from(SOURCES),
            text=st.text(max_size=20),
        ),
        max_size=6,
    ),
    texts=st.lists(st.text(max_size=30), min_size=6, max_size=6),
    anonymous=st.booleans(),
)
def test_no_value_becomes_another_field(rules: list[HeaderRuleConfig], texts: list[str], anonymous: bool) -> None:
    """Names and numbers of any characters: the message can be read again, and has the headers that it would have without them."""
    call = CALL._replace(
        number=texts[0] or "1",
        dialled=texts[1],
        caller=texts[2] or "1",
        caller_display=texts[3],
        caller_id=texts[4],
        is_anonymous=anonymous,
        diverted=Diverted(number=texts[5] or "1", reason="unconditional", times=1),
    )
    try:
        invite, _ = written(tuple(rules), call)
    except UnicodeError:
        raise AssertionError("not encodable") from None
    names = {name for name, _ in invite.headers.items}
    assert names <= {
        *("Via", "From", "To", "Call-ID", "CSeq", "Contact", "P-Asserted-Identity", "Remote-Party-ID", "Diversion"),
        *("Privacy", "Content-Length"),
    }
    assert len(invite.headers.all("From")) == len(invite.headers.all("Contact")) == 1
    assert invite.from_.tag == "a"
