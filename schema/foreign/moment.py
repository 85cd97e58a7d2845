"""Times of a foreign dial plan (`9:00-17:00,mon-fri,*,*`), and the OfficeHours that several of them come to.

The clock is cut into minutes of a week; a moment that names a day of the month has to name its month, too, and becomes a date of every
year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from dialing.schedule import WEEKDAYS

DAY: Final = 24 * 60
ALL_DAYS: Final = frozenset(range(7))
ALL_MONTHS: Final = frozenset(range(1, 13))
ALL_DATES: Final = frozenset(range(1, 32))


@dataclass(frozen=True, slots=True)
class Moment:
    """`minutes`: first and last minute of the day, both within; `days`: Monday is 0; `zone`: None = the PBX's own."""

    minutes: tuple[int, int] = (0, DAY - 1)
    days: frozenset[int] = ALL_DAYS
    dates: frozenset[int] = ALL_DATES
    months: frozenset[int] = ALL_MONTHS
    zone: str | None = None

    @property
    def is_weekly(self) -> bool:
        """Whether it comes every week of the year."""
        return self.dates == ALL_DATES and self.months == ALL_MONTHS

    @property
    def is_always(self) -> bool:
        """Whether it is no condition at all."""
        return self.is_weekly and self.days == ALL_DAYS and self._covers_day()

    def _covers_day(self) -> bool:
        first, last = self.minutes
        return (first, last) == (0, DAY - 1)

    def has(self, minute: int) -> bool:
        """Whether a minute of a day is within; one that ends before it begins goes over midnight."""
        first, last = self.minutes
        return first <= minute <= last if first <= last else minute >= first or minute <= last

    def yearly(self) -> list[str] | None:
        """Its days of the year as `12-25`; None if they are too many, or not whole days."""
        if self.days != ALL_DAYS or not self._covers_day() or len(self.dates) * len(self.months) > 62:
            return None
        if self.dates == ALL_DATES or self.months == ALL_MONTHS:
            return None
        return [
            f"{month:02}-{day:02}" for month in sorted(self.months) for day in sorted(self.dates) if _exists(month, day)
        ]


def _exists(month: int, day: int) -> bool:
    return day <= (29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31)


def week_of(is_open: Callable[[int, int], bool]) -> dict[str, object]:
    """`OfficeHours.spec.week` of the minutes (day, minute) that are open; neighbouring days that are alike stand together."""
    hours = [_ranges([is_open(day, minute) for minute in range(DAY)]) for day in range(7)]
    week: dict[str, object] = {}
    first = 0
    for day in range(1, 8):
        if day < 7 and hours[day] == hours[first]:
            continue
        if hours[first]:
            name = WEEKDAYS[first] if day - first == 1 else f"{WEEKDAYS[first]}-{WEEKDAYS[day - 1]}"
            week[name] = hours[first][0] if len(hours[first]) == 1 else hours[first]
        first = day
    return week


def _ranges(minutes: Iterable[bool]) -> list[str]:
    found: list[str] = []
    begun: int | None = None
    for minute, is_open in enumerate([*minutes, False]):
        if is_open and begun is None:
            begun = minute
        elif not is_open and begun is not None:
            found.append(f"{_clock(begun)}-{_clock(minute)}")
            begun = None
    return found


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
