"""`CallReport`: records of calls that are mailed as CSV, again and again (feature F3)."""

from datetime import time, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schema.duration import Duration
from schema.field_type import refusal
from schema.resource import Manifest, Part, Spec, TenantMetadata
from schema.text import MailAddress, Text
from schema.time_of_day import TimeOfDay

PartOfNumber = Annotated[
    str,
    Text(pattern=r"[A-Za-z0-9+*#._-]{1,64}", form="a number, or a part of one", example="+4420", rule="report-number"),
]


class Party(Part):
    """Whose calls are reported."""

    who: Annotated[
        Literal["all", "internal", "external", "prefix", "contains", "exact"],
        Field(
            description="all; internal: extensions; external: numbers outside; the others: numbers as `number` says."
        ),
    ] = "all"
    number: Annotated[
        PartOfNumber | None, Field(description="How the number begins (prefix), what it holds, or what it is (exact).")
    ] = None

    @model_validator(mode="after")
    def _check_number(self) -> Self:
        if (self.number is None) == (self.who in ("prefix", "contains", "exact")):
            what = (
                "says nothing of the number"
                if self.number is None
                else f"has a number, which {self.who} does not ask for"
            )
            raise refusal(
                "report-party", f"asks for {self.who} and {what}", "write number with prefix, contains or exact only"
            )
        return self


Talked = Annotated[timedelta, Duration(timedelta(0), timedelta(hours=24))]


class TalkTime(Part):
    """How long people talked."""

    min: Annotated[Talked, Field(description="At least so long.")] = timedelta(0)
    max: Annotated[Talked | None, Field(description="At most so long; default: any.")] = None

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.max is not None and self.min > self.max:
            raise refusal("report-duration", "has min above max", "write min <= max")
        return self


class CallReportSpec(Spec):
    """Which calls are reported, when, and to whom."""

    every: Annotated[
        Literal["day", "week", "month"],
        Field(description="How often: of yesterday, of the last week (on Mondays), of the last month (on its first)."),
    ] = "week"
    at: Annotated[TimeOfDay, Field(description="When it is sent, in the tenant's time zone.")] = time(6)
    caller: Annotated[Party, Field(description="Who called.", default_factory=Party)]
    callee: Annotated[Party, Field(description="Who was called.", default_factory=Party)]
    status: Annotated[Literal["all", "answered"], Field(description="Which calls.")] = "all"
    talk_time: Annotated[TalkTime, Field(description="How long people talked.", default_factory=TalkTime)]
    mail_to: Annotated[
        tuple[MailAddress, ...],
        Field(description="Who gets it, as CSV.", strict=False, min_length=1, max_length=50),
    ]


class CallReport(Manifest):
    """Records of calls that are mailed as CSV, again and again; made when nothing else needs the machine."""

    kind: Annotated[Literal["CallReport"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: CallReportSpec
