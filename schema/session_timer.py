"""`System.spec.sip.sessionTimer`: how calls whose phones have vanished are noticed (RFC 4028)."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from schema.duration import Duration
from schema.field_type import refusal
from schema.not_yet import NotYet
from schema.resource import Part

# RFC 4028 §4: no less than 90 s.
_Interval = Duration(timedelta(seconds=90), timedelta(hours=24))


class SessionTimer(Part):
    """We ask both sides of a call again each interval, and end it if one does not answer properly."""

    enabled: Annotated[bool, NotYet(), Field(description="true: calls are refreshed each interval.")] = False
    interval: Annotated[
        timedelta, _Interval, NotYet(), Field(description="How long a call goes on without being refreshed.")
    ] = timedelta(seconds=120)
    minimum: Annotated[
        timedelta,
        _Interval,
        NotYet(),
        Field(description="A phone that wants a shorter interval is told this one (422)."),
    ] = timedelta(seconds=90)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.minimum > self.interval:
            told = f"{self.minimum.total_seconds():.0f}s, above the interval of {self.interval.total_seconds():.0f}s"
            raise refusal("session-order", f"has a minimum of {told}", "write minimum <= interval")
        return self
