"""The collector of cycles: young ones by itself, old ones when little lives."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from engine.runtime.collector import MUCH_CONFIGURATION, Collector


class Knot:
    """Holds on to itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collector() -> Iterator[Collector]:
    before = gc.get_threshold()
    subject = Collector()
    subject.start()
    yield subject
    subject.stop()
    gc.freeze()  # as tests/conftest.py leaves what is there
    assert gc.get_threshold() == before


def grown_old() -> weakref.ref[Knot]:
    """A knot that nobody needs any more, but somebody did while the young were looked at."""
    knot = Knot()
    gc.collect(0)
    return weakref.ref(knot)


def make_many() -> None:
    kept = [[] for _ in range(60_000)]  # type: ignore[var-annotated]  # lists of nothing
    del kept


def settle(collector: Collector) -> None:
    """The first minute is over, at second 60."""
    assert not collector.tidy(0, 0.0)
    assert not collector.tidy(0, 60.0)


def test_old_cycles_wait_until_little_lives(collector: Collector) -> None:
    settle(collector)
    knot = grown_old()
    make_many()
    assert not collector.tidy(501, 120.0)
    assert knot() is not None
    assert collector.tidy(500, 121.0)
    assert knot() is None


def test_young_cycles_go_by_themselves(collector: Collector) -> None:
    knot = weakref.ref(Knot())
    make_many()
    assert knot() is None


def test_it_looks_once_a_minute_and_only_if_there_may_be_something(collector: Collector) -> None:
    settle(collector)
    knot = grown_old()
    assert not collector.tidy(0, 119.0)
    assert collector.tidy(0, 120.0)
    assert knot() is None
    assert not collector.tidy(0, 300.0), "no young ones have grown old since"


def test_what_is_there_after_the_first_minute_stays(collector: Collector) -> None:
    knot = grown_old()
    settle(collector)
    grown_old()
    assert collector.tidy(0, 120.0)
    assert knot() is not None


def test_configuration_that_is_set_aside_is_not_looked_at(collector: Collector) -> None:
    needed = Knot()
    knot = weakref.ref(needed)
    collector.note_configuration(MUCH_CONFIGURATION)
    del needed
    gc.collect()
    assert knot() is not None
    gc.unfreeze()
    gc.collect()
    assert knot() is None


def test_a_small_edit_sets_nothing_aside_and_many_of_them_do(collector: Collector) -> None:
    frozen = gc.get_freeze_count()
    needed = Knot()
    knot = weakref.ref(needed)
    for _ in range(19):
        collector.note_configuration(MUCH_CONFIGURATION // 20)
    assert gc.get_freeze_count() == frozen
    del needed
    collector.note_configuration(MUCH_CONFIGURATION // 20)
    assert gc.get_freeze_count() > frozen
    assert knot() is None
    frozen = gc.get_freeze_count()
    collector.note_configuration(MUCH_CONFIGURATION - 1)
    assert gc.get_freeze_count() == frozen


def test_what_is_set_aside_has_no_cycles_that_nobody_needs(collector: Collector) -> None:
    young = weakref.ref(Knot())
    old = grown_old()
    collector.note_configuration(MUCH_CONFIGURATION)
    assert young() is None
    assert old() is None


def test_after_much_has_grown_old_only_the_young_are_looked_at(collector: Collector) -> None:
    old = grown_old()
    make_many()
    young = weakref.ref(Knot())
    collector.note_configuration(MUCH_CONFIGURATION)
    assert young() is None
    assert old() is not None


def test_cycles_that_lived_through_a_look_go_with_a_later_one(collector: Collector) -> None:
    """As a connection that is open while the collector looks."""
    settle(collector)
    needed = Knot()
    knot = weakref.ref(needed)
    make_many()
    assert collector.tidy(0, 120.0)
    del needed
    make_many()
    assert collector.tidy(0, 180.0)
    assert knot() is None


def test_what_is_left_and_much_is_set_aside(collector: Collector) -> None:
    settle(collector)
    kept = [[] for _ in range(40_000)]  # type: ignore[var-annotated]  # lists of nothing
    frozen = gc.get_freeze_count()
    assert collector.tidy(0, 120.0)
    assert gc.get_freeze_count() > frozen + len(kept)
    few = [[] for _ in range(20_000)]  # type: ignore[var-annotated]  # as above
    frozen = gc.get_freeze_count()
    assert collector.tidy(0, 180.0)
    assert gc.get_freeze_count() <= frozen
    del few


def test_a_server_that_is_busy_all_day_is_looked_at_now_and_then(collector: Collector) -> None:
    settle(collector)
    knot = grown_old()
    make_many()
    assert not collector.tidy(2_000, 659.0)
    assert not collector.tidy(2_001, 660.0)
    assert knot() is not None
    assert collector.tidy(2_000, 661.0)
    assert knot() is None
    make_many()
    assert not collector.tidy(2_000, 722.0)
