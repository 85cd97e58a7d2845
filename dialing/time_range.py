"""A span of the wall clock: from one minute of a day up to, and without, another one of the same day or the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DAY: Final = 24 * 60
"""Minutes of a day, as clocks show them."""


@dataclass(frozen=True, slots=True)
class TimeRange:
    """`start`, `end`: minutes since the midnight of the day it begins on; an end above `DAY` is on the next day."""

    start: int
    end: int

    @property
    def runs_over_midnight(self) -> bool:
        return self.end > DAY

    def __contains__(self, minute: int) -> bool:
        return self.start <= minute < self.end

    def __str__(self) -> str:
        """As manifests write it: 09:00-17:30, 22:00-06:00, 18:00-24:00."""
        end = self.end - DAY if self.runs_over_midnight else self.end
        return f"{_clock(self.start)}-{_clock(end)}"


def told(ranges: tuple[TimeRange, ...]) -> str:
    """Ranges as people read them."""
    return ", ".join(map(str, ranges)) if ranges else "closed"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
