"""Rules on office hours: references to them, and schedules that contradict themselves or can't be what was meant."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final, TypeAlias

from dialing.schedule import WEEKDAYS
from dialing.time_range import DAY, TimeRange
from schema.country import subdivisions_of
from schema.dates import DateSpan, Precedence
from schema.kinds.extension import ExtensionSpec
from schema.kinds.inbound_rule import InboundRuleSpec
from schema.kinds.office_hours import OfficeHoursSpec
from schema.kinds.tenant import TenantSpec
from schema.mark import Mark
from schema.mentions import names_of
from schema.nearest import one_of
from schema.problem import shown
from schema.resource import AnyResource, Resource, specs_of
from schema.rules.rule import Finding, TenantSubject
from schema.time_zone import data_year
from schema.weekdays import days_of

WEEK: Final = 7 * DAY
SUSPICIOUS_MINUTES: Final = 5
SHORTEST_DAY_MINUTES: Final = 240
EARLIEST_MINUTE: Final = 300
WORKDAYS: Final = range(5)

Office: TypeAlias = Resource[OfficeHoursSpec]


def office_hours_exist(subject: TenantSubject) -> Iterator[Finding]:
    """Office hours that the tenant does not have would leave open whether anybody is there; those of other tenants are theirs."""
    defined = {office.ref.name for office in _offices(subject)}
    if not subject.is_complete:
        return
    users: list[Resource[TenantSpec] | Resource[ExtensionSpec]] = [*specs_of(subject.resources, TenantSpec)]
    users += specs_of(subject.resources, ExtensionSpec)
    named: list[tuple[AnyResource, str, str | None]] = [(user, "officeHours", user.spec.office_hours) for user in users]
    named += [(rule, "hours", rule.spec.hours) for rule in specs_of(subject.resources, InboundRuleSpec)]
    named += [(resource, str(path[-1]), name) for resource, path, name in names_of(subject.mentions, "OfficeHours")]
    for user, field, name in named:
        if name is not None and name not in defined:
            yield Finding(
                user.mark("spec", field),
                f"{user.ref} has the {field} {shown(name)}, which Tenant {subject.tenant} does not have",
                f"define them, or correct the name: {one_of(name, sorted(defined))}",
            )


def weekday_twice(subject: TenantSubject) -> Iterator[Finding]:
    """Of two entries for one weekday, nobody could say which holds."""
    for office in _offices(subject):
        first: dict[int, str] = {}
        for key in office.spec.week:
            twice = [day for day in days_of(key) if first.setdefault(day, key) != key]
            if twice:
                named = ", ".join(WEEKDAYS[day] for day in twice)
                yield Finding(
                    office.key_mark("spec", "week", key),
                    f"{office.ref} has {named} twice: in {shown(first[twice[0]])} and in {shown(key)}",
                    "name each day once",
                )


def weekday_forgotten(subject: TenantSubject) -> Iterator[Finding]:
    """A working day without hours between two that have some is most often one that was forgotten."""
    for office in _offices(subject):
        hours = {day: ranges for key, ranges in office.spec.week.items() for day in days_of(key)}
        for day in WORKDAYS:
            before, after = (day - 1) % 7, (day + 1) % 7
            if day not in hours and hours.get(before) and hours.get(after):
                name = WEEKDAYS[day]
                yield Finding(
                    office.key_mark("spec", "week"),
                    f"{office.ref} has hours on {WEEKDAYS[before]} and {WEEKDAYS[after]}, but none on {name}",
                    f'add them, or write "{name}: closed" if that is meant',
                )


def hours_overlap(subject: TenantSubject) -> Iterator[Finding]:
    """Where two ranges overlap, one of them is not what was meant."""
    for office, one, other, gap in _neighbours(subject):
        if gap < 0:
            yield Finding(
                other.mark,
                f"{office.ref} has {one} and {other}, which overlap",
                "let one end before the other begins, or make one range of them",
            )


def hours_gap(subject: TenantSubject) -> Iterator[Finding]:
    """A gap of a few minutes is seldom meant: a range ends before the minute that it names, so 12:59 leaves the last minute out."""
    for office, one, other, gap in _neighbours(subject):
        if 0 < gap < SUSPICIOUS_MINUTES:
            unit = "minute" if gap == 1 else "minutes"
            end = "24:00" if other.range.start == 0 else str(other.range).partition("-")[0]
            yield Finding(
                one.mark,
                f"{office.ref} has {one} and {other}, with a gap of {gap} {unit}",
                f"write {end} as the end if they are to touch; an end is not part of its range",
            )


def hours_short(subject: TenantSubject) -> Iterator[Finding]:
    """A range of a few minutes is most often a slip of the hand."""
    for office in _offices(subject):
        by_place = {placed.mark: placed for placed in (*_of_week(office), *_of_all_dates(office))}
        for placed in by_place.values():
            minutes = placed.range.end - placed.range.start
            if minutes < SUSPICIOUS_MINUTES:
                unit = "minute" if minutes == 1 else "minutes"
                what = f"{office.ref} has {placed.range}, which is {minutes} {unit} long"
                yield Finding(placed.mark, what, "correct its end")


def hours_reversed(subject: TenantSubject) -> Iterator[Finding]:
    """A range that ends before it begins runs over midnight. One that is longer than half a day, among days that end before midnight, is
    most often the wrong way round.
    """
    for office in _offices(subject):
        by_place = {placed.mark: placed for placed in (*_of_week(office), *_of_all_dates(office))}
        if all(placed.range.runs_over_midnight for placed in by_place.values()):
            continue  # the hours of those who work at night
        for placed in by_place.values():
            hours = placed.range
            minutes = hours.end - hours.start
            # What is closed for an hour or two each day is open day and night on purpose, and no office opens at two in the morning.
            is_day = DAY // 2 < minutes <= DAY - SHORTEST_DAY_MINUTES and hours.end - DAY >= EARLIEST_MINUTE
            if is_day and hours.runs_over_midnight:
                day = TimeRange(hours.end - DAY, hours.start)
                length = f"{minutes / 60:g}"
                yield Finding(
                    placed.mark,
                    f"{office.ref} has {hours}, which is {length} hours long, over midnight",
                    f'write "{day}" if the day is meant',
                )


def never_open(subject: TenantSubject) -> Iterator[Finding]:
    """Office hours in which nobody is ever there would send every call elsewhere."""
    for office in _offices(subject):
        if not any((*office.spec.week.values(), *office.spec.dates.values())):
            yield Finding(
                office.key_mark("spec", "week"),
                f"{office.ref} is never open",
                'write hours, such as "mon-fri: 09:00-17:30"; without officeHours, people are always in hours',
            )


def date_twice(subject: TenantSubject) -> Iterator[Finding]:
    """Of two equally particular entries for one date, nobody could say which holds."""
    for office in _offices(subject):
        spans = sorted(
            (DateSpan.of(key).precedence, first, last, key)
            for key in office.spec.dates
            for first, last in DateSpan.of(key).days()
        )
        told: set[str] = set()
        latest = (Precedence.YEARLY_RANGE, -1, "")
        for precedence, first, last, key in spans:
            other = latest[2]
            if precedence == latest[0] and first <= latest[1] and not {f"{other} {key}", f"{key} {other}"} & told:
                told.add(f"{other} {key}")
                day = date.fromordinal(first).isoformat()
                shown_day = day[5:] if DateSpan.of(key).is_yearly else day
                yield Finding(
                    office.key_mark("spec", "dates", key),
                    f"{office.ref} has {shown_day} twice: in {shown(other)} and in {shown(key)}",
                    "name each date once; a single date may stand within a range, and any within what comes every year",
                )
            if (precedence, last) > latest[:2]:
                latest = (precedence, last, key)


def date_past(subject: TenantSubject) -> Iterator[Finding]:
    """A date of a past year changes nothing any more; most often its year is wrong. No clock is asked: the year is the zone data's."""
    for office in _offices(subject):
        for key in office.spec.dates:
            span = DateSpan.of(key)
            if not span.is_yearly and int(span.last[:4]) < data_year():
                yield Finding(
                    office.key_mark("spec", "dates", key),
                    f"{office.ref} has hours for {key}, which is past",
                    f'correct the year, remove it, or write "{span.first[5:]}" for every year',
                )


def holiday_subdivision(subject: TenantSubject) -> Iterator[Finding]:
    """A part of a country that is not known has no holidays, and the office would be open on them."""
    for office in _offices(subject):
        holidays = office.spec.holidays
        if holidays is None or holidays.subdivision is None:
            continue
        known = subdivisions_of(holidays.country)
        if holidays.subdivision not in known:
            what = f"the subdivision {shown(holidays.subdivision)}, which {holidays.country} does not have"
            yield Finding(
                office.mark("spec", "holidays", "subdivision"),
                f"{office.ref} has {what}",
                f"correct it: {one_of(holidays.subdivision, known)}" if known else "remove it: there is none",
            )


@dataclass(frozen=True, slots=True)
class _Placed:
    """A range with its place: `at` is the minute of the week, or of the date, from which its own minutes count."""

    day: str
    at: int
    range: TimeRange
    mark: Mark

    @property
    def start(self) -> int:
        return self.at + self.range.start

    @property
    def end(self) -> int:
        return self.at + self.range.end

    def __str__(self) -> str:
        return f"{self.day} {self.range}"


def _offices(subject: TenantSubject) -> list[Office]:
    return specs_of(subject.resources, OfficeHoursSpec)


def _neighbours(subject: TenantSubject) -> Iterator[tuple[Office, _Placed, _Placed, int]]:
    """Yield the ranges that follow each other, each pair of places once, with the minutes between them."""
    for office in _offices(subject):
        yield from _told_once(office, _pairs(_of_week(office), WEEK))
        for key in office.spec.dates:
            span = DateSpan.of(key)
            period = None if span.first == span.last else DAY
            yield from _told_once(office, _pairs(_of_dates(office, key), period))


def _told_once(
    office: Office, pairs: Iterable[tuple[_Placed, _Placed, int]]
) -> Iterator[tuple[Office, _Placed, _Placed, int]]:
    told: set[tuple[Mark, Mark, int]] = set()
    for one, other, gap in pairs:
        if (one.mark, other.mark, gap) not in told:
            told.add((one.mark, other.mark, gap))
            yield office, one, other, gap


def _pairs(placed: Iterable[_Placed], period: int | None) -> Iterator[tuple[_Placed, _Placed, int]]:
    """Yield each range with the one before it that ends last; `period`: after how many minutes the first follows again."""
    ordered = sorted(placed, key=lambda one: one.start)
    if not ordered:
        return
    latest = ordered[0]
    for _, other in pairwise(ordered):
        yield latest, other, other.start - latest.end
        latest = max(latest, other, key=lambda one: one.end)
    if period is not None:
        yield latest, ordered[0], ordered[0].start + period - latest.end


def _of_week(office: Office) -> Iterator[_Placed]:
    """Yield the ranges of all weekdays; of a day that is named twice, those that stand first."""
    seen: set[int] = set()
    for key, ranges in office.spec.week.items():
        for day in days_of(key):
            if day in seen:
                continue
            seen.add(day)
            for index, hours in enumerate(ranges):
                yield _Placed(WEEKDAYS[day], day * DAY, hours, office.mark("spec", "week", key, index))


def _of_all_dates(office: Office) -> Iterator[_Placed]:
    for key in office.spec.dates:
        yield from _of_dates(office, key)


def _of_dates(office: Office, key: str) -> Iterator[_Placed]:
    for index, hours in enumerate(office.spec.dates[key]):
        yield _Placed(key, 0, hours, office.mark("spec", "dates", key, index))
