"""`OfficeHours` to `OfficeHoursConfig`: days and dates are laid out, so that asking costs a look-up."""

from __future__ import annotations

from collections.abc import Mapping

from dialing.schedule import WEEKDAYS, DatedHours, Schedule
from dialing.time_range import TimeRange
from engine.config.office_hours import OfficeHoursConfig
from reconciler.compile.public_holidays import public_holidays
from reconciler.compile.time_zone import time_zone
from schema.dates import DateSpan
from schema.kinds.office_hours import OfficeHoursSpec
from schema.resource import ResourceRef
from schema.weekdays import days_of


def compile_office_hours(ref: ResourceRef, spec: OfficeHoursSpec) -> OfficeHoursConfig:
    holidays = spec.holidays
    return OfficeHoursConfig(
        tenant=ref.tenant or "",
        name=ref.name,
        schedule=Schedule(
            week=_week(spec.week),
            dates=_dates(spec.dates),
            calendar=public_holidays(holidays.country, holidays.subdivision) if holidays is not None else None,
        ),
        zone=time_zone(spec.time_zone) if spec.time_zone is not None else None,
    )


def _week(written: Mapping[str, tuple[TimeRange, ...]]) -> tuple[tuple[TimeRange, ...], ...]:
    by_day = {day: ranges for key, ranges in written.items() for day in days_of(key)}
    return tuple(_sorted(by_day.get(day, ())) for day in range(len(WEEKDAYS)))


def _dates(written: Mapping[str, tuple[TimeRange, ...]]) -> tuple[DatedHours, ...]:
    """Each date with the most particular entry that names it, in spans that do not overlap."""
    by_day: dict[int, str] = {}
    for key in sorted(written, key=lambda key: (DateSpan.of(key).precedence, key)):
        for first, last in DateSpan.of(key).days():
            by_day.update(dict.fromkeys(range(first, last + 1), key))
    spans: list[DatedHours] = []
    for day, key in sorted(by_day.items()):
        if spans and spans[-1].last == day - 1 and spans[-1].written == key:
            day_before = spans.pop()
            first = day_before.first
        else:
            first = day
        spans.append(DatedHours(first=first, last=day, ranges=_sorted(written[key]), written=key))
    return tuple(spans)


def _sorted(ranges: tuple[TimeRange, ...]) -> tuple[TimeRange, ...]:
    return tuple(sorted(ranges, key=lambda hours: hours.start))
