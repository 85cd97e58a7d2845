"""`RecordingPolicy`: whose calls are recorded, and how those who are recorded learn of it."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from schema.announcement import Announcement
from schema.field_type import refusal
from schema.reference import Names, NamesExtension
from schema.resource import Manifest, Part, Spec, TenantMetadata
from schema.text import ExtensionNumber, GroupName, ResourceName


class Recorded(Part):
    """Whose calls: of everybody, or of those who are named here, one being enough."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    everybody: Annotated[
        bool, Field(description="true: all calls of the tenant, conferences included; then nobody else is named.")
    ] = False
    extensions: Annotated[
        tuple[Annotated[ExtensionNumber, NamesExtension()], ...],
        Field(description="The numbers of extensions.", strict=False, max_length=1000),
    ] = ()
    groups: Annotated[
        tuple[Annotated[GroupName, Names("ExtensionGroup")], ...],
        Field(description="Groups that extensions are in.", strict=False, max_length=100),
    ] = ()
    queues: Annotated[
        tuple[Annotated[ResourceName, Names("Queue")], ...],
        Field(description="Queues, from an agent's answer on.", strict=False, max_length=100),
    ] = ()
    conferences: Annotated[
        tuple[Annotated[ResourceName, Names("Conference")], ...],
        Field(description="Conferences, as long as somebody is in one.", strict=False, max_length=100),
    ] = ()

    @model_validator(mode="after")
    def _check_who(self) -> Self:
        named = [*self.extensions, *self.groups, *self.queues, *self.conferences]
        if self.everybody and named:
            hint = "remove everybody: true, or those who are named beside it"
            raise refusal("recording-whom", "names everybody, and others besides", hint)
        if not self.everybody and not named:
            hint = "write everybody: true, or name extensions, groups, queues or conferences"
            raise refusal("recording-whom", "names nobody", hint)
        return self


class RecordingPolicySpec(Spec):
    """Whose calls are recorded."""

    enabled: Annotated[bool, Field(description="false: it is as if it were not there.")] = True
    of: Annotated[Recorded, Field(description="Whose calls.")]
    calls: Annotated[
        tuple[Literal["inbound", "outbound", "internal"], ...],
        Field(
            description="Which calls: those from outside, those to the outside, those within the tenant.",
            strict=False,
            min_length=1,
            max_length=3,
        ),
    ] = ("inbound", "outbound", "internal")
    video: Annotated[bool, Field(description="true: pictures, too, as AVI; false: what is heard, as WAV.")] = False
    announcement: Annotated[
        Announcement | None,
        Field(
            description="What both sides hear before they are recorded; default: nothing, and whoever has to tell them does it otherwise."
        ),
    ] = None


class RecordingPolicy(Manifest):
    """Whose calls are recorded, and how those who are recorded learn of it."""

    kind: Annotated[Literal["RecordingPolicy"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: RecordingPolicySpec
