"""`Extension`: a person's or a thing's number in a tenant, with the account that its phones register with.

Once a manifest has been read, `number` and `auth_user` are always filled, from `metadata.name` if need be.
"""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schema.duration import Duration
from schema.field_type import refusal
from schema.problem import shown
from schema.resource import Manifest, Spec, TenantMetadata
from schema.secret_source import SecretSource
from schema.text import AuthUser, DisplayName, ExtensionNumber, ResourceName
from schema.whole import Whole

LONGEST_NUMBER_CHARACTERS = 32


def _without_default(schema: dict[str, object]) -> None:
    """The default is another field's value, which a JSON Schema can't say."""
    schema.pop("default", None)


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
