"""Ranges of the wall clock: what is in them, and how they are written."""

import pytest

from dialing.time_range import DAY, TimeRange, told

WRITTEN = [
    (TimeRange(9 * 60, 17 * 60 + 30), "09:00-17:30", False),
    (TimeRange(0, DAY), "00:00-24:00", False),
    (TimeRange(22 * 60, DAY + 6 * 60), "22:00-06:00", True),
    (TimeRange(18 * 60, DAY), "18:00-24:00", False),
]


@pytest.mark.parametrize(("hours", "text", "over"), WRITTEN)
def test_a_range_is_written(hours: TimeRange, text: str, over: bool) -> None:
    assert str(hours) == text
    assert hours.runs_over_midnight == over


def test_a_range_has_its_start_and_not_its_end() -> None:
    hours = TimeRange(540, 1050)
    assert [minute in hours for minute in (539, 540, 1049, 1050)] == [False, True, True, False]


def test_ranges_are_told() -> None:
    assert told((TimeRange(540, 720), TimeRange(780, 1020))) == "09:00-12:00, 13:00-17:00"
    assert told(()) == "closed"
