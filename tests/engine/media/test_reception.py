"""Loss and jitter (RFC 3550 §A.1, §A.3, §A.8) in pure code; the C twin is held to the same by the contract suite."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.media.reception import Reception

LOSS = [
    pytest.param([10], 0, id="one"),
    pytest.param([10, 11, 12], 0, id="all"),
    pytest.param([10, 12], 1, id="gap"),
    pytest.param([10, 12, 11], 0, id="late"),
    pytest.param([10, 10], -1, id="twice"),
    pytest.param([65535, 0], 0, id="wrap"),
    pytest.param([65530, 5], 10, id="gap-over-the-wrap"),
    pytest.param([10, 30000, 11], 0, id="one-far-off-is-not-counted"),
    pytest.param([10, 13, 30000, 30001, 30003], 3, id="two-far-off-in-sequence-are-a-restart"),
]


@pytest.mark.parametrize(("sequences", "lost"), LOSS)
def test_lost_by_sequence(sequences: list[int], lost: int) -> None:
    reception = Reception()
    for sequence in sequences:
        reception.receive(1, sequence, sequence * 160, 0.0)
    assert reception.lost == lost


def test_nothing_received_is_nothing_lost() -> None:
    assert (Reception().lost, Reception().jitter_ms, Reception().ssrc) == (0, 0.0, None)


def test_an_even_stream_has_no_jitter() -> None:
    reception = Reception()
    for n in range(200):
        reception.receive(1, n, n * 160, 100 + n * 0.02)
    assert reception.jitter_ms < 0.1


def test_jitter_follows_the_formula() -> None:
    """RFC 3550 §6.4.1: J += (|D| - J) / 16, here with D of 5 ms each time."""
    reception = Reception()
    expected = 0.0
    for n in range(50):
        reception.receive(1, n, n * 160, 100 + n * 0.02 + (0.005 if n % 2 else 0.0))
        if n:
            expected += (5 - expected) / 16
    assert reception.jitter_ms == pytest.approx(expected, rel=0.03)


def test_a_new_source_starts_its_own_jitter() -> None:
    reception = Reception()
    reception.receive(1, 1, 0, 0.0)
    reception.receive(1, 2, 160, 1.0)
    assert reception.jitter_ms > 50
    reception.receive(2, 1, 0, 1.0)
    assert (reception.jitter_ms, reception.ssrc) == (0.0, 2)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.floats(0, 1e9))))
def test_any_input_gives_finite_figures(packets: list[tuple[int, int, int, float]]) -> None:
    reception = Reception()
    for packet in packets:
        reception.receive(*packet)
    assert reception.lost >= -len(packets)
    assert 0 <= reception.jitter_ms < 1e9
