"""Monotonic and wall time: a wall clock that is set is followed within a second, and never moves `now`."""

import time
from datetime import UTC, datetime

import pytest

from engine.runtime.clock import Clock


class Clocks:
    """The machine's two clocks, in hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monotonic = 500.0
        self.wall = 1_800_000_000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.monotonic)
        monkeypatch.setattr(time, "time", lambda: self.wall)

    def pass_(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += seconds


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


def test_the_wall_time_of_an_instant(clocks: Clocks) -> None:
    clock = Clock()
    assert clock.now() == 500.0
    assert clock.unix(500.5) == 1_800_000_000.5
    assert clock.utc(500.0) == datetime.fromtimestamp(1_800_000_000, UTC)
    assert clock.utc(500.0).tzinfo is UTC


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
def test_a_wall_clock_that_is_set_is_followed_within_a_second(clocks: Clocks, jump_s: float) -> None:
    clock = Clock()
    clocks.wall += jump_s
    clocks.pass_(0.5)
    assert clock.unix(clock.now()) == pytest.approx(1_800_000_000.5)
    clocks.pass_(1.0)
    assert clock.unix(clock.now()) == pytest.approx(1_800_000_001.5 + jump_s)
    assert clock.now() == 501.5


def test_instants_gone_by_are_told_by_the_clock_of_now(clocks: Clocks) -> None:
    clock = Clock()
    clocks.pass_(100)
    assert clock.unix(510.0) == pytest.approx(1_800_000_010.0)
