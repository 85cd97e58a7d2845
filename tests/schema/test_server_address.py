"""Addresses of SIP servers."""

import pytest
from pydantic_core import PydanticCustomError

from schema.server_address import NameServer, Server, ServerAddress
from tests.support.field_types import reader_of

read = reader_of(ServerAddress)


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("sip.example.net", Server("sip.example.net", None)),
        ("SIP.Example.net:5080", Server("sip.example.net", 5080)),
        ("192.0.2.50", Server("192.0.2.50", None)),
        ("192.0.2.50:5060", Server("192.0.2.50", 5060)),
        ("2001:DB8::1", Server("2001:db8::1", None)),
        ("[2001:db8::1]", Server("2001:db8::1", None)),
        ("[2001:db8::1]:5070", Server("2001:db8::1", 5070)),
        ("localhost", Server("localhost", None)),
    ],
)
def test_servers(text: str, server: Server) -> None:
    assert read(text) == server
    assert read(str(server)) == server


@pytest.mark.parametrize(
    "value",
    ["", "sip:sip.example.net", "a b", "a:b", "a:0", "a:65536", "a:5060:1", "[::1", "::1]:5", "1.2.3", "1.2.3.4.5", "fe80::1%eth0",
     "-a.example", None, 5060, ["a"]],
)  # fmt: skip
def test_what_is_none_is_refused(value: object) -> None:
    with pytest.raises(PydanticCustomError) as raised:
        read(value)
    assert raised.value.type == "server"


NAME_SERVERS = [
    ("192.0.2.53", Server("192.0.2.53", None)),
    ("192.0.2.53:5353", Server("192.0.2.53", 5353)),
    ("2001:db8::35", Server("2001:db8::35", None)),
    ("[2001:db8::35]:5353", Server("2001:db8::35", 5353)),
]


@pytest.mark.parametrize(("text", "server"), NAME_SERVERS, ids=[row[0] for row in NAME_SERVERS])
def test_a_resolver_has_an_address(text: str, server: Server) -> None:
    assert reader_of(NameServer)(text) == server


def test_a_resolver_with_a_name_is_refused() -> None:
    with pytest.raises(PydanticCustomError) as raised:
        reader_of(NameServer)("dns.example")
    assert raised.value.type == "server"
