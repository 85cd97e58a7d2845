"""Holidays that are written out by date are missed before they are missing."""

from datetime import date

import pytest

from reconciler.holidays_ending import holidays_ending
from schema.manifest_set import parse_file
from tests.support.manifests import office_hours

CHRISTMAS = "2026-12-25: closed, 2026-12-28: closed"


def told(dates: str, today: str, more: str = "") -> list[str]:
    office = office_hours("acme", "office", f"week: {{mon-fri: '09:00-17:00'}}\ndates: {{{dates}}}\n{more}")
    return [
        str(problem) for problem in holidays_ending(parse_file("o.yaml", office).resources, date.fromisoformat(today))
    ]


def test_none_for_a_year_that_is_near() -> None:
    [line] = told(CHRISTMAS, "2026-11-26")
    assert line == (
        "o.yaml:6:31: warning: OfficeHours acme/office has holidays for 2026, the last on 2026-12-28, and none for 2027: "
        "the office would be open then; add those of the next year, write such as come every year without it (12-25), "
        "or name holidays.country [holidays-ending]"
    )


@pytest.mark.parametrize(
    ("dates", "today", "more"),
    [
        (CHRISTMAS, "2026-09-30", ""),
        (CHRISTMAS + ", 2027-01-01: closed", "2026-11-26", ""),
        (CHRISTMAS, "2026-11-26", "holidays: {country: GB}\n"),
        ("2026-08-14: closed", "2026-11-26", ""),
        ("12-25: closed, 12-26: closed, 01-01: closed", "2026-11-26", ""),
        ("2026-12-24: '09:00-12:00', 2026-12-31: '09:00-12:00'", "2026-11-26", ""),
        ("2025-12-25: closed, 2025-12-26: closed", "2026-11-26", ""),
    ],
    ids=["far", "next-year-there", "by-country", "one-occasion", "every-year", "short-days", "long-past"],
)
def test_nothing_is_said(dates: str, today: str, more: str) -> None:
    assert told(dates, today, more) == []


def test_a_span_counts_by_its_end() -> None:
    assert told("2026-04-03: closed, 2026-12-24/2027-01-01: closed", "2026-11-26") == []
    assert len(told("2026-04-03: closed, 2026-12-24/2026-12-31: closed", "2027-01-02")) == 1
    assert len(told("2026-04-03: closed, 2026-12-24/2026-12-31: closed", "2026-12-31")) == 1
