"""`Tenant.spec.webhooks`: who is told of calls and registrations by HTTP, and how he knows that it is us."""

from datetime import timedelta
from typing import Annotated, Final, Self

from pydantic import ConfigDict, Field, model_validator

from schema.duration import Duration
from schema.field_type import FieldType, refusal
from schema.http_url import HttpUrl
from schema.nearest import one_of
from schema.problem import shown
from schema.resource import Part
from schema.secret_source import SecretSource
from schema.text import HttpUser

EVENT_TYPES: Final = ("extension_registered", "extension_unregistered", "extension_expired")


class _EventTypes(FieldType[tuple[str, ...]]):
    def read(self, value: object) -> tuple[str, ...]:
        """Return the words, each once, in the order in which they are known; one alone needs no list."""
        words = value if isinstance(value, list) else [value]
        if not words:
            hint = "write the types that are wanted, or leave it out for all of them"
            raise refusal("event-type", "is an empty list, so nothing would be sent", hint)
        for word in words:
            if word not in EVENT_TYPES:
                hint = one_of(word, list(EVENT_TYPES)) if isinstance(word, str) else f"write {', '.join(EVENT_TYPES)}"
                raise refusal("event-type", f"has {shown(word)}, which is no type of event", hint)
        return tuple(known for known in EVENT_TYPES if known in words)

    def write(self, value: tuple[str, ...]) -> str:
        """Return the words in one line of text."""
        return ", ".join(value)

    def json_schema(self) -> dict[str, object]:
        """Return one word or a list of them."""
        one = {"enum": list(EVENT_TYPES)}
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


EventTypes = Annotated[tuple[str, ...], _EventTypes()]


class Login(Part):
    """A user and where his password is found."""

    user: Annotated[HttpUser, Field(description="The user name.")]
    password: Annotated[SecretSource, Field(description="Where the password is found; never the password.")]


class WebhookAuth(Part):
    """How we log in: by none of these, or by one."""

    model_config = ConfigDict(json_schema_extra={"maxProperties": 1})

    basic: Annotated[
        Login | None, Field(description="Basic authentication (RFC 7617): only over https, it shows the password.")
    ] = None
    digest: Annotated[
        Login | None, Field(description="Digest authentication (RFC 7616), with what the receiver asks for.")
    ] = None

    @model_validator(mode="after")
    def _one_at_most(self) -> Self:
        if self.basic is not None and self.digest is not None:
            raise refusal("webhook-auth", "has both basic and digest", "keep the one that the receiver asks for")
        return self


class CdrWebhook(Part):
    """Who gets the record of each call."""

    url: Annotated[HttpUrl, Field(description="Where it is posted to, https wherever possible.")]
    auth: Annotated[
        WebhookAuth, Field(description="How we log in there; default: not at all.", default_factory=WebhookAuth)
    ]
    signing_secret: Annotated[
        SecretSource | None,
        Field(description="Where the secret is found that signs what is posted; default: nothing is signed."),
    ] = None
    timeout: Annotated[
        timedelta,
        Duration(timedelta(seconds=1), timedelta(seconds=60)),
        Field(description="How long an answer is waited for before it is tried again."),
    ] = timedelta(seconds=10)


class EventWebhook(CdrWebhook):
    """Who is told when phones come and go."""

    types: Annotated[
        EventTypes, Field(description="Which events are posted, one or a list.", default_factory=lambda: EVENT_TYPES)
    ]


class Webhooks(Part):
    """Who is told of its calls and registrations, by HTTP."""

    cdr: Annotated[CdrWebhook | None, Field(description="Who gets the record of each call; default: nobody.")] = None
    events: Annotated[
        EventWebhook | None, Field(description="Who is told when phones come and go; default: nobody.")
    ] = None
