"""`OutboundRule`: which calls go outside, over which trunks, and with which digits."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schema.duration import Duration
from schema.field_type import refusal
from schema.number_mask import DigitsOrNone, FullNumber, NumberMask, Prefix
from schema.resource import Manifest, Part, Spec, TenantMetadata
from schema.text import GroupName, ResourceName
from schema.whole import Whole


class Length(Part):
    """How many digits are dialled."""

    min: Annotated[int, Whole(1, 32), Field(description="At least so many.")] = 1
    max: Annotated[int, Whole(1, 32), Field(description="At most so many.")] = 32

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.min > self.max:
            raise refusal("length-order", f"has min {self.min} above max {self.max}", "write min <= max")
        return self


class OutboundMatch(Part):
    """Which calls it is for: all conditions must hold; of a list, one of its entries. A rule without any is for all calls."""

    prefixes: Annotated[
        tuple[Prefix, ...],
        Field(
            description="How the dialled digits begin, as they are dialled: 00, 123, +.", strict=False, max_length=1000
        ),
    ] = ()
    extensions: Annotated[
        tuple[NumberMask, ...],
        Field(
            description="Which extensions may call by it: numbers, ranges (110-120), masks.",
            strict=False,
            max_length=1000,
        ),
    ] = ()
    groups: Annotated[
        tuple[GroupName, ...],
        Field(
            description="Groups (Extension.spec.groups) of which the caller must be in one.",
            strict=False,
            max_length=100,
        ),
    ] = ()
    length: Annotated[Length | None, Field(description="How many digits are dialled; default: any.")] = None


class OutboundRoute(Part):
    """One trunk, and the digits for it."""

    trunk: Annotated[ResourceName, Field(description="The Trunk.")]
    strip: Annotated[int, Whole(0, 32), Field(description="So many digits go from the front of what was dialled.")] = 0
    prepend: Annotated[DigitsOrNone, Field(description="These digits then come before it.")] = ""
    caller_id: Annotated[
        FullNumber | None, Field(description="The number that is shown, in place of what the trunk's policy says.")
    ] = None


Status = Annotated[int, Whole(400, 699)]


class OutboundRuleSpec(Spec):
    """What an outbound rule says."""

    enabled: Annotated[bool, Field(description="false: it is as if it were not there.")] = True
    order: Annotated[
        int,
        Whole(0, 100_000),
        Field(description="Rules with a lower order are asked first; then those with the longer prefix."),
    ] = 100
    match: Annotated[OutboundMatch, Field(description="Which calls it is for.", default_factory=OutboundMatch)]
    routes: Annotated[
        tuple[OutboundRoute, ...],
        Field(
            description="One to three trunks, tried in order when one is down, full, or fails.",
            strict=False,
            min_length=1,
            max_length=3,
        ),
    ]
    failover_on: Annotated[
        tuple[Status, ...],
        Field(
            description="Responses of a trunk after which the next route is tried. No response at all always is a reason.",
            strict=False,
            max_length=100,
        ),
    ] = (408, 500, 502, 503, 504)
    ring_time: Annotated[
        timedelta,
        Duration(timedelta(seconds=5), timedelta(minutes=10)),
        Field(description="How long it rings outside before the caller is told that nobody answers."),
    ] = timedelta(minutes=2)


class OutboundRule(Manifest):
    """Which calls go outside, over which trunks, and with which digits."""

    kind: Annotated[Literal["OutboundRule"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: OutboundRuleSpec
