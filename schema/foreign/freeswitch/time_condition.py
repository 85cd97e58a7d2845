"""Time attributes of conditions: `wday="2-6" hour="9-18"`, `minute-of-day="540-1080"`, `mday="25" mon="12"`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from schema.foreign.digits import Unclear
from schema.foreign.moment import ALL_DATES, ALL_DAYS, ALL_MONTHS, DAY, Moment

_KNOWN: Final = frozenset({"wday", "hour", "minute-of-day", "time-of-day", "mday", "mon"})
TIMES: Final = _KNOWN | {"year", "yday", "week", "mweek", "minute", "date-time", "dst"}
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def read_times(attributes: Mapping[str, str]) -> Moment:
    """All of them together. Unclear."""
    for name in sorted(set(attributes) & (TIMES - _KNOWN)):
        raise Unclear(f"{name}={attributes[name]!r} is no week and no date")
    minutes = (0, DAY - 1)
    if "hour" in attributes:
        first, last = _range(attributes["hour"], 0, 23)
        minutes = (first * 60, last * 60 + 59)
    if "minute-of-day" in attributes:
        first, last = _range(attributes["minute-of-day"], 1, DAY)
        minutes = (first - 1, max(last - 2, first - 1))
    if "time-of-day" in attributes:
        minutes = _clock(attributes["time-of-day"])
    days = ALL_DAYS
    if "wday" in attributes:
        # 1 is Sunday; ours begin with Monday.
        days = frozenset((day + 5) % 7 for day in _several(attributes["wday"], 1, 7, _DAYS))
    dates = frozenset(_several(attributes["mday"], 1, 31)) if "mday" in attributes else ALL_DATES
    months = frozenset(_several(attributes["mon"], 1, 12)) if "mon" in attributes else ALL_MONTHS
    return Moment(minutes, days, dates, months)


def _several(text: str, least: int, most: int, names: tuple[str, ...] = ()) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, last = _range(part, least, most, names)
        span = (last - first) % (most - least + 1)
        found |= {(first - least + ahead) % (most - least + 1) + least for ahead in range(span + 1)}
    return found


def _range(text: str, least: int, most: int, names: tuple[str, ...] = ()) -> tuple[int, int]:
    ends = []
    first, _, last = text.strip().lower().partition("-")
    for one in (first.strip(), (last or first).strip()):
        if one[:3] in names:
            ends.append(names.index(one[:3]) + least)
        elif one.isascii() and one.isdecimal() and len(one) < 6 and least <= int(one) <= most:
            ends.append(int(one))
        else:
            raise Unclear(f"{text!r} is not understood")
    return ends[0], ends[1]


def _clock(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?-([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?", text.strip())
    if match is None:
        raise Unclear(f"{text!r} is not understood")
    first, last = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if first >= DAY or last > DAY:
        raise Unclear(f"{text!r} is not understood")
    return first, last if last % 60 == 59 else (last - 1) % DAY
