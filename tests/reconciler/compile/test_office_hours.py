"""Office hours laid out: which entry speaks for a date that several name."""

import itertools
from datetime import UTC, datetime

import pytest

from dialing.time_zone import UTC as NO_OFFSET
from engine.config.office_hours import OfficeHoursConfig
from reconciler.compile.registry import compile_resource
from schema.manifest_set import parse_file
from tests.support.manifests import office_hours

SPEC = """\
week:
  mon-fri: ["13:00-17:00", "09:00-12:00"]
  sat-sun: 10:00-11:00
holidays: {country: GB, subdivision: ENG}
dates:
  2026-12-28: 10:00-12:00
  2026-12-21/2027-01-02: closed
  12-25: 09:00-10:00
  12-24/01-05: 08:00-09:00
  01-01: 11:00-12:00
"""


def config(spec: str = SPEC) -> OfficeHoursConfig:
    [resource] = parse_file("f", office_hours("acme", "main", spec)).resources
    found = compile_resource(resource)
    assert isinstance(found, OfficeHoursConfig)
    return found


WHO_SPEAKS = [
    ("2026-12-28 11:00", True, "dates 2026-12-28 10:00-12:00"),
    ("2026-12-25 09:30", False, "dates 2026-12-21/2027-01-02 closed"),
    ("2027-01-02 08:30", False, "dates 2026-12-21/2027-01-02 closed"),
    ("2027-01-03 08:30", True, "dates 12-24/01-05 08:00-09:00"),
    ("2027-12-25 09:30", True, "dates 12-25 09:00-10:00"),
    ("2028-01-01 11:30", True, "dates 01-01 11:00-12:00"),
    ("2020-01-05 08:30", True, "dates 12-24/01-05 08:00-09:00"),
    ("2049-12-31 08:30", True, "dates 12-24/01-05 08:00-09:00"),
    ("2026-04-03 10:00", False, "Good Friday (GB-ENG), closed"),
    ("2026-11-23 10:00", True, "mon 09:00-12:00"),
    ("2026-11-23 12:30", False, "mon 09:00-12:00, 13:00-17:00"),
    ("2026-11-22 10:30", True, "sun 10:00-11:00"),
]


@pytest.mark.parametrize(("at", "is_open", "why"), WHO_SPEAKS, ids=[row[0] for row in WHO_SPEAKS])
def test_the_most_particular_entry_speaks(at: str, is_open: bool, why: str) -> None:
    hours = config().schedule.hours(datetime.fromisoformat(at).replace(tzinfo=UTC), NO_OFFSET)
    assert hours.is_open is is_open
    assert hours.why.rpartition("hours: ")[2] == why


def test_spans_do_not_overlap_and_rise() -> None:
    dates = config().schedule.dates
    assert all(one.first <= one.last < other.first for one, other in itertools.pairwise(dates))


def test_the_order_of_the_manifest_does_not_matter() -> None:
    """Equal values are no change: a moved line makes no plan."""
    lines = SPEC.splitlines(keepends=True)
    moved = "".join([*lines[:5], *reversed(lines[5:])])
    assert repr(config(moved)) == repr(config())


def test_a_yearly_date_costs_one_span_a_year() -> None:
    assert len(config("week: {mon: '09:00-10:00'}\ndates: {12-24: closed}\n").schedule.dates) in {30, 31}
