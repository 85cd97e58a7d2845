"""What clocks on a wall show: a time zone as the offsets that hold from instant to instant.

The value is the zone's data itself, taken from the IANA database when a manifest is compiled, so asking reads no file. It covers
`calendar.YEARS`; before and after them the first and the last offset are taken to hold.

An instant always has one wall time. A wall time has one instant, none (clocks were put forward over it) or two (they were put back).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

_FARTHEST_S: Final = 26 * 3600
"""No wall clock differs more from UTC, with a margin."""


@dataclass(frozen=True, slots=True)
class TimeZone:
    """`starts`: seconds since 1970 at which another offset begins, rising; `offsets`: one more, the first holds before them all."""

    name: str
    starts: tuple[int, ...] = ()
    offsets: tuple[int, ...] = (0,)

    def offset_s(self, at_s: int) -> int:
        """Seconds by which the wall clock is ahead of UTC."""
        return self.offsets[bisect_right(self.starts, at_s)]

    def wall_s(self, at_s: int) -> int:
        """What the wall clock shows, as seconds since its 1970 began."""
        return at_s + self.offsets[bisect_right(self.starts, at_s)]

    def instants(self, wall_s: int) -> tuple[int, ...]:
        """When the wall clock shows `wall_s`, rising."""
        first = bisect_right(self.starts, wall_s - _FARTHEST_S)
        last = bisect_right(self.starts, wall_s + _FARTHEST_S)
        found = (wall_s - self.offsets[index] for index in range(first, last + 1))
        return tuple(sorted({at_s for at_s in found if self.wall_s(at_s) == wall_s}))

    def starts_between(self, after_s: int, until_s: int) -> tuple[int, ...]:
        """The instants at which clocks are changed, after one and up to another."""
        return self.starts[bisect_right(self.starts, after_s) : bisect_right(self.starts, until_s)]

    def __str__(self) -> str:
        return self.name


UTC: Final = TimeZone("UTC")
