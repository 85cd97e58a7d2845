"""`OfficeHours`: when somebody is there, by weekday and by date, in a time zone. Whose they are, Tenant and Extension say."""

from typing import Annotated, Literal

from pydantic import Field

from schema.country import Country, Subdivision
from schema.dates import Dates
from schema.day_hours import DayHours
from schema.resource import Manifest, Part, Spec, TenantMetadata
from schema.time_zone import TimeZone
from schema.weekdays import Weekdays


class Holidays(Part):
    """The public holidays on which nobody is there."""

    country: Annotated[Country, Field(description="The country, by its two letters; closed on its public holidays.")]
    subdivision: Annotated[
        Subdivision | None, Field(description="The part of the country that has holidays of its own, by its code.")
    ] = None


class OfficeHoursSpec(Spec):
    """When somebody is there."""

    time_zone: Annotated[
        TimeZone | None, Field(description="The time zone whose clocks are meant; default: the tenant's.")
    ] = None
    week: Annotated[
        dict[Weekdays, DayHours],
        Field(description="Weekdays with their hours; a day that is not named is closed."),
    ]
    dates: Annotated[
        dict[Dates, DayHours],
        Field(
            description="Dates with other hours than their weekday; they go before public holidays.",
            default_factory=dict,
        ),
    ]
    holidays: Annotated[
        Holidays | None, Field(description="The public holidays on which nobody is there; default: none.")
    ] = None


class OfficeHours(Manifest):
    """When somebody is there: hours by weekday and by date, with the public holidays of a country."""

    kind: Annotated[Literal["OfficeHours"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: OfficeHoursSpec
