"""`Extension`: a person's or a thing's number in a tenant, with the account that its phones register with.

Once a manifest has been read, `number` and `auth_user` are always filled, from `metadata.name` if need be.
"""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schema.destination import Destination
from schema.duration import Duration
from schema.field_type import refusal
from schema.money import Amount
from schema.not_yet import NotYet
from schema.number_mask import FullNumber
from schema.problem import shown
from schema.resource import Manifest, Part, Spec, TenantMetadata
from schema.secret_source import SecretSource
from schema.text import AuthUser, DisplayName, ExtensionNumber, GroupName, ResourceName
from schema.whole import Whole

LONGEST_NUMBER_CHARACTERS = 32


def _without_default(schema: dict[str, object]) -> None:
    """The default is another field's value, which a JSON Schema can't say."""
    schema.pop("default", None)


class Forwarding(Part):
    """Where its calls go when it does not take them."""

    when: Annotated[
        Literal["always", "offline", "noAnswer", "busy", "unavailable"],
        Field(
            description="always: without ringing; offline: no phone is registered; noAnswer: nobody answers in time; busy: it says so; "
            "unavailable: it declines, or its phone says that it does not want to be disturbed."
        ),
    ]
    hours: Annotated[
        Literal["any", "in", "out"], Field(description="Whether it holds in office hours, out of them, or always.")
    ] = "any"
    to: Annotated[Destination, Field(description="Where they go.")]


class OutsideLimits(Part):
    """How much an extension may call outside; 0: as much as it wants. Emergency numbers are free."""

    max_calls: Annotated[
        int, Whole(0, 1000), Field(description="How many calls to the outside it may have at once.")
    ] = 2
    max_calls_per_minute: Annotated[
        int, Whole(0, 10_000), Field(description="How many calls to the outside it may begin in a minute.")
    ] = 10


class ExtensionSpec(Spec):
    """What an extension is."""

    number: Annotated[
        ExtensionNumber,
        Field(
            description="What others dial, and the user part of its address; default: metadata.name.",
            json_schema_extra=_without_default,
        ),
    ] = ""
    display_name: Annotated[DisplayName | None, Field(description="The name that others see.")] = None
    enabled: Annotated[bool, Field(description="false makes it unusable: no registration, no calls.")] = True
    password: Annotated[SecretSource, Field(description="Where the SIP password is found; never the password.")]
    auth_user: Annotated[
        AuthUser,
        Field(
            description="The user name of its phones' digest authentication; default: the number.",
            json_schema_extra=_without_default,
        ),
    ] = ""
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
        Field(description="The groups that it is in, for OutboundRules.", strict=False, min_length=1, max_length=100),
    ] = ("Default",)
    outbound_caller_id: Annotated[
        FullNumber | None, Field(description="The number that people outside see when it calls.")
    ] = None
    may_call_outside: Annotated[
        bool, Field(description="true: it may call outside, as OutboundRules allow. Emergency numbers are always free.")
    ] = False
    outside_limits: Annotated[
        OutsideLimits, Field(description="How much it may call outside.", default_factory=OutsideLimits)
    ]
    balance: Annotated[
        Amount | None,
        NotYet(),
        Field(
            description="What it may spend on calls over trunks that are billed, in the tenant's currency; writing another amount sets "
            "it anew. Default: as much as it wants."
        ),
    ] = None
    forwarding: Annotated[
        tuple[Forwarding, ...],
        Field(
            description="Where its calls go when it does not take them; the first entry that fits counts.",
            strict=False,
            max_length=32,
        ),
    ] = ()


class Extension(Manifest):
    """A person's or a thing's number in a tenant, with the account that its phones register with."""

    kind: Annotated[Literal["Extension"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: ExtensionSpec

    @model_validator(mode="after")
    def _fill_defaults(self) -> Self:
        number = self.spec.number or self.metadata.name
        if len(number) > LONGEST_NUMBER_CHARACTERS:
            what = f"has no spec.number, and metadata.name {shown(number)} is too long to be one"
            raise refusal("extension-number", what, "write spec.number, of up to 32 characters")
        # The spec is this document's own and nobody has seen it yet; a copy would be dear among ten thousand.
        object.__setattr__(self.spec, "number", number)
        object.__setattr__(self.spec, "auth_user", self.spec.auth_user or number)
        return self
