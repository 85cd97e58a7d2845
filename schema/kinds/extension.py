"""`Extension`: a person's or a thing's number in a tenant, with the account that its phones register with.

Once a manifest has been read, `number` and `auth_user` are always filled, from `metadata.name` if need be. What it shares with others
(`schema.extension_defaults`) may come from a profile: `schema.effective` fills that in.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schema.extension_defaults import ExtensionDefaults
from schema.field_type import refusal
from schema.mailbox import Mailbox
from schema.money import Amount
from schema.not_yet import NotYet
from schema.person import Person
from schema.problem import shown
from schema.reference import Names
from schema.resource import Manifest, Spec, TenantMetadata
from schema.secret_source import SecretSource
from schema.text import AuthUser, DisplayName, ExtensionNumber, ResourceName

LONGEST_NUMBER_CHARACTERS = 32


def _without_default(schema: dict[str, object]) -> None:
    """The default is another field's value, which a JSON Schema can't say."""
    schema.pop("default", None)


class ExtensionIdentity(Spec):
    """What one extension has for itself."""

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
    profile: Annotated[
        ResourceName | None,
        Names("ExtensionProfile"),
        Field(description="The ExtensionProfile that says what is not written here."),
    ] = None
    person: Annotated[Person, Field(description="Who has it.", default_factory=Person)]
    web_password: Annotated[
        SecretSource | None,
        NotYet(),
        Field(
            description="Where the argon2id hash of the password for the web pages is found; never the password. One logs in as "
            "number@domain."
        ),
    ] = None
    balance: Annotated[
        Amount | None,
        Field(
            description="What it may spend on calls over trunks that are billed, in the tenant's currency (docs/rates.md): what it "
            "begins with; writing another amount sets it anew. Default: as much as it wants."
        ),
    ] = None


class ExtensionSpec(ExtensionDefaults, ExtensionIdentity):
    """What an extension is."""

    voicemail: Annotated[Mailbox, NotYet(), Field(description="Its voicemail.", default_factory=Mailbox)]


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
