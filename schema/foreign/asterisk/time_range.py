"""Asterisk's times: `9:00-17:00,mon-fri,1-31,jan-dec,Europe/London`, of GotoIfTime and of includes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from dialing.schedule import WEEKDAYS
from schema.foreign.digits import Unclear
from schema.foreign.moment import ALL_DATES, ALL_DAYS, ALL_MONTHS, DAY, Moment

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-9]{1,2})")


def read_moment(parts: Sequence[str]) -> Moment:
    """The time range, weekdays, days of the month, months, zone; what is missing is `*`. Unclear."""
    times, days, dates, months, zone = [
        *[*(part.strip().lower() or "*" for part in parts[:4]), *(["*"] * 4)][:4],
        parts[4].strip() if len(parts) > 4 else "",
    ]
    return Moment(
        minutes=_minutes(times),
        days=_cycle(days, {name: place for place, name in enumerate(WEEKDAYS)}, ALL_DAYS),
        dates=_cycle(dates, {str(day): day for day in range(1, 32)}, ALL_DATES),
        months=_cycle(months, {name: place for place, name in enumerate(MONTHS, start=1)}, ALL_MONTHS),
        zone=zone or None,
    )


def _minutes(text: str) -> tuple[int, int]:
    """The last minute still counts there, as nobody means who writes 9:00-17:00; who writes 17:59 does mean it."""
    if text == "*":
        return 0, DAY - 1
    first, _, last = text.partition("-")
    found = []
    for one in (first, last or first):
        match = _CLOCK.fullmatch(one.strip())
        if match is None or int(match[1]) > 23 or int(match[2]) > 59:
            raise Unclear(f"{text!r} is no range of times")
        found.append(int(match[1]) * 60 + int(match[2]))
    begin, end = found
    return (begin, end) if end % 60 == 59 or begin == end else (begin, (end - 1) % DAY)


def _cycle(text: str, names: dict[str, int], everything: frozenset[int]) -> frozenset[int]:
    """Names, and ranges of them that may go over the end; several with `&`."""
    if text == "*":
        return everything
    order = sorted(names.values())
    found: set[int] = set()
    for part in text.split("&"):
        first, _, last = (one.strip() for one in part.partition("-"))
        ends = [names.get(one, names.get(one[:3])) for one in (first, last or first)]
        if ends[0] is None or ends[1] is None:
            raise Unclear(f"{text!r} is not understood")
        start = order.index(ends[0])
        count = (order.index(ends[1]) - start) % len(order) + 1
        found |= {order[(start + ahead) % len(order)] for ahead in range(count)}
    return frozenset(found)
