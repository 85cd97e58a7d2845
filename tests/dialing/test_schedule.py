"""Schedules: weeks, dates, holidays, nights, the doubled and the missing hour; and what is said of them."""

import pickle
import time
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialing.calendar import Calendar
from dialing.schedule import SEARCHED_DAYS, DatedHours, Schedule
from dialing.time_range import DAY, TimeRange
from dialing.time_zone import UTC as NO_OFFSET
from dialing.time_zone import TimeZone
from reconciler.compile.time_zone import time_zone, zone_info

ZONES = [
    "Europe/London",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "America/St_Johns",
    "Pacific/Chatham",
]
LONDON = time_zone("Europe/London")
CLOSED: tuple[TimeRange, ...] = ()


def hours(text: str) -> TimeRange:
    start, end = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    return TimeRange(start, end if end > start else end + DAY)


def week(**days: str) -> tuple[tuple[TimeRange, ...], ...]:
    """A week; each day's ranges stand in one text, parted by spaces."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return tuple(tuple(map(hours, days.get(name, days.get("every", "")).split())) for name in names)


def dated(first: str, *ranges: str, last: str = "") -> DatedHours:
    begin, end = (date.fromisoformat(text).toordinal() for text in (first, last or first))
    return DatedHours(first=begin, last=end, ranges=tuple(map(hours, ranges)), written=first)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


OFFICE = Schedule(
    week=week(mon="09:00-17:30", tue="09:00-12:30 13:30-17:30", fri="22:00-06:00"),
    dates=(
        dated("2026-11-30", "10:00-12:00"),
        dated("2026-12-21", last="2027-01-03"),
        dated("2027-01-04", "22:00-02:00"),
    ),
    calendar=Calendar(name="XX", dates=(date(2026, 12, 1).toordinal(),), holidays=(0,), names=("Founders' Day",)),
)
# 2026-11-23 is a Monday.
ASKED = [
    ("2026-11-23 08:59:59.999999", False, "Mon 2026-11-23 08:59 in UTC is out of hours: mon 09:00-17:30"),
    ("2026-11-23 09:00", True, "Mon 2026-11-23 09:00 in UTC is in hours: mon 09:00-17:30"),
    ("2026-11-23 17:29:59.999999", True, "Mon 2026-11-23 17:29 in UTC is in hours: mon 09:00-17:30"),
    ("2026-11-23 17:30", False, "Mon 2026-11-23 17:30 in UTC is out of hours: mon 09:00-17:30"),
    ("2026-11-24 12:45", False, "Tue 2026-11-24 12:45 in UTC is out of hours: tue 09:00-12:30, 13:30-17:30"),
    ("2026-11-24 13:30", True, "Tue 2026-11-24 13:30 in UTC is in hours: tue 13:30-17:30"),
    ("2026-11-25 12:00", False, "Wed 2026-11-25 12:00 in UTC is out of hours: wed closed"),
    ("2026-11-27 23:59", True, "Fri 2026-11-27 23:59 in UTC is in hours: fri 22:00-06:00"),
    ("2026-11-28 05:59", True, "Sat 2026-11-28 05:59 in UTC is in hours: fri 22:00-06:00"),
    ("2026-11-28 06:00", False, "Sat 2026-11-28 06:00 in UTC is out of hours: sat closed"),
    ("2026-11-27 05:00", False, "Fri 2026-11-27 05:00 in UTC is out of hours: fri 22:00-06:00"),
    ("2026-11-30 09:30", False, "Mon 2026-11-30 09:30 in UTC is out of hours: dates 2026-11-30 10:00-12:00"),
    ("2026-11-30 11:00", True, "Mon 2026-11-30 11:00 in UTC is in hours: dates 2026-11-30 10:00-12:00"),
    ("2026-12-01 10:00", False, "Tue 2026-12-01 10:00 in UTC is out of hours: Founders' Day (XX), closed"),
    ("2026-12-25 23:00", False, "Fri 2026-12-25 23:00 in UTC is out of hours: dates 2026-12-21 closed"),
    ("2026-12-26 05:00", False, "Sat 2026-12-26 05:00 in UTC is out of hours: dates 2026-12-21 closed"),
    ("2027-01-04 23:00", True, "Mon 2027-01-04 23:00 in UTC is in hours: dates 2027-01-04 22:00-02:00"),
    ("2027-01-05 01:00", True, "Tue 2027-01-05 01:00 in UTC is in hours: dates 2027-01-04 22:00-02:00"),
    (
        "2050-01-03 10:00",
        True,
        (
            "Mon 2050-01-03 10:00 in UTC is in hours: mon 09:00-17:30 "
            "(clock changes, holidays and yearly dates are known from 2020 to 2049 only)"
        ),
    ),
]


@pytest.mark.parametrize(("at", "is_open", "why"), ASKED, ids=[row[0] for row in ASKED])
def test_an_instant(at: str, is_open: bool, why: str) -> None:
    assert OFFICE.is_open(utc(at), NO_OFFSET) is is_open
    found = OFFICE.hours(utc(at), NO_OFFSET)
    assert (found.is_open, found.why) == (is_open, why)


def test_a_night_ends_at_midnight_where_a_date_begins() -> None:
    """The date speaks for its whole day; the weekday after it gets its own nights back."""
    nights = Schedule(week=week(every="22:00-06:00"), dates=(dated("2026-12-25"),))
    shown = {
        text: nights.is_open(utc(f"2026-12-{text}"), NO_OFFSET)
        for text in ("24 23:59", "25 00:00", "25 23:00", "26 03:00")
    }
    assert shown == {"24 23:59": True, "25 00:00": False, "25 23:00": False, "26 03:00": False}
    assert nights.is_open(utc("2026-12-26 22:00"), NO_OFFSET)


def test_an_instant_is_the_same_in_any_zone_it_is_written_in() -> None:
    at = datetime(2026, 11, 23, 18, 0, tzinfo=timezone(timedelta(hours=9)))
    assert OFFICE.is_open(at, NO_OFFSET)


def test_an_instant_without_a_zone_is_none() -> None:
    with pytest.raises(ValueError, match="needs its time zone"):
        OFFICE.is_open(datetime(2026, 11, 23), NO_OFFSET)  # noqa: DTZ001  # the point


# The doubled and the missing hour. London: 2026-03-29 01:00 becomes 02:00, 2026-10-25 02:00 becomes 01:00. Both are Sundays.

CLOCKS = [
    ("a range in the missing hour does not take place", "01:15-01:45", []),
    ("one that begins in it begins with the jump", "01:30-03:00", [("01:00", "02:00")]),
    ("one that ends in it ends with the jump", "00:30-01:30", [("00:30", "01:00")]),
    ("one around it is an hour shorter", "00:00-04:00", [("00:00", "03:00")]),
]
DOUBLED = [
    ("a range in the doubled hour takes place twice", "01:15-01:45", [("00:15", "00:45"), ("01:15", "01:45")]),
    ("one that begins in it begins twice", "01:30-03:00", [("00:30", "01:00"), ("01:30", "03:00")]),
    ("one that ends in it ends twice", "00:30-01:30", [("23:30", "00:30"), ("01:00", "01:30")]),
    ("one around it is an hour longer", "00:00-04:00", [("23:00", "04:00")]),
]


def spans_open(schedule: Schedule, zone: TimeZone, after: datetime, until: datetime) -> list[tuple[str, str]]:
    """When it is open between two instants, as `next_change` says, in UTC."""
    changes: list[datetime] = []
    at: datetime | None = schedule.next_change(after, zone)
    while at is not None and at <= until:
        changes.append(at)
        at = schedule.next_change(at, zone)
    return [(f"{begin:%H:%M}", f"{end:%H:%M}") for begin, end in zip(changes[::2], changes[1::2], strict=True)]


@pytest.mark.parametrize(("range_", "spans"), [row[1:] for row in CLOCKS], ids=[row[0] for row in CLOCKS])
def test_the_missing_hour(range_: str, spans: list[tuple[str, str]]) -> None:
    schedule = Schedule(week=week(sun=range_))
    assert spans_open(schedule, LONDON, utc("2026-03-28 12:00"), utc("2026-03-30 12:00")) == spans


@pytest.mark.parametrize(("range_", "spans"), [row[1:] for row in DOUBLED], ids=[row[0] for row in DOUBLED])
def test_the_doubled_hour(range_: str, spans: list[tuple[str, str]]) -> None:
    schedule = Schedule(week=week(sun=range_))
    assert spans_open(schedule, LONDON, utc("2026-10-24 12:00"), utc("2026-10-26 12:00")) == spans


def test_half_an_hour_is_doubled_on_lord_howe() -> None:
    """2026-04-05 02:00 becomes 01:30."""
    schedule = Schedule(week=week(sun="01:30-02:00"))
    lord_howe = time_zone("Australia/Lord_Howe")
    assert spans_open(schedule, lord_howe, utc("2026-04-04 00:00"), utc("2026-04-06 00:00")) == [("14:30", "15:30")]


def test_a_skipped_day_is_never_open() -> None:
    """Samoa had no 2011-12-30, a Friday."""
    apia = time_zone("Pacific/Apia", range(2011, 2013))
    schedule = Schedule(week=week(fri="00:00-24:00"))
    assert spans_open(schedule, apia, utc("2011-12-27 00:00"), utc("2012-01-02 00:00")) == []


# Properties, against zoneinfo.

minutes = st.integers(0, DAY - 1)
ranges = st.builds(lambda start, length: TimeRange(start, start + length), minutes, st.integers(1, DAY))
weeks = st.tuples(*[st.lists(ranges, max_size=3).map(tuple)] * 7)
instants = st.datetimes(datetime(2020, 1, 2), datetime(2049, 12, 30)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
near_changes = st.builds(
    lambda zone, pick, seconds: (
        zone,
        (time_zone(zone).starts or (1774746000,))[pick % (len(time_zone(zone).starts) or 1)] + seconds,
    ),
    st.sampled_from(ZONES),
    st.integers(0, 1000),
    st.integers(-7200, 7200),
).map(lambda found: (found[0], datetime.fromtimestamp(found[1], UTC)))
anywhere = st.tuples(st.sampled_from(ZONES), instants) | near_changes


def is_open_by_zoneinfo(schedule: Schedule, at: datetime, zone: ZoneInfo) -> bool:
    """The definition, once more and slowly: what the wall shows is compared with the ranges of today and of last night."""
    wall = at.astimezone(zone)
    minute = wall.hour * 60 + wall.minute
    yesterday = schedule.week[(wall.weekday() - 1) % 7]
    return any(r.start <= minute < r.end for r in schedule.week[wall.weekday()]) or any(
        r.start <= minute + DAY < r.end for r in yesterday
    )


@given(weeks, anywhere)
def test_a_week_is_what_zoneinfo_shows(week_: tuple[tuple[TimeRange, ...], ...], where: tuple[str, datetime]) -> None:
    zone, at = where
    schedule = Schedule(week=week_)
    assert schedule.is_open(at, time_zone(zone)) == is_open_by_zoneinfo(schedule, at, zone_info(zone))
    assert schedule.hours(at, time_zone(zone)).is_open == schedule.is_open(at, time_zone(zone))


@given(weeks, anywhere, st.integers(0, 999))
def test_nothing_changes_before_the_next_change(
    week_: tuple[tuple[TimeRange, ...], ...], where: tuple[str, datetime], share: int
) -> None:
    name, at = where
    zone = time_zone(name)
    schedule = Schedule(week=week_, dates=(dated("2026-10-25", "01:10-01:20"),))
    change = schedule.next_change(at, zone)
    until = change if change is not None else at + timedelta(days=SEARCHED_DAYS)
    between = at + (until - at) * share // 1000
    assert schedule.is_open(between, zone) == schedule.is_open(at, zone)
    if change is not None:
        assert at < change
        assert schedule.is_open(change, zone) != schedule.is_open(at, zone)
        assert schedule.is_open(change - timedelta(seconds=1), zone) == schedule.is_open(
            at, zone
        ) or change - at < timedelta(seconds=1)


def test_what_never_changes_says_so() -> None:
    always = Schedule(week=week(every="00:00-24:00"))
    assert always.next_change(utc("2026-11-23 09:00"), LONDON) is None


# As a value.


def test_it_travels_and_stays_equal() -> None:
    assert pickle.loads(pickle.dumps(OFFICE)) == OFFICE
    assert repr(pickle.loads(pickle.dumps(OFFICE))) == repr(OFFICE)


def test_asking_is_cheap() -> None:
    """Within 5 us on the reference machine; the bound here is for a busy one."""
    at = utc("2026-11-23 19:00")

    def one_run() -> float:
        begin = time.perf_counter()
        for _ in range(1000):
            OFFICE.is_open(at, LONDON)
        return (time.perf_counter() - begin) / 1000

    assert min(one_run() for _ in range(20)) < 20e-6
