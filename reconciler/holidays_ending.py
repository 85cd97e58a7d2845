"""Office hours whose holidays are written out by date, and not yet for the year to come. The day of today is handed in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from schema.dates import DateSpan
from schema.kinds.office_hours import OfficeHoursSpec
from schema.problem import Problem, Severity
from schema.resource import AnyResource, Resource, specs_of

HOLIDAYS_ENDING: Final = "holidays-ending"
AHEAD: Final = timedelta(days=92)
"""How long before a year begins its holidays should be known."""
FEWEST: Final = 2
"""One date on which an office is closed is an occasion; several are its holidays."""


def holidays_ending(resources: Iterable[AnyResource], today: date) -> Iterator[Problem]:
    """The office hours that have holidays up to the end of a year and none in the next, which is less than three months away."""
    coming = (today + AHEAD).year
    for office in specs_of(resources, OfficeHoursSpec):
        if office.spec.holidays is not None:
            continue
        closed = _closed(office)
        if len(closed) >= FEWEST and max(closed)[:4] == str(coming - 1):
            last = max(closed)
            yield Problem(
                mark=office.key_mark("spec", "dates", closed[last]),
                message=f"{office.ref} has holidays for {coming - 1}, the last on {last}, and none for {coming}: "
                "the office would be open then",
                hint="add those of the next year, write such as come every year without it (12-25), or name holidays.country",
                rule=HOLIDAYS_ENDING,
                severity=Severity.WARNING,
            )


def _closed(office: Resource[OfficeHoursSpec]) -> dict[str, str]:
    """The dates of one year on which nobody is there, by their last day, with how they are written."""
    spans = {key: DateSpan.of(key) for key, ranges in office.spec.dates.items() if not ranges}
    return {span.last: key for key, span in spans.items() if not span.is_yearly}
