"""The voicemail of an extension: whether it takes messages, what callers hear, and how one listens.

What many share (`MailboxDefaults`) may stand in an ExtensionProfile; a PIN is one person's.
"""

from typing import Annotated

from pydantic import Field

from schema.announcement import Announcement
from schema.resource import Part
from schema.secret_source import SecretSource
from schema.text import ResourceName


class MailboxDefaults(Part):
    """Its voicemail, but for what is one person's."""

    enabled: Annotated[bool, Field(description="false: no message is taken, and callers are told so.")] = True
    ask_pin: Annotated[
        bool, Field(description="true: who listens types the PIN, also at the extension's own phones.")
    ] = False
    say_caller: Annotated[bool, Field(description="true: each message begins with the number that called.")] = False
    say_date: Annotated[bool, Field(description="true: each message begins with its date and time.")] = False
    greetings: Annotated[
        dict[ResourceName, Announcement],
        Field(description="What callers may hear before they speak, by name.", default_factory=dict, max_length=20),
    ]
    greeting: Annotated[
        ResourceName | None,
        Field(description="The one of its greetings that is heard; default: that of the tenant's Voicemail."),
    ] = None


class Mailbox(MailboxDefaults):
    """Its voicemail."""

    pin: Annotated[
        SecretSource | None,
        Field(description="Where the PIN, or its argon2id hash, is found; never the PIN. 4 to 12 digits."),
    ] = None
