"""Shares of a secret put together: a polynomial typed again in the test's own arithmetic makes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.secrets.shamir import NoShares, combined


def times(a: int, b: int) -> int:
    """In GF(2^8), as long multiplication and division by AES's polynomial."""
    product = 0
    for bit in range(8):
        if b >> bit & 1:
            product ^= a << bit
    for bit in range(14, 7, -1):
        if product >> bit & 1:
            product ^= 0x11B << (bit - 8)
    return product


def share(secret: bytes, slopes: list[bytes], point: int) -> bytes:
    found = bytearray()
    for at, byte in enumerate(secret):
        value, power = byte, 1
        for slope in slopes:
            power = times(power, point)
            value ^= times(slope[at], power)
        found.append(value)
    return bytes([*found, point])


@given(
    st.binary(min_size=1, max_size=32),
    st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=4),
    st.lists(st.integers(1, 255), min_size=5, max_size=5, unique=True),
)
def test_as_many_shares_as_are_needed_give_the_secret(secret: bytes, slopes: list[bytes], points: list[int]) -> None:
    shares = [share(secret, slopes, point) for point in points]
    assert combined(shares[: len(slopes) + 1]) == secret
    assert combined(shares) == secret


NONE = {
    "one": [b"ab\x01"],
    "none": [],
    "two of one point": [b"ab\x01", b"cd\x01"],
    "the point zero": [b"ab\x00", b"cd\x01"],
    "different lengths": [b"ab\x01", b"c\x02"],
    "empty": [b"", b""],
    "points alone": [b"\x01", b"\x02"],
}


@pytest.mark.parametrize("shares", NONE.values(), ids=NONE)
def test_what_gives_none(shares: list[bytes]) -> None:
    with pytest.raises(NoShares):
        combined(shares)
