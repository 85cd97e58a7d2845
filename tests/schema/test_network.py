"""Networks of addresses."""

from ipaddress import ip_network

import pytest
from pydantic_core import PydanticCustomError

from schema.network import Network
from tests.support.field_types import reader_of

read = reader_of(Network)


@pytest.mark.parametrize("text", ["192.0.2.0/24", "192.0.2.1", "2001:db8::/32", "::1", "0.0.0.0/0"])
def test_networks(text: str) -> None:
    assert read(text) == ip_network(text)


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
