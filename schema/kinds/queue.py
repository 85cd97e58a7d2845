"""`Queue`: callers who wait, with music and announcements, until one of its agents is free."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from schema.announcement import Announcement
from schema.destination import Destination
from schema.duration import Duration
from schema.language import Language
from schema.reference import Names, NamesExtension
from schema.resource import Manifest, Part, Spec, TenantMetadata
from schema.text import DisplayName, ExtensionNumber, ResourceName
from schema.whole import Whole


class QueueAnnouncements(Part):
    """What callers hear while they wait, besides the music."""

    message: Annotated[
        Announcement | None, Field(description="What is said to them again and again; default: nothing.")
    ] = None
    message_every: Annotated[
        timedelta,
        Duration(timedelta(seconds=10), timedelta(hours=1)),
        Field(description="How often the message is said."),
    ] = timedelta(seconds=60)
    in_full: Annotated[
        bool,
        Field(description="true: what is being said is said to its end before an agent is connected."),
    ] = False
    position: Annotated[bool, Field(description="true: they are told how many wait before them.")] = False
    position_every: Annotated[
        timedelta,
        Duration(timedelta(seconds=10), timedelta(hours=1)),
        Field(description="How often they are told their position."),
    ] = timedelta(seconds=60)


class ServiceLevel(Part):
    """What was promised to callers (SLA), and who is told when it is not kept."""

    answer_within: Annotated[
        timedelta,
        Duration(timedelta(seconds=1), timedelta(hours=2)),
        Field(description="How long a caller may wait; who waits longer is told of."),
    ]
    manager: Annotated[
        ExtensionNumber | None,
        NamesExtension(),
        Field(description="The extension of the queue's manager, who gets the alert; default: the tenant's mail does."),
    ] = None


class QueueSpec(Spec):
    """What a queue is."""

    number: Annotated[ExtensionNumber, Field(description="What is dialled for it; nothing else may have it.")]
    display_name: Annotated[DisplayName | None, Field(description="What people call it.")] = None
    enabled: Annotated[bool, Field(description="false: its number can't be reached.")] = True
    language: Annotated[Language, Field(description="The language of what it says by itself.")] = "en"
    members: Annotated[
        tuple[Annotated[ExtensionNumber, NamesExtension()], ...],
        Field(
            description="The numbers of its agents' extensions, in order.", strict=False, min_length=1, max_length=500
        ),
    ]
    strategy: Annotated[
        Literal["simultaneous", "sequential", "roundRobin", "leastTalkTime"],
        Field(
            description="Which free agent is rung, as in RingGroup. simultaneous: all at once; sequential: one after the other, in order; "
            "roundRobin: in order, those first who were not rung last time; leastTalkTime: those first who have talked least for this "
            "queue, and before all those who have answered nothing yet."
        ),
    ] = "simultaneous"
    member_ring_time: Annotated[
        timedelta,
        Duration(timedelta(seconds=5), timedelta(minutes=10)),
        Field(description="How long an agent rings before the next one is tried."),
    ] = timedelta(seconds=20)
    max_callers: Annotated[
        int, Whole(0, 10_000), Field(description="How many may wait; whoever comes then overflows. 0: as many as come.")
    ] = 0
    max_wait: Annotated[
        timedelta,
        Duration(timedelta(seconds=10), timedelta(hours=12)),
        Field(description="How long one may wait before one overflows."),
    ] = timedelta(minutes=5)
    overflow: Annotated[
        Destination | None,
        Field(
            description="Where callers go who have waited too long, who are too many, and, at once, all of them while no agent is online; "
            "default: they are told so, and the call ends."
        ),
    ] = None
    greeting: Annotated[Announcement | None, Field(description="What callers hear first; default: nothing.")] = None
    music: Annotated[
        ResourceName | None,
        Names("MusicOnHold"),
        Field(description="The MusicOnHold that they hear while they wait; default: the one named default."),
    ] = None
    announcements: Annotated[
        QueueAnnouncements,
        Field(description="What callers hear while they wait, besides the music.", default_factory=QueueAnnouncements),
    ]
    sla: Annotated[
        ServiceLevel | None,
        Field(description="What was promised to callers, and who is told when it is not kept; default: nothing was."),
    ] = None


class Queue(Manifest):
    """Callers who wait, with music and announcements, until one of its agents is free."""

    kind: Annotated[Literal["Queue"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: QueueSpec
