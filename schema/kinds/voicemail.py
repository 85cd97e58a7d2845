"""`Voicemail`: the service that takes messages for a tenant's extensions, and where it is listened to. A tenant has one."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from schema.announcement import Announcement
from schema.days import Days
from schema.duration import Duration
from schema.language import Language
from schema.resource import Manifest, Part, Spec, TenantMetadata
from schema.text import ExtensionNumber
from schema.whole import Whole


class VoicemailMail(Part):
    """What is mailed of a message, to the mail address of the extension that it is for."""

    enabled: Annotated[bool, Field(description="true: a mail is sent for each message.")] = False
    attach: Annotated[bool, Field(description="true: the message itself is attached, as WAV.")] = True
    delete_after: Annotated[bool, Field(description="true: a message that was mailed is deleted here.")] = False


class VoicemailSpec(Spec):
    """How messages are taken and kept."""

    number: Annotated[
        ExtensionNumber,
        Field(
            description="What one dials to listen; nothing else may have it. Where 999 is for help (GB, IE), it needs another."
        ),
    ] = "999"
    enabled: Annotated[bool, Field(description="false: no messages are taken, and its number can't be reached.")] = True
    language: Annotated[Language, Field(description="The language of what it says by itself.")] = "en"
    greeting: Annotated[
        Announcement | None,
        Field(
            description="What callers hear before they speak, where an extension has no greeting of its own; default: a sentence of ours."
        ),
    ] = None
    max_message_time: Annotated[
        timedelta,
        Duration(timedelta(seconds=10), timedelta(hours=1)),
        Field(description="How long a message may be."),
    ] = timedelta(minutes=5)
    max_storage_mb: Annotated[
        int,
        Whole(0, 1_000_000),
        Field(
            description="How much all messages of the tenant may take, in MB; when it is full no more are taken. 0: as much as there is."
        ),
    ] = 200
    retention: Annotated[
        int, Days(36_500), Field(description="For how many days a message is kept, as 90d; 0: until it is deleted.")
    ] = 0
    waiting_indication: Annotated[
        bool, Field(description="true: phones are told of waiting messages (MWI, RFC 3842).")
    ] = True
    mail: Annotated[VoicemailMail, Field(description="What is mailed of a message.", default_factory=VoicemailMail)]


class Voicemail(Manifest):
    """The service that takes messages for a tenant's extensions, and where they are heard. A tenant has one, else nobody takes any."""

    kind: Annotated[Literal["Voicemail"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: VoicemailSpec
