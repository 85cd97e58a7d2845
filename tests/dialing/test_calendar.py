"""Calendars of public holidays."""

from datetime import date

from dialing.calendar import Calendar

CHRISTMAS, BOXING = date(2026, 12, 25).toordinal(), date(2026, 12, 26).toordinal()
CALENDAR = Calendar(name="GB-ENG", dates=(CHRISTMAS, BOXING), holidays=(1, 0), names=("Boxing Day", "Christmas Day"))


def test_a_holiday_is_found_by_its_date() -> None:
    found = [CALENDAR.holiday(CHRISTMAS + ahead) for ahead in range(-1, 3)]
    assert found == [None, "Christmas Day", "Boxing Day", None]


def test_people_see_the_name() -> None:
    assert str(CALENDAR) == "GB-ENG"
