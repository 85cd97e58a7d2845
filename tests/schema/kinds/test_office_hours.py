"""`OfficeHours`: its fields, and each wrong value at its place."""

import textwrap

import pytest

from dialing.time_range import TimeRange
from schema.kinds.office_hours import Holidays, OfficeHoursSpec
from schema.manifest_set import parse_file
from tests.support.manifests import office_hours

NINE = TimeRange(540, 1020)
REFUSED = [
    ("week: {mon: 09:00-17:00}\n", ["f:5:17 yaml-syntax"]),
    ('week: {Mon: "09:00-17:00"}\n', ["f:5:10 weekday"]),
    ("week:\n  mon: 09:00-25:00\n", ["f:6:10 time-range"]),
    ('week:\n  mon: ["09:00-12:00", "13-25"]\n', ["f:6:26 time-range"]),
    ("week:\n  mon: []\n", ["f:6:10 time-range"]),
    ("week:\n  mon:\n", ["f:6:9 time-range"]),
    ("week:\n", ["f:5:8 type"]),
    ("week: closed\n", ["f:5:9 type"]),
    ("timeZone: UTC\n", ["f:4:1 missing-field"]),
    ("week:\n  mon: 09:00-17:00\ntimeZone: Mars/Olympus\n", ["f:7:13 time-zone"]),
    ("week:\n  mon: 09:00-17:00\ndates: {2026-02-30: closed}\n", ["f:7:11 date"]),
    ("week:\n  mon: 09:00-17:00\ndates: {2026-02-28: open}\n", ["f:7:23 time-range"]),
    ("week:\n  mon: 09:00-17:00\nholidays: {country: XX}\n", ["f:7:23 country"]),
    ("week:\n  mon: 09:00-17:00\nholidays: {subdivision: ENG}\n", ["f:7:3 missing-field"]),
    ("week:\n  mon: 09:00-17:00\n  mon: 09:00-18:00\n", ["f:7:5 duplicate-key"]),
]


def read(extra: str) -> OfficeHoursSpec:
    file = parse_file("f", office_hours("acme", "main", extra))
    assert file.problems == ()
    [resource] = file.resources
    assert isinstance(resource.spec, OfficeHoursSpec)
    return resource.spec


def test_a_week_is_enough() -> None:
    spec = read("week:\n  mon-fri: 09:00-17:00\n")
    assert spec == OfficeHoursSpec.model_construct(time_zone=None, week={"mon-fri": (NINE,)}, dates={}, holidays=None)


def test_everything_can_be_set() -> None:
    spec = read(
        textwrap.dedent(
            """\
            timeZone: Asia/Kathmandu
            week:
              mon-fri: ["09:00-17:00"]
              sun: closed
            dates:
              2026-12-24: 09:00-17:00
              12-31/01-01: closed
            holidays: {country: GB, subdivision: ENG}
            """
        )
    )
    assert spec.time_zone == "Asia/Kathmandu"
    assert spec.week == {"mon-fri": (NINE,), "sun": ()}
    assert spec.dates == {"2026-12-24": (NINE,), "12-31/01-01": ()}
    assert spec.holidays == Holidays(country="GB", subdivision="ENG")


def test_it_is_written_as_it_is_read() -> None:
    """What plan and export show."""
    written = read("week:\n  mon: 9:00-17:00\ndates: {12-25: closed}\n").model_dump(mode="json", by_alias=True)
    assert written == {
        "timeZone": None,
        "week": {"mon": ["09:00-17:00"]},
        "dates": {"12-25": []},
        "holidays": None,
    }


@pytest.mark.parametrize(("extra", "told"), REFUSED)
def test_what_does_not_fit_is_refused_at_its_place(extra: str, told: list[str]) -> None:
    problems = parse_file("f", office_hours("acme", "main", extra)).problems
    assert [f"{problem.mark} {problem.rule}" for problem in problems] == told
