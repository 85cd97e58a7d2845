"""Identifiers are random, of the right shape, and cheap; UUIDs of version 7 rise."""

from __future__ import annotations

import re
from uuid import RFC_4122

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.runtime.identifiers import RandomIdentifiers
from engine.sip.identifiers import Identifiers


def test_shapes() -> None:
    source: Identifiers = RandomIdentifiers()
    assert re.fullmatch(r"z9hG4bK[0-9a-f]{20}", source.branch())
    assert re.fullmatch(r"[0-9a-f]{16}", source.tag())
    assert re.fullmatch(r"[0-9a-f]{32}", source.call_id())
    assert [len(source.nonce_bytes(count)) for count in (0, 1, 16, 5000)] == [0, 1, 16, 5000]


def test_no_value_comes_twice_not_even_across_blocks_and_sources() -> None:
    sources = [RandomIdentifiers() for _ in range(2)]
    drawn = [
        value for _ in range(3000) for source in sources for value in (source.tag(), source.branch(), source.call_id())
    ]
    assert len(set(drawn)) == len(drawn)
    assert all(len(value) in (16, 27, 32) for value in drawn)


def test_uuid7_has_time_version_and_variant() -> None:
    made = RandomIdentifiers().uuid7(0x0197A0E25C00)
    assert (made.int >> 80, made.version, made.variant) == (0x0197A0E25C00, 7, RFC_4122)


@given(st.lists(st.integers(0, 9_999), min_size=2, max_size=200))
def test_uuid7_rises_whatever_the_clock_does_within_10_s(offsets: list[int]) -> None:
    source = RandomIdentifiers()
    made = [source.uuid7(1_700_000_000_000 + offset) for offset in offsets]
    assert made == sorted(made)
    assert [str(one) for one in made] == sorted({str(one) for one in made})


def test_uuid7_rises_within_a_millisecond() -> None:
    source = RandomIdentifiers()
    made = [str(source.uuid7(1_700_000_000_000)) for _ in range(20_000)]
    assert made == sorted(set(made))


def test_uuid7_follows_a_clock_that_was_put_right() -> None:
    source = RandomIdentifiers()
    source.uuid7(2_700_000_000_000)
    assert source.uuid7(1_700_000_000_000).int >> 80 == 1_700_000_000_000


def test_uuid7_moves_into_the_next_millisecond_when_one_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.urandom", lambda count: b"\xff" * count)
    source = RandomIdentifiers()
    first = source.uuid7(1_000_000)
    source._last_random = (1 << 74) - 2
    second, third = source.uuid7(1_000_000), source.uuid7(1_000_000)
    assert first < second < third
    assert (second.int >> 80, second.version) == (1_000_001, 7)


def test_uuid7_random_bits_all_vary() -> None:
    """Every bit that is neither time, version, variant nor headroom is 0 at times and 1 at times."""
    source = RandomIdentifiers()
    made = [source.uuid7(at).int for at in range(1_000_000, 1_000_400)]
    ever = every = made[0]
    for one in made:
        ever |= one
        every &= one
    assert bin((ever & ~every) & ((1 << 76) - 1)).count("1") == 73
