"""`System.spec.logging`: how much the server tells of itself."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from schema.duration import Duration
from schema.not_yet import NotYet
from schema.resource import Part


class LogSettings(Part):
    """How much the server tells of itself; metrics are there at any time."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        NotYet(),
        Field(description="What is written into the log, if --log-level says nothing else."),
    ] = "info"
    statistics_interval: Annotated[
        timedelta,
        Duration(timedelta(seconds=10), timedelta(hours=24)),
        NotYet(),
        Field(description="How often a line of the log sums up calls, registrations and messages."),
    ] = timedelta(minutes=10)
