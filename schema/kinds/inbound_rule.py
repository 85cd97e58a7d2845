"""`InboundRule`: whose a number is that somebody outside calls, and where that call goes."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schema.destination import Destination
from schema.field_type import refusal
from schema.number_mask import NumberMasks
from schema.resource import Manifest, Part, Spec, TenantMetadata
from schema.text import ResourceName


class InboundMatch(Part):
    """Which calls it is for. Of several rules that fit, the one with the most specific mask counts."""

    did: Annotated[
        NumberMasks | None,
        Field(
            description="The number that is called: one mask or a list. 2345: this one; *345: ends so; 2*: begins so; *23*: holds it; "
            "1-2346: from, to; *: any.",
        ),
    ] = None
    cid: Annotated[NumberMasks | None, Field(description="The number that calls: one mask or a list, as did.")] = None
    as_dialled: Annotated[
        bool,
        Field(
            description="true: masks are held against numbers as the trunk sends them, not against their full form (+44...)."
        ),
    ] = False


class InboundRuleSpec(Spec):
    """What an inbound rule says."""

    enabled: Annotated[bool, Field(description="false: it is as if it were not there.")] = True
    trunks: Annotated[
        tuple[ResourceName, ...],
        Field(
            description="The trunks that it is for; default: all that the tenant may use.", strict=False, max_length=256
        ),
    ] = ()
    match: Annotated[InboundMatch, Field(description="Which calls it is for.")]
    hours: Annotated[
        ResourceName | None, Field(description="The OfficeHours that decide between the two; default: the tenant's.")
    ] = None
    in_hours: Annotated[Destination, Field(description="Where the call goes in hours.")]
    out_of_hours: Annotated[Destination | None, Field(description="Where it goes out of hours; default: the same.")] = (
        None
    )

    @model_validator(mode="after")
    def _check_match(self) -> Self:
        if self.match.did is None and self.match.cid is None:
            raise refusal(
                "inbound-match",
                "matches nothing: both did and cid are missing",
                'write did: "+44...", or did: "*" for all',
            )
        return self


class InboundRule(Manifest):
    """Whose a number is that somebody outside calls, and where that call goes."""

    kind: Annotated[Literal["InboundRule"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: InboundRuleSpec
