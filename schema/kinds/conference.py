"""`Conference`: a room in which several people talk, with or without video."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schema.destination import Destination
from schema.field_type import refusal
from schema.language import Language
from schema.resource import Manifest, Part, Spec, TenantMetadata
from schema.secret_source import SecretSource
from schema.text import DisplayName, ExtensionNumber
from schema.whole import Whole, WholeOf


class Video(Part):
    """What participants see."""

    layout: Annotated[
        int, WholeOf((1, 2, 3, 4, 6, 9)), Field(description="How many pictures are shown side by side.")
    ] = 4
    bitrate_kbps: Annotated[
        int, Whole(128, 2048), Field(description="How much of it each is sent, in kbit/s; more looks better.")
    ] = 1024
    frames_per_second: Annotated[
        int, Whole(5, 30), Field(description="How many pictures a second; more moves smoother.")
    ] = 15
    resolution: Annotated[
        Literal["qcif", "qvga", "cif", "vga", "svga", "xga", "720p", "1080p"],
        Field(
            description="How large the picture is: qcif 176x144, qvga 320x240, cif 352x288, vga 640x480, svga 800x600, xga 1024x768, "
            "720p 1280x720, 1080p 1920x1080."
        ),
    ] = "720p"


class ConferenceSpec(Spec):
    """What a conference room is."""

    number: Annotated[ExtensionNumber, Field(description="What is dialled for it; nothing else may have it.")]
    subject: Annotated[DisplayName | None, Field(description="What it is about.")] = None
    enabled: Annotated[bool, Field(description="false: its number can't be reached.")] = True
    mode: Annotated[Literal["audio", "video"], Field(description="Whether one sees each other.")] = "audio"
    pin: Annotated[
        SecretSource | None,
        Field(
            description="Where the PIN is found that participants enter; default: whoever knows the number may join."
        ),
    ] = None
    admin_pin: Annotated[
        SecretSource | None,
        Field(
            description="Where the PIN is found that one enters to manage the room; default: nobody can. It is another one than pin."
        ),
    ] = None
    max_participants: Annotated[int, Whole(2, 1000), Field(description="How many may be in it at once.")] = 9
    language: Annotated[Language, Field(description="The language of what it says.")] = "en"
    video: Annotated[
        Video, Field(description="What participants see; only where mode is video.", default_factory=Video)
    ]
    invite: Annotated[
        tuple[Destination, ...],
        Field(
            description="Who is called when the first one has joined, and is in the room by answering: extensions, and numbers outside.",
            strict=False,
            max_length=100,
        ),
    ] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.mode == "audio" and "video" in self.model_fields_set:
            raise refusal(
                "conference-video", "has video settings, but its mode is audio", "write mode: video, or remove them"
            )
        if self.pin is not None and self.pin == self.admin_pin:
            what = "has one PIN for participants and for who manages the room"
            raise refusal("conference-pin", what, "name another secret in adminPin, or leave it out", ("adminPin",))
        for index, to in enumerate(self.invite):
            if to.kind not in ("extension", "external"):
                what = f"invites {to}, which can't answer"
                hint = 'invite people: {extension: "101"} or {external: "+442079460100"}'
                raise refusal("conference-invite", what, hint, ("invite", index))
        return self


class Conference(Manifest):
    """A room in which several people talk, with or without video."""

    kind: Annotated[Literal["Conference"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: ConferenceSpec
