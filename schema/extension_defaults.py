"""What extensions have in common: fields that an Extension says for itself, or an ExtensionProfile for many.

What neither says has the default that stands here. The surprising thing: of a profile only what is written counts, also where that is
the default.
"""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from schema.duration import Duration
from schema.forwarding import Forwarding
from schema.kinds.phone import PhoneKey, refuse_keys_twice
from schema.mailbox import MailboxDefaults
from schema.not_yet import NotYet
from schema.number_mask import FullNumber
from schema.preferences import MAY_CHANGE, WAITING, Preference
from schema.resource import Part, Spec
from schema.text import GroupName, ResourceName
from schema.whole import Whole


class OutsideLimits(Part):
    """How much an extension may call outside; 0: as much as it wants. Emergency numbers are free."""

    max_calls: Annotated[
        int, Whole(0, 1000), Field(description="How many calls to the outside it may have at once.")
    ] = 2
    max_calls_per_minute: Annotated[
        int, Whole(0, 10_000), Field(description="How many calls to the outside it may begin in a minute.")
    ] = 10


class Record(Part):
    """What of its calls is recorded, besides what RecordingPolicies say."""

    audio: Annotated[bool, Field(description="true: what is heard, as WAV.")] = False
    video: Annotated[bool, Field(description="true: what is seen, as AVI.")] = False


class ExtensionDefaults(Spec):
    """What many extensions may have in common."""

    max_contacts: Annotated[
        int, Whole(1, 100), Field(description="How many phones may be registered at the same time.")
    ] = 10
    ring_time: Annotated[
        timedelta,
        Duration(timedelta(seconds=5), timedelta(minutes=10)),
        Field(description="How long its phones ring before the caller is told that nobody answers."),
    ] = timedelta(seconds=30)
    office_hours: Annotated[
        ResourceName | None, Field(description="The OfficeHours of whoever has it; default: the tenant's.")
    ] = None
    groups: Annotated[
        tuple[GroupName, ...],
        Field(
            description="The groups that it is in, for OutboundRules; ExtensionGroups of these names give it their permissions.",
            strict=False,
            min_length=1,
            max_length=100,
        ),
    ] = ("Default",)
    outbound_caller_id: Annotated[
        FullNumber | None, Field(description="The number that people outside see when it calls.")
    ] = None
    may_call_outside: Annotated[
        bool,
        Field(
            description="true: it may call outside, as OutboundRules allow; so may members of an ExtensionGroup that says so. Emergency "
            "numbers are always free."
        ),
    ] = False
    may_page: Annotated[
        bool,
        NotYet(),
        Field(description="true: it may page and call by intercom; so may members of a group that says so."),
    ] = False
    may_use_portal: Annotated[
        bool,
        NotYet(),
        Field(description="true: its person may log in to the web pages; so may members of a group that says so."),
    ] = False
    may_change: Annotated[
        tuple[Preference, ...] | None,
        NotYet(only=WAITING),
        Field(
            description=f"What its person may set without a manifest; default: as the tenant's mayChange. {MAY_CHANGE}",
            strict=False,
            max_length=6,
        ),
    ] = None
    outside_limits: Annotated[
        OutsideLimits, Field(description="How much it may call outside.", default_factory=OutsideLimits)
    ]
    forwarding: Annotated[
        tuple[Forwarding, ...],
        Field(
            description="Where its calls go when it does not take them; the first entry that fits counts.",
            strict=False,
            max_length=32,
        ),
    ] = ()
    record: Annotated[Record, NotYet(), Field(description="What of its calls is recorded.", default_factory=Record)]
    voicemail: Annotated[
        MailboxDefaults, NotYet(), Field(description="Its voicemail.", default_factory=MailboxDefaults)
    ]
    keys: Annotated[
        tuple[PhoneKey, ...],
        NotYet(),
        Field(
            description="What programmable keys of its phones do, where the Phone says nothing of them.",
            strict=False,
            max_length=300,
        ),
    ] = ()
    welcome_mail: Annotated[
        bool, NotYet(), Field(description="true: its person is welcomed by mail when the extension is new.")
    ] = False

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        if self.keys:
            refuse_keys_twice(self.keys)
        return self
