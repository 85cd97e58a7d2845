"""`RingGroup`: extensions that are rung for one number, together or one after the other."""

from datetime import timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from schema.auto_answer import AutoAnswer
from schema.destination import Destination
from schema.duration import Duration
from schema.field_type import refusal
from schema.not_yet import NotYet
from schema.reference import NamesExtension
from schema.resource import Manifest, Part, Spec, TenantMetadata
from schema.text import DisplayName, ExtensionNumber

# What a group whose members answer by themselves has no use for.
OF_RINGING: Final = ("strategy", "ring_time", "member_ring_time", "no_answer")


class Paging(Part):
    """How members hear who speaks to them, and answer."""

    talk_back: Annotated[
        bool,
        Field(
            description="true: a member presses * to be heard by who speaks, and # to stop; false: members only hear."
        ),
    ] = True
    auto_answer: Annotated[
        AutoAnswer | None,
        Field(description="How members' phones are asked to answer by themselves; default: as CallFeatures says."),
    ] = None


class RingGroupSpec(Spec):
    """What a ring group is."""

    number: Annotated[ExtensionNumber, Field(description="What is dialled for it; no extension may have it.")]
    display_name: Annotated[DisplayName | None, Field(description="What people call it.")] = None
    enabled: Annotated[bool, Field(description="false: its number can't be reached.")] = True
    type: Annotated[
        Literal["ring", "paging"],
        NotYet(only=("paging",)),
        Field(
            description="ring: members are rung until one answers; paging: the phones of all answer by themselves, and hear who called. "
            "Who may page, groups say."
        ),
    ] = "ring"
    members: Annotated[
        tuple[Annotated[ExtensionNumber, NamesExtension()], ...],
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
    paging: Annotated[
        Paging,
        Field(description="How members hear who speaks to them; only where type is paging.", default_factory=Paging),
    ]

    @model_validator(mode="after")
    def _check_type(self) -> Self:
        if self.type == "ring" and "paging" in self.model_fields_set:
            raise refusal("ring-group-type", "has paging, but its type is ring", "write type: paging, or remove it")
        ringing = [name for name in OF_RINGING if name in self.model_fields_set] if self.type == "paging" else []
        if ringing:
            names = ", ".join(type(self).model_fields[name].alias or name for name in ringing)
            what = f"is of type paging, whose members answer by themselves, but has {names}"
            raise refusal("ring-group-type", what, "remove them, or write type: ring")
        return self


class RingGroup(Manifest):
    """Extensions that are rung for one number, together or one after the other."""

    kind: Annotated[Literal["RingGroup"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: RingGroupSpec
