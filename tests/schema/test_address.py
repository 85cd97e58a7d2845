"""Addresses, domains and ranges of ports."""

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schema.address import ADDRESS_FORM, AdvertisedAddress, Domain, IpAddress, PortRange, Ports

ADDRESS = TypeAdapter[object](IpAddress)
ADVERTISED = TypeAdapter[object](AdvertisedAddress)
DOMAIN = TypeAdapter[str](Domain)
PORTS = TypeAdapter[PortRange](Ports)

ADDRESSES = ["192.0.2.1", "0.0.0.0", "127.0.0.1", "::", "2001:db8::1"]
NO_ADDRESSES: list[object] = [
    "",
    "300.1.1.1",
    "1.2.3",
    "pbx.example",
    "01.2.3.4",
    "fe80::1%eth0",
    "[192.0.2.1]",
    5,
    None,
]
DOMAINS = [
    ("pbx.example.com", "pbx.example.com"),
    ("PBX.Example.COM", "pbx.example.com"),
    ("office", "office"),
    ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ("192.0.2.1", "192.0.2.1"),
    ("2001:DB8::1", "2001:db8::1"),
    ("[2001:db8::1]", "2001:db8::1"),
    ("3com.com", "3com.com"),
]
NO_DOMAINS: list[object] = [
    "",
    ".",
    "a..b",
    "a.",
    "-a.example",
    "a_b.example",
    "a b",
    "bücher.example",
    "192.0.2.300",
    "1.2.3",
    "10",
    "x" * 64 + ".example",
    ".".join(["x" * 60] * 5),
    "a.example\n",
    "sip:a.example",
    "a.example:5060",
    None,
    ["a.example"],
]

NO_RANGES: list[object] = [
    "",
    "33000",
    "65000-33000",
    "2000-2000",
    "1-2",
    "1023-2000",
    "60000-65536",
    "a-b",
    "-1-5",
    None,
]


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_read(text: str) -> None:
    assert ADDRESS.validate_python(text) == ip_address(text)


def test_an_address_in_brackets_is_read() -> None:
    assert ADDRESS.validate_python("[2001:db8::1]") == ip_address("2001:db8::1")


@pytest.mark.parametrize("value", NO_ADDRESSES)
def test_what_is_no_address_is_refused(value: object) -> None:
    with pytest.raises(ValidationError, match="not an IP address"):
        ADDRESS.validate_python(value)


@pytest.mark.parametrize("text", ["0.0.0.0", "::", "224.0.0.1", "ff02::1"])
def test_an_advertised_address_can_be_reached(text: str) -> None:
    with pytest.raises(ValidationError, match="nobody can be reached"):
        ADVERTISED.validate_python(text)


@pytest.mark.parametrize(("text", "domain"), DOMAINS)
def test_a_domain_is_read_in_the_form_that_is_compared(text: str, domain: str) -> None:
    assert DOMAIN.validate_python(text) == domain


@pytest.mark.parametrize("value", NO_DOMAINS, ids=lambda value: ascii(value)[:16])
def test_what_is_no_domain_is_refused(value: object) -> None:
    with pytest.raises(ValidationError, match="neither a host name nor an IP address"):
        DOMAIN.validate_python(value)


def test_a_range_of_ports_holds_both_ends() -> None:
    ports = PORTS.validate_python("33000-65000")
    assert ports == PortRange(33000, 65000)
    assert [port in ports for port in (32999, 33000, 65000, 65001)] == [False, True, True, False]
    assert str(ports) == "33000-65000"


@pytest.mark.parametrize("value", NO_RANGES)
def test_what_is_no_range_of_ports_is_refused(value: object) -> None:
    with pytest.raises(ValidationError, match=r"not a range of ports|no usable pair"):
        PORTS.validate_python(value)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for adapter in (ADDRESS, ADVERTISED, DOMAIN, PORTS):
        try:
            adapter.validate_python(text)
        except ValidationError:
            continue


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)), st.sampled_from([str, str.upper, "[{}]".format]))
def test_an_editor_takes_every_address_that_the_reader_takes(
    address: IPv4Address | IPv6Address, written: Callable[[str], str]
) -> None:
    text = written(str(address))
    if address.version == 6 or "[" not in text:
        assert ADDRESS.validate_python(text) == address
        assert re.search(f"^(?:{ADDRESS_FORM})$", text)
