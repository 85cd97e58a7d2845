"""`MusicOnHold`: what callers hear while they are held or wait. The one named `default` is everybody's."""

from typing import Annotated, Literal

from pydantic import Field

from schema.announcement import Announcement
from schema.resource import Manifest, Spec, TenantMetadata
from schema.text import DisplayName


class MusicOnHoldSpec(Spec):
    """What is played."""

    enabled: Annotated[bool, Field(description="false: silence.")] = True
    display_name: Annotated[DisplayName | None, Field(description="What people call it.")] = None
    tracks: Annotated[
        tuple[Announcement, ...],
        Field(
            description="What is played, one after the other: WAV files, and whatever is said between them.",
            strict=False,
            min_length=1,
            max_length=100,
        ),
    ]
    shuffle: Annotated[
        Literal["perCall", "perDay", "off"],
        Field(
            description="perCall: each call has an order of its own; perDay: the order changes every day; off: the order is as written."
        ),
    ] = "perDay"


class MusicOnHold(Manifest):
    """What callers hear while they are held or wait. The one named default is everybody's; others are named, as by Queue."""

    kind: Annotated[Literal["MusicOnHold"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: MusicOnHoldSpec
