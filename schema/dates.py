"""Dates: `2026-12-24`, `2026-12-24/2027-01-01` from one to another, `12-25` every year, `12-24/01-02` every year.

The forms are those of ISO 8601; a yearly one is a date without its year, month first. February 29 comes in leap years only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Annotated, Final

from dialing.calendar import YEARS
from schema.field_type import FieldType, refusal
from schema.problem import shown

DATE: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
YEARLY: Final = "[0-9]{2}-[0-9]{2}"
FORM: Final = f"(?:{DATE}(?:/{DATE})?|{YEARLY}(?:/{YEARLY})?)"
# For editors, which say no more than that something is wrong: the months and days that there are.
MONTH_DAY: Final = "(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
WITH_YEAR: Final = f"[0-9]{{4}}-{MONTH_DAY}"
FORM_OF_A_CALENDAR: Final = f"(?:{WITH_YEAR}(?:/{WITH_YEAR})?|{MONTH_DAY}(?:/{MONTH_DAY})?)"
EXAMPLES: Final = 'write it like "2026-12-24", "2026-12-24/2027-01-01" or, for every year, "12-25"'
LONGEST_DAYS: Final = 366
LEAP_YEAR: Final = 2024


class Precedence(IntEnum):
    """Which of two entries speaks for a date that both name: the more particular, the greater."""

    YEARLY_RANGE = 0
    YEARLY = 1
    RANGE = 2
    DATE = 3


@dataclass(frozen=True, slots=True)
class DateSpan:
    """What valid text names. `first`, `last`: texts of one form, equal for a single date."""

    first: str
    last: str

    @classmethod
    def of(cls, text: str) -> "DateSpan":
        """Return the span of valid text."""
        first, _, last = text.partition("/")
        return cls(first, last or first)

    @property
    def is_yearly(self) -> bool:
        """True if it comes every year."""
        return len(self.first) == len("12-25")

    @property
    def precedence(self) -> Precedence:
        """How particular it is."""
        if self.is_yearly:
            return Precedence.YEARLY if self.first == self.last else Precedence.YEARLY_RANGE
        return Precedence.DATE if self.first == self.last else Precedence.RANGE

    def days(self) -> Iterator[tuple[int, int]]:
        """Yield the first and the last day, as ordinals, of each time that it comes."""
        if not self.is_yearly:
            yield date.fromisoformat(self.first).toordinal(), date.fromisoformat(self.last).toordinal()
            return
        # One that goes over the end of the year before the first has its end in the first.
        for year in range(YEARS[0] - 1, YEARS[-1] + 1):
            first = _day(year, self.first, or_next=True)
            last = _day(year + (self.last < self.first), self.last, or_next=False)
            if first <= last:
                yield first, last


def _day(year: int, month_day: str, *, or_next: bool) -> int:
    """Return the ordinal of a date without year; in a common year, that of the day after or before February 29."""
    month, day = map(int, month_day.split("-"))
    if (month, day) == (2, 29) and not _is_leap(year):
        return date(year, 3, 1).toordinal() if or_next else date(year, 2, 28).toordinal()
    return date(year, month, day).toordinal()


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


class _Dates(FieldType[str]):
    def read(self, value: object) -> str:
        """Return the dates as written; `DateSpan.of` says which they are."""
        if not isinstance(value, str) or re.fullmatch(FORM, value, re.ASCII) is None:
            raise refusal("date", f"is {shown(value)}, not a date", EXAMPLES)
        span = DateSpan.of(value)
        for text in (span.first, span.last):
            _check(value, text)
        if not span.is_yearly:
            if span.last < span.first:
                raise refusal("date", f"is {shown(value)}, which ends before it begins", "write the earlier date first")
            [(first, last)] = span.days()
            if last - first >= LONGEST_DAYS:
                what = f"is {shown(value)}, which is longer than a year"
                raise refusal("date", what, "split it, or change the week instead")
        return str(value)

    def write(self, value: str) -> str:
        """Return the dates as written."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Return the form; which months have 31 days, a pattern can't tell."""
        return {"type": "string", "pattern": f"^{FORM_OF_A_CALENDAR}$"}


def _check(value: str, text: str) -> None:
    """Refuse a date that no calendar has, or that lies outside of the years that schedules are compiled for."""
    try:
        day = date.fromisoformat(text if len(text) > len("12-25") else f"{LEAP_YEAR}-{text}")
    except ValueError:
        month, rest = text[-5:].split("-")
        swapped = int(month) > 12 >= int(rest)
        hint = f'write the month first: "{text[:-5]}{rest}-{month}"' if swapped else "correct it"
        raise refusal("date", f"is {shown(value)}, and no calendar has {text}", hint) from None
    if day.year not in YEARS:
        hint = f"write a year from {YEARS[0]} to {YEARS[-1]}"
        raise refusal("date", f"is {shown(value)}, too far from now", hint)


Dates = Annotated[str, _Dates()]
