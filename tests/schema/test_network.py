"""Networks of addresses."""

from ipaddress import ip_network

import pytest
from pydantic_core import PydanticCustomError

from schema.network import CarrierNetwork, Network
from tests.support.field_types import reader_of

read = reader_of(Network)
read_carriers = reader_of(CarrierNetwork)


@pytest.mark.parametrize("text", ["192.0.2.0/24", "192.0.2.1", "2001:db8::/32", "::1", "0.0.0.0/0"])
def test_networks(text: str) -> None:
    assert read(text) == ip_network(text)


@pytest.mark.parametrize(
    "text",
    ["198.51.0.0/16", "198.51.100.7", "10.0.0.0/8", "172.16.0.0/12", "100.64.0.0/10", "2001:db8::/29", "fc00::/7"],
)
def test_networks_of_carriers(text: str) -> None:
    assert read_carriers(text) == ip_network(text)


@pytest.mark.parametrize(
    "text", ["0.0.0.0/0", "128.0.0.0/1", "8.0.0.0/6", "11.0.0.0/8", "198.50.0.0/15", "::/0", "2000::/3"]
)
def test_no_carrier_has_a_share_of_the_internet(text: str) -> None:
    with pytest.raises(PydanticCustomError) as raised:
        read_carriers(text)
    assert raised.value.type == "network-wide"
    with pytest.raises(PydanticCustomError):
        read_carriers("192.0.2.7/24")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("192.0.2.7/24", 'write "192.0.2.0/24"'),
        ("192.0.2.0/33", "not a network"),
        ("carrier.example", "not a network"),
        ("", "not a network"),
        (None, "not a network"),
        (7, "not a network"),
        (["192.0.2.0/24"], "not a network"),
    ],
)
def test_what_is_none_is_refused(value: object, words: str) -> None:
    with pytest.raises(PydanticCustomError) as raised:
        read(value)
    assert words in str(raised.value.context)
