"""The rules on office hours: planted faults and clean twins."""

import pytest

from schema.manifest_set import HeldBack, load
from tests.support.manifests import ACME, GOOD, documents, extension, office_hours, tenant

WEEK = "week:\n  mon-fri: 09:00-17:30\n"


def lines(*extra: str) -> list[str]:
    """Return the problems of the good set with more documents for acme, without the place's file."""
    files = GOOD | {"acme.yaml": documents(ACME, *extra)}
    return [str(problem).removeprefix("acme.yaml:") for problem in load(files.items()).report]


def of_hours(spec: str) -> list[str]:
    """Return the problems of one OfficeHours, whose spec begins in line 23."""
    return lines(office_hours("acme", "main", spec))


# References.


def test_an_extension_without_its_hours() -> None:
    assert lines(office_hours("acme", "main"), extension("acme", "103", "officeHours: mian\n")) == [
        (
            '30:16: Extension acme/103 has the officeHours "mian", which Tenant acme does not have; '
            'define them, or correct the name: did you mean "main"? [office-hours-exist]'
        )
    ]


def test_a_tenant_without_its_hours() -> None:
    files = GOOD | {"new.yaml": tenant("new", "new.example", "officeHours: main\n")}
    assert [str(problem) for problem in load(files.items()).report] == [
        (
            'new.yaml:6:16: Tenant new has the officeHours "main", which Tenant new does not have; '
            "define them, or correct the name: there is none [office-hours-exist]"
        )
    ]


def test_hours_of_another_tenant_are_none_of_ones_own() -> None:
    files = GOOD | {"new.yaml": documents(tenant("new", "new.example"), office_hours("new", "main"))}
    files["acme.yaml"] = documents(ACME, extension("acme", "103", "officeHours: main\n"))
    assembly = load(files.items())
    assert [problem.rule for problem in assembly.report] == ["office-hours-exist"]
    assert isinstance(assembly.tenants["acme"], HeldBack)
    assert set(assembly.catalog.tenants) == {"globex", "new"}


def test_hours_that_are_there_are_fine() -> None:
    assert lines(office_hours("acme", "main"), extension("acme", "103", "officeHours: main\n")) == []


def test_hours_with_a_fault_of_their_own_are_not_called_missing() -> None:
    faulty = office_hours("acme", "main", "week: {}\ncolour: red\n")
    found = lines(faulty, extension("acme", "103", "officeHours: main\n"))
    assert [line.split()[-1] for line in found] == ["[unknown-field]"]


# Weeks.

FAULTS = [
    (
        "week:\n  mon-fri: 09:00-17:30\n  fri-sat: 09:00-12:00\n",
        '25:5: OfficeHours acme/main has fri twice: in "mon-fri" and in "fri-sat"; name each day once [weekday-twice]',
    ),
    (
        "week:\n  mon-tue: 09:00-17:30\n  thu-fri: 09:00-17:30\n",
        (
            "23:3: warning: OfficeHours acme/main has hours on tue and thu, but none on wed; "
            'add them, or write "wed: closed" if that is meant [weekday-forgotten]'
        ),
    ),
    (
        'week:\n  mon-fri: ["09:00-13:00", "12:00-17:30"]\n',
        (
            "24:30: OfficeHours acme/main has mon 09:00-13:00 and mon 12:00-17:30, which overlap; "
            "let one end before the other begins, or make one range of them [hours-overlap]"
        ),
    ),
    (
        "week:\n  sun: 22:00-06:00\n  mon-fri: 05:00-12:00\n",
        (
            "25:14: OfficeHours acme/main has sun 22:00-06:00 and mon 05:00-12:00, which overlap; "
            "let one end before the other begins, or make one range of them [hours-overlap]"
        ),
    ),
    (
        'week:\n  mon: ["08:00-18:00", "09:00-10:00", "11:00-12:00"]\n  wed: ["08:00-09:00"]\n  tue: closed\n',
        (
            "24:26: OfficeHours acme/main has mon 08:00-18:00 and mon 09:00-10:00, which overlap; "
            "let one end before the other begins, or make one range of them [hours-overlap]\n"
            "24:41: OfficeHours acme/main has mon 08:00-18:00 and mon 11:00-12:00, which overlap; "
            "let one end before the other begins, or make one range of them [hours-overlap]"
        ),
    ),
    (
        'week:\n  mon-fri: ["09:00-12:59", "13:00-17:30"]\n',
        (
            "24:15: warning: OfficeHours acme/main has mon 09:00-12:59 and mon 13:00-17:30, with a gap of 1 minute; "
            "write 13:00 as the end if they are to touch; an end is not part of its range [hours-gap]"
        ),
    ),
    (
        "week:\n  mon-sun: 00:00-23:59\n",
        (
            "24:14: warning: OfficeHours acme/main has mon 00:00-23:59 and tue 00:00-23:59, with a gap of 1 minute; "
            "write 24:00 as the end if they are to touch; an end is not part of its range [hours-gap]"
        ),
    ),
    (
        "week:\n  mon-fri: 09:00-09:03\n",
        "24:14: warning: OfficeHours acme/main has 09:00-09:03, which is 3 minutes long; correct its end [hours-short]",
    ),
    (
        "week:\n  mon: 17:00-09:00\n  tue: 09:00-17:00\n",
        (
            "24:10: warning: OfficeHours acme/main has 17:00-09:00, which is 16 hours long, over midnight; "
            'write "09:00-17:00" if the day is meant [hours-reversed]'
        ),
    ),
    (
        "week:\n  mon-sun: closed\n",
        (
            '23:3: OfficeHours acme/main is never open; write hours, such as "mon-fri: 09:00-17:30"; '
            "without officeHours, people are always in hours [never-open]"
        ),
    ),
    (
        "week: {}\n",
        (
            '23:3: OfficeHours acme/main is never open; write hours, such as "mon-fri: 09:00-17:30"; '
            "without officeHours, people are always in hours [never-open]"
        ),
    ),
    (
        WEEK + 'dates:\n  2026-12-24: ["09:00-12:00", "11:00-13:00"]\n',
        (
            "26:33: OfficeHours acme/main has 2026-12-24 09:00-12:00 and 2026-12-24 11:00-13:00, which overlap; "
            "let one end before the other begins, or make one range of them [hours-overlap]"
        ),
    ),
    (
        WEEK + 'dates:\n  2048-12-24/2048-12-26: ["22:00-06:00", "05:00-09:00"]\n',
        (
            "26:44: OfficeHours acme/main has 2048-12-24/2048-12-26 22:00-06:00 and "
            "2048-12-24/2048-12-26 05:00-09:00, which overlap; "
            "let one end before the other begins, or make one range of them [hours-overlap]"
        ),
    ),
    (
        WEEK + "dates:\n  2048-12-24/2048-12-28: closed\n  2048-12-28/2048-12-31: 09:00-12:00\n",
        (
            '27:5: OfficeHours acme/main has 2048-12-28 twice: in "2048-12-24/2048-12-28" and in "2048-12-28/2048-12-31"; '
            "name each date once; a single date may stand within a range, and any within what comes every year [date-twice]"
        ),
    ),
    (
        WEEK + "dates:\n  12-24/01-02: closed\n  01-01/01-05: 09:00-12:00\n",
        (
            '27:5: OfficeHours acme/main has 01-01 twice: in "12-24/01-02" and in "01-01/01-05"; '
            "name each date once; a single date may stand within a range, and any within what comes every year [date-twice]"
        ),
    ),
    (
        WEEK + "dates:\n  2020-12-24: closed\n",
        (
            "26:5: warning: OfficeHours acme/main has hours for 2020-12-24, which is past; "
            'correct the year, remove it, or write "12-24" for every year [date-past]'
        ),
    ),
    (
        WEEK + "holidays: {country: GB, subdivision: EN}\n",
        (
            '25:40: OfficeHours acme/main has the subdivision "EN", which GB does not have; '
            'correct it: did you mean "ENG"? [holiday-subdivision]'
        ),
    ),
    (
        WEEK + "holidays: {country: AQ, subdivision: X}\n",
        '25:40: OfficeHours acme/main has the subdivision "X", which AQ does not have; remove it: there is none [holiday-subdivision]',
    ),
]


@pytest.mark.parametrize(("spec", "told"), FAULTS, ids=[told.rpartition("[")[2] for _, told in FAULTS])
def test_a_planted_fault(spec: str, told: str) -> None:
    assert of_hours(spec) == told.split("\n")


TWINS = [
    "week:\n  mon-sun: 18:00-08:00\n",
    "week:\n  mon-thu: 09:00-17:00\n  fri: 09:00-02:00\n",
    "week:\n  mon-thu: 09:00-17:00\n  fri-sun: 22:00-06:00\n",
    "week:\n  mon-thu: 09:00-17:30\n  fri-sat: 09:00-12:00\n",
    "week:\n  mon-tue: 09:00-17:30\n  wed: closed\n  thu-fri: 09:00-17:30\n",
    "week:\n  mon-tue: 09:00-17:30\n  thu: closed\n",
    "week:\n  sat: 09:00-17:30\n  mon-fri: 09:00-17:30\n",
    'week:\n  mon-fri: ["09:00-13:00", "13:00-17:30"]\n',
    "week:\n  sun: 22:00-06:00\n  mon-fri: 06:00-12:00\n",
    "week:\n  mon-sun: 00:00-24:00\n",
    "week:\n  mon-sun: 22:00-22:00\n".replace("22:00-22:00", "06:00-05:00"),
    "week:\n  mon-fri: closed\ndates:\n  2048-12-24: 09:00-12:00\n",
    WEEK
    + "dates:\n  2048-12-24/2048-12-28: closed\n  2048-12-25: 09:00-12:00\n  12-25: closed\n  12-24/12-31: closed\n",
    WEEK + "dates:\n  12-24: closed\n  12-25: closed\n  2048-01-01/2048-01-02: closed\n  2048-01-03: closed\n",
    WEEK + "holidays: {country: GB, subdivision: ENG}\n",
    WEEK + "holidays: {country: GB}\n",
]


@pytest.mark.parametrize("spec", TWINS)
def test_a_clean_twin(spec: str) -> None:
    assert of_hours(spec) == []


def test_a_day_named_twice_is_not_also_said_to_overlap() -> None:
    found = of_hours("week:\n  mon: 09:00-17:30\n  mon-fri: 09:00-17:30\n")
    assert [line.split()[-1] for line in found] == ["[weekday-twice]"]


def test_a_warning_holds_nothing_back() -> None:
    files = GOOD | {"acme.yaml": documents(ACME, office_hours("acme", "main", "week: {mon-sun: '00:00-23:59'}\n"))}
    assembly = load(files.items())
    assert not assembly.report.has_errors
    assert set(assembly.catalog.tenants) == {"acme", "globex"}
