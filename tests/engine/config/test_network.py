"""What phones are told of a socket where it says nothing itself."""

from __future__ import annotations

import pytest

from engine.config.system import NetworkConfig

BOTH = NetworkConfig(advertised_ipv4="203.0.113.5", advertised_ipv6="2001:db8::5")


@pytest.mark.parametrize(
    ("bound", "told"),
    [
        ("10.0.2.1", "203.0.113.5"),
        ("0.0.0.0", "203.0.113.5"),  # nothing is bound here
        ("fd00::1", "2001:db8::5"),
        ("fe80::1%eth0", "2001:db8::5"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("pbx.example", "pbx.example"),
    ],
)
def test_by_the_version_of_what_is_bound(bound: str, told: str) -> None:
    assert BOTH.told(bound) == told


@pytest.mark.parametrize("bound", ["10.0.2.1", "fd00::1"])
def test_without_any_it_is_what_is_bound(bound: str) -> None:
    assert NetworkConfig().told(bound) == bound
