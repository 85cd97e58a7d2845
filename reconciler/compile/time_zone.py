"""A time zone of the IANA database as the offsets that the engine carries.

Always from the tzdata package, never from the machine's own database: two machines with one Trunkline compile the same value.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

from dialing.calendar import YEARS
from dialing.time_zone import TimeZone

_STEP: Final = timedelta(days=1)
"""No zone changes its clocks twice within a day."""


@cache
def time_zone(name: str, years: range = YEARS) -> TimeZone:
    """The zone over these years. The schema's rules saw to it that there is one of this name."""
    zone = zone_info(name)
    begin = datetime(years[0], 1, 1, tzinfo=UTC) - _STEP
    end = datetime(years[-1] + 1, 1, 1, tzinfo=UTC) + _STEP
    changes = list(_changes(zone, begin, end))
    offsets = (_offset_s(zone, begin), *(offset_s for _, offset_s in changes))
    return TimeZone(name, tuple(start_s for start_s, _ in changes), offsets)


def zone_info(name: str) -> ZoneInfo:
    """The zone of the tzdata package."""
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def _changes(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[tuple[int, int]]:
    """When the offset changes, and to which."""
    before, offset_s = begin, _offset_s(zone, begin)
    while before < end:
        after = before + _STEP
        if _offset_s(zone, after) != offset_s:
            start = _change_between(zone, before, after)
            offset_s = _offset_s(zone, after)
            yield int(start.timestamp()), offset_s
        before = after


def _change_between(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second with the offset of `after`."""
    old = _offset_s(zone, before)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if _offset_s(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after


def _offset_s(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101  # a zone has one at every instant
    return int(offset.total_seconds())
