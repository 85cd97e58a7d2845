"""`Tenant.spec.blocked`: numbers outside that nobody of the tenant talks to (feature C6)."""

from typing import Annotated, Literal

from pydantic import Field

from schema.number_mask import NumberMasks
from schema.resource import Part
from schema.text import DisplayName


class Blocked(Part):
    """Numbers, in which direction they are blocked, and why."""

    number: Annotated[
        NumberMasks,
        Field(
            description="The numbers outside: one mask or a list, in full form: +4470*, +44900-+44909, *23* as in InboundRules; "
            "anonymous: who calls and shows none."
        ),
    ]
    calls: Annotated[
        Literal["from", "to", "both"],
        Field(description="from: calls from these; to: calls to these, forwarded ones included; both."),
    ] = "both"
    remark: Annotated[DisplayName | None, Field(description="Why; shown in traces.")] = None
