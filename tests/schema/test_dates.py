"""Dates, spans of them, yearly ones: what they name, and how they are refused."""

from datetime import date

import pytest
from pydantic_core import PydanticCustomError

from schema.core_scalar import PlainNumber
from schema.dates import Dates, DateSpan, Precedence
from tests.support.field_types import reader_of

read = reader_of(Dates)

READ = [
    ("2026-12-24", Precedence.DATE),
    ("2024-02-29", Precedence.DATE),
    ("2026-12-24/2027-01-01", Precedence.RANGE),
    ("2026-01-01/2027-01-01", Precedence.RANGE),
    ("12-25", Precedence.YEARLY),
    ("02-29", Precedence.YEARLY),
    ("12-24/01-02", Precedence.YEARLY_RANGE),
]
REFUSED: list[tuple[object, str, str]] = [
    ("2026-02-29", "no calendar has 2026-02-29", "correct it"),
    ("2026-13-24", "no calendar has 2026-13-24", "correct it"),
    ("24-12", "no calendar has 24-12", 'write the month first: "12-24"'),
    ("2026-24-12", "no calendar has 2026-24-12", 'write the month first: "2026-12-24"'),
    ("02-30", "no calendar has 02-30", "correct it"),
    ("00-00", "no calendar has 00-00", "correct it"),
    ("2027-01-01/2026-12-24", "ends before it begins", "write the earlier date first"),
    ("2026-01-01/2027-01-02", "longer than a year", "split it"),
    ("1999-12-24", "too far from now", "from 2020 to 2049"),
    ("2206-12-24", "too far from now", "from 2020 to 2049"),
    ("2026-12-24/12-31", "not a date", '"2026-12-24/2027-01-01"'),
    ("24.12.2026", "not a date", "for every year"),
    ("2026-12-24 ", "not a date", "write it like"),
    ("xmas", "not a date", "write it like"),
    ("", "not a date", "write it like"),
    (PlainNumber("1224"), 'is "1224", not a date', "write it like"),
    (True, "is true", "write it like"),
    ("9" * 10000, "not a date", "write it like"),
]


@pytest.mark.parametrize(("text", "precedence"), READ)
def test_dates_are_read(text: str, precedence: Precedence) -> None:
    assert read(text) == text
    assert DateSpan.of(text).precedence is precedence


@pytest.mark.parametrize(("value", "what", "hint"), REFUSED, ids=[ascii(row[0])[:24] for row in REFUSED])
def test_what_is_refused_says_what_to_write(value: object, what: str, hint: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        read(value)
    context = caught.value.context or {}
    assert what in context["what"]
    assert hint in context["hint"]
    assert caught.value.type == "date"


def named(text: str) -> list[tuple[str, str]]:
    """The spans of a text within 2023 and 2024."""
    spans = [(date.fromordinal(first), date.fromordinal(last)) for first, last in DateSpan.of(text).days()]
    return [(str(first), str(last)) for first, last in spans if {2023, 2024} & {first.year, last.year}]


def test_which_days_are_named() -> None:
    assert named("2023-05-01") == [("2023-05-01", "2023-05-01")]
    assert named("2023-05-01/2023-05-03") == [("2023-05-01", "2023-05-03")]
    assert named("12-25") == [("2023-12-25", "2023-12-25"), ("2024-12-25", "2024-12-25")]
    assert named("12-31/01-01") == [
        ("2022-12-31", "2023-01-01"),
        ("2023-12-31", "2024-01-01"),
        ("2024-12-31", "2025-01-01"),
    ]


def test_february_29_is_there_in_leap_years_only() -> None:
    assert named("02-29") == [("2024-02-29", "2024-02-29")]
    assert named("02-28/02-29") == [("2023-02-28", "2023-02-28"), ("2024-02-28", "2024-02-29")]
    assert named("02-29/03-01") == [("2023-03-01", "2023-03-01"), ("2024-02-29", "2024-03-01")]
