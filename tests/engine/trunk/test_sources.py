"""Whose an address is."""

import pytest

from engine.trunk.sources import SourceMap

MAP = SourceMap(
    [
        ("192.0.2.0/24", "wide"),
        ("192.0.2.64/26", "near"),
        ("192.0.2.65", "host"),
        ("192.0.2.66", "one"),
        ("192.0.2.66/32", "two"),
        ("192.0.2.66", "one"),
        ("2001:db8::/32", "six"),
        ("2001:db8:1::/48", "six-near"),
    ]
)
CASES = [
    ("192.0.2.1", ("wide",)),
    ("192.0.2.64", ("near",)),
    ("192.0.2.127", ("near",)),
    ("192.0.2.128", ("wide",)),
    ("192.0.2.65", ("host",)),
    ("192.0.2.66", ("one", "two")),
    ("192.0.3.1", ()),
    ("::ffff:192.0.2.65", ("host",)),
    ("2001:db8:1::5", ("six-near",)),
    ("2001:db8:2::5", ("six",)),
    ("2001:db9::1", ()),
    ("carrier.example", ()),
    ("", ()),
]


@pytest.mark.parametrize(("host", "owners"), CASES, ids=[case[0] or "empty" for case in CASES])
def test_the_longest_prefix_wins(host: str, owners: tuple[str, ...]) -> None:
    assert MAP.owners(host) == owners
    assert MAP.owners(host) == owners  # as remembered


def test_wider_networks_are_known_too() -> None:
    assert MAP.holders("192.0.2.66") == (("one", "two"), ("near",), ("wide",))
    assert MAP.holders("192.0.2.1") == (("wide",),)
    assert MAP.holders("") == ()


def test_nobody_has_an_address_where_there_is_no_trunk() -> None:
    assert SourceMap[str]().owners("192.0.2.1") == ()


def test_the_whole_internet() -> None:
    assert SourceMap([("0.0.0.0/0", "any")]).owners("8.8.8.8") == ("any",)
