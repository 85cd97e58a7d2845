"""Compiled zones say what zoneinfo says, in every year that they cover."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialing.calendar import YEARS
from reconciler.compile.time_zone import time_zone, zone_info
from schema.time_zone import zone_names

SOME = [
    "UTC",
    "Europe/London",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "Pacific/Apia",
    "Asia/Tehran",
    "Antarctica/Troll",
    "America/Nuuk",
    "Asia/Gaza",
]
BEGIN, END = datetime(YEARS[0], 1, 1, tzinfo=UTC), datetime(YEARS[-1] + 1, 1, 1, tzinfo=UTC)


def offset_s(name: str, at: datetime) -> float:
    offset = at.astimezone(zone_info(name)).utcoffset()
    assert offset is not None
    return offset.total_seconds()


@given(st.sampled_from(SOME), st.integers(int(BEGIN.timestamp()), int(END.timestamp())))
def test_the_offset_at_any_instant(name: str, at_s: int) -> None:
    assert time_zone(name).offset_s(at_s) == offset_s(name, datetime.fromtimestamp(at_s, UTC))


@pytest.mark.parametrize("name", SOME)
def test_the_offsets_around_each_change(name: str) -> None:
    zone = time_zone(name)
    for start_s in zone.starts:
        at = datetime.fromtimestamp(start_s, UTC)
        assert zone.offset_s(start_s) == offset_s(name, at)
        assert zone.offset_s(start_s - 1) == offset_s(name, at - timedelta(seconds=1))
        assert zone.offset_s(start_s) != zone.offset_s(start_s - 1)


def test_a_day_that_was_skipped() -> None:
    apia = time_zone("Pacific/Apia", range(2011, 2012))
    change = int(datetime(2011, 12, 30, 10, tzinfo=UTC).timestamp())
    assert change in apia.starts
    assert apia.wall_s(change) - apia.wall_s(change - 1) == 24 * 3600 + 1


def test_all_zones_compile() -> None:
    """Some of them, spread over the alphabet: all take seconds."""
    for name in sorted(zone_names())[::40]:
        assert time_zone(name, range(2026, 2027)).name == name


def test_the_same_name_is_the_same_object() -> None:
    assert time_zone("Europe/London") is time_zone("Europe/London")
