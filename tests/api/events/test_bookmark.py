"""A reader's place as it is sent: read again by whom it was given to, and by nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.events.bookmark import Bookmarks

KEY = bytes(range(32))
PLACES = st.integers(0, 10**15 - 1)
TENANTS = st.sampled_from([None, "acme", "beta", ""])


@given(PLACES, TENANTS)
def test_a_place_is_read_again(place: int, tenant: str | None) -> None:
    bookmarks = Bookmarks("8c1f0d2e9a41", KEY, tenant)
    text = bookmarks.of(place)
    assert len(text) <= 64  # as the header may be long
    assert bookmarks.place(text) == place


@given(PLACES)
def test_by_nobody_else(place: int) -> None:
    text = Bookmarks("e1", KEY, "acme").of(place)
    others = [("e1", KEY, "beta"), ("e1", KEY, None), ("e1", bytes(32), "acme"), ("e2", KEY, "acme")]
    assert [Bookmarks(*other).place(text) for other in others] == [None] * 4
    assert Bookmarks("e1", KEY, "acme").place(Bookmarks("e1", KEY, None).of(place)) is None


def test_neighbours_have_nothing_in_common() -> None:
    words = [Bookmarks("e1", KEY, "acme").of(place).removeprefix("e1-") for place in range(1000)]
    assert len(set(words)) == 1000
    for half in (slice(0, 16), slice(16, 32)):
        assert len({word[half] for word in words}) == 1000
        assert sorted(words, key=lambda word: word[half]) != words


@given(st.text(max_size=64))
def test_whatever_is_sent_is_read_or_not(text: str) -> None:
    for tenant in (None, "acme"):
        found = Bookmarks("e1", KEY, tenant).place(text)
        assert found is None or tenant is None


FAULTY = [
    "",
    "e1-",
    "e1",
    "e1-" + "0" * 32,
    "e1-" + "g" * 32,
    "e1-" + "0" * 31,
    "e1-" + " " * 32,
    "e1-" + "٣" * 32,
    "-",
]


@pytest.mark.parametrize("text", [None, *FAULTY])
def test_what_no_reader_was_given(text: str | None) -> None:
    assert Bookmarks("e1", KEY, "acme").place(text) is None
