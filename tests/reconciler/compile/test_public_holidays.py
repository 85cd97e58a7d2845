"""Calendars of countries: what they hold does not depend on the machine."""

import subprocess
import sys
from datetime import date

from dialing.calendar import YEARS
from reconciler.compile.public_holidays import public_holidays

CHRISTMAS = date(2026, 12, 25).toordinal()


def test_the_holidays_of_a_part_of_a_country() -> None:
    england, scotland = public_holidays("GB", "ENG"), public_holidays("GB", "SCT")
    assert england.name == "GB-ENG"
    assert england.holiday(CHRISTMAS) == "Christmas Day"
    assert england.holiday(CHRISTMAS - 1) is None
    day = date(2026, 11, 30).toordinal()
    assert (england.holiday(day), scotland.holiday(day)) == (None, "Saint Andrew's Day")


def test_a_country_as_a_whole() -> None:
    germany = public_holidays("DE", None)
    assert germany.name == "DE"
    assert germany.holiday(date(2026, 10, 3).toordinal()) == "Tag der Deutschen Einheit"


def test_it_covers_the_years_and_no_other() -> None:
    years = {date.fromordinal(day).year for day in public_holidays("GB", "ENG").dates}
    assert years == set(YEARS)


def test_a_country_whose_moon_dates_are_known_for_fewer_years_is_taken_as_it_is() -> None:
    """The package warns of it, and warnings are errors here."""
    assert public_holidays("IN", None).holiday(date(2049, 8, 15).toordinal()) == "Independence Day"


def test_the_machines_language_does_not_matter() -> None:
    code = "from reconciler.compile.public_holidays import public_holidays; print(repr(public_holidays('DE', 'BY')))"
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"LANGUAGE": language, "PYTHONPATH": ".", "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            check=True,
            encoding="utf-8",
        ).stdout
        for language in ("en_US", "de", "uk")
    }
    assert len(told) == 1
