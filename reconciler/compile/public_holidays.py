"""The public holidays of a country, from the holidays package, as the dates that the engine carries.

Names are in the country's own language, whatever that of the machine. Where the package knows fewer years (some countries announce
theirs year by year), the calendar ends earlier. Dates that follow the moon are estimates until they are announced.
"""

from __future__ import annotations

import warnings
from functools import cache

from dialing.calendar import YEARS, Calendar


@cache
def public_holidays(country: str, subdivision: str | None) -> Calendar:
    """The calendar of an ISO 3166 country. The schema's rules saw to it that the package knows it."""
    # Imported late: it takes longer than all else of a compile, and most manifests need no calendar.
    import holidays

    language = getattr(holidays, country).default_language
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it knows fewer years
        found = holidays.country_holidays(country, subdiv=subdivision, years=YEARS, language=language)
    by_date = sorted((day.toordinal(), name) for day, name in found.items() if day.year in YEARS)
    names = tuple(sorted({name for _, name in by_date}))
    index = {name: number for number, name in enumerate(names)}
    return Calendar(
        name=country if subdivision is None else f"{country}-{subdivision}",
        dates=tuple(day for day, _ in by_date),
        holidays=tuple(index[name] for _, name in by_date),
        names=names,
    )
