"""A schedule: when an office is open, by weekday and by date. Pure: the instant comes in, nothing is read.

It speaks of the wall clock of a time zone, so the doubled and the missing hour follow from what clocks show:

- An hour that clocks show twice counts twice: open both times, if it is open at all. A range that ends or begins within it does so
  both times.
- An hour that clocks skip never is. A range that begins in it begins when the clocks jump, one that ends in it ends then, and one
  within it does not take place on that day.

A range that runs over midnight belongs to the day it begins on. A date with hours of its own, or closed, or a holiday, speaks for the
whole of its day from midnight to midnight: a night that began before ends there. Own dates go before the country's calendar.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from dialing.calendar import YEARS, Calendar
from dialing.time_range import DAY, TimeRange, told
from dialing.time_zone import TimeZone

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SEARCHED_DAYS: Final = 400
"""How far ahead `next_change` looks: a year and what moves within one, such as Easter."""

_DAY_S: Final = DAY * 60
_EPOCH: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedHours:
    """The hours of the dates from `first` to `last`, both included, as ordinals; no ranges: closed. `written`: as in the manifest."""

    first: int
    last: int
    ranges: tuple[TimeRange, ...]
    written: str


@dataclass(frozen=True, slots=True)
class Hours:
    """The answer: whether it is open, and the range or date that says so, in one sentence."""

    is_open: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`week`: the ranges of each weekday, from Monday; `dates`: rising, no two on one date."""

    week: tuple[tuple[TimeRange, ...], ...]
    dates: tuple[DatedHours, ...] = ()
    calendar: Calendar | None = None

    def is_open(self, at: datetime, zone: TimeZone) -> bool:
        """Whether it is open at an instant (aware)."""
        return self._is_open(_seconds(at), zone)

    def hours(self, at: datetime, zone: TimeZone) -> Hours:
        """The same with the reason."""
        wall_s = zone.wall_s(_seconds(at))
        day, minute = wall_s // _DAY_S + _EPOCH, wall_s % _DAY_S // 60
        is_open, because = self._because(day, minute)
        shown = f"{_weekday_name(day).capitalize()} {date.fromordinal(day)} {minute // 60:02}:{minute % 60:02}"
        said = f"{shown} in {zone.name} is {'in' if is_open else 'out of'} hours: {because}"
        if date.fromordinal(day).year not in YEARS:
            said += f" (clock changes, holidays and yearly dates are known from {YEARS[0]} to {YEARS[-1]} only)"
        return Hours(is_open, said)

    def next_change(self, at: datetime, zone: TimeZone) -> datetime | None:
        """When it next opens or closes after `at`; None if not within `SEARCHED_DAYS`."""
        now_s = _seconds(at)
        was_open = self._is_open(now_s, zone)
        for begin_s in range(now_s, now_s + SEARCHED_DAYS * _DAY_S, _DAY_S):
            for candidate_s in self._candidates(begin_s, begin_s + _DAY_S, zone):
                if self._is_open(candidate_s, zone) != was_open:
                    return datetime.fromtimestamp(candidate_s, UTC)
        return None

    def _is_open(self, at_s: int, zone: TimeZone) -> bool:
        days, second = divmod(zone.wall_s(at_s), _DAY_S)
        day, minute = days + _EPOCH, second // 60
        special = self._special(day)
        for hours in self.week[_weekday(day)] if special is None else special:
            if minute in hours:
                return True
        if special is None:
            for hours in self._ranges(day - 1):
                if minute + DAY in hours:
                    return True
        return False

    def _special(self, day: int) -> tuple[TimeRange, ...] | None:
        """The ranges of a date that is not like its weekday."""
        dated = self._dated(day)
        if dated is not None:
            return dated.ranges
        if self.calendar is not None and self.calendar.holiday(day) is not None:
            return ()
        return None

    def _dated(self, day: int) -> DatedHours | None:
        index = bisect_right(self.dates, day, key=_first)
        dated = self.dates[index - 1] if index else None
        return dated if dated is not None and day <= dated.last else None

    def _ranges(self, day: int) -> tuple[TimeRange, ...]:
        """The ranges that begin on a day."""
        special = self._special(day)
        return self.week[_weekday(day)] if special is None else special

    def _because(self, day: int, minute: int) -> tuple[bool, str]:
        today, special = self._name(day), self._special(day)
        ranges = self.week[_weekday(day)] if special is None else special
        for hours in ranges:
            if minute in hours:
                return True, f"{today} {hours}"
        for hours in self._ranges(day - 1) if special is None else ():
            if minute + DAY in hours:
                return True, f"{self._name(day - 1)} {hours}"
        return False, f"{today} {told(ranges)}"

    def _name(self, day: int) -> str:
        """What gives a day its hours: a date of our own, a holiday, or the weekday."""
        dated = self._dated(day)
        if dated is not None:
            return f"dates {dated.written}"
        holiday = self.calendar.holiday(day) if self.calendar is not None else None
        return f"{holiday} ({self.calendar})," if holiday is not None else _weekday_name(day)

    def _candidates(self, after_s: int, until_s: int, zone: TimeZone) -> list[int]:
        """All instants in a span at which it may open or close, rising."""
        found = set(zone.starts_between(after_s, until_s))
        first, last = (zone.wall_s(at_s) // _DAY_S + _EPOCH for at_s in (after_s, until_s))
        # One day more on both sides, for the days that clocks show again when they are put back over midnight.
        for day in range(min(first, last) - 1, max(first, last) + 2):
            for minute in self._edges(day):
                found.update(zone.instants((day - _EPOCH) * _DAY_S + minute * 60))
        return sorted(at_s for at_s in found if after_s < at_s <= until_s)

    def _edges(self, day: int) -> Iterator[int]:
        """The minutes of a day at which anything begins or ends; those of a night's end count on from its first day."""
        yield 0
        for hours in self._ranges(day):
            yield hours.start
            yield hours.end


def _first(dated: DatedHours) -> int:
    return dated.first


def _seconds(at: datetime) -> int:
    if at.tzinfo is None:
        raise ValueError(f"an instant needs its time zone: {at}")
    return int(at.timestamp() // 1)


def _weekday(day: int) -> int:
    return (day - 1) % 7


def _weekday_name(day: int) -> str:
    return WEEKDAYS[_weekday(day)]
