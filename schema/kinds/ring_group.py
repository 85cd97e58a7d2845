"""`RingGroup`: extensions that are rung for one number, together or one after the other."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from schema.destination import Destination
from schema.duration import Duration
from schema.resource import Manifest, Spec, TenantMetadata
from schema.text import DisplayName, ExtensionNumber


class RingGroupSpec(Spec):
    """What a ring group is."""

    number: Annotated[ExtensionNumber, Field(description="What is dialled for it; no extension may have it.")]
    display_name: Annotated[DisplayName | None, Field(description="What people call it.")] = None
    enabled: Annotated[bool, Field(description="false: its number can't be reached.")] = True
    members: Annotated[
        tuple[ExtensionNumber, ...],
        Field(description="The numbers of its extensions, in order.", strict=False, min_length=1, max_length=100),
    ]
    strategy: Annotated[
        Literal["simultaneous", "sequential", "roundRobin", "leastTalkTime"],
        Field(
            description="simultaneous: all ring at once; sequential: one after the other, in order; roundRobin: in order, those first who "
            "were not rung last time; leastTalkTime: those first who have talked least for this group, and before all those who "
            "have answered nothing yet."
        ),
    ] = "simultaneous"
    ring_time: Annotated[
        timedelta,
        Duration(timedelta(seconds=5), timedelta(minutes=10)),
        Field(description="How long it rings in all before nobody has answered."),
    ] = timedelta(seconds=60)
    member_ring_time: Annotated[
        timedelta,
        Duration(timedelta(seconds=5), timedelta(minutes=10)),
        Field(description="How long each rings, where one is rung after the other."),
    ] = timedelta(seconds=20)
    no_answer: Annotated[
        Destination | None,
        Field(description="Where the call goes when nobody answers; default: the caller is told so."),
    ] = None


class RingGroup(Manifest):
    """Extensions that are rung for one number, together or one after the other."""

    kind: Annotated[Literal["RingGroup"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: RingGroupSpec
