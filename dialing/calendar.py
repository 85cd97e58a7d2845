"""The public holidays of a country or a part of it, as the dates they fall on.

Computed from the holidays package when a manifest is compiled, for `YEARS`. These are fixed, not counted from today: the same
manifests make the same values in every process and on every day. They begin early enough to decide recorded calls again.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

YEARS: Final = range(2020, 2050)
"""The years for which schedules are compiled: time zones, country calendars, dates that come every year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """`dates`: ordinals (`date.toordinal`), rising; `holidays`: for each of them, which of the `names` it has."""

    name: str
    dates: tuple[int, ...]
    holidays: tuple[int, ...]
    names: tuple[str, ...]

    def holiday(self, date: int) -> str | None:
        """The name of the holiday on this date; None for a day like any other."""
        index = bisect_left(self.dates, date)
        if index == len(self.dates) or self.dates[index] != date:
            return None
        return self.names[self.holidays[index]]

    def __str__(self) -> str:
        return self.name
