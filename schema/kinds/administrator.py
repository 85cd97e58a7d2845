"""`Administrator`: a person who logs in to the API and its page, for the whole PBX or for one tenant.

Who may do what is no setting: system settings and transports are the business of those without a tenant alone; a tenant's see and do
what is the tenant's; managers of extension groups and people come in with their extensions (`ExtensionGroup`).
"""

from typing import Annotated, Literal

from pydantic import Field

from schema.resource import Manifest, SharedMetadata, Spec
from schema.secret_source import SecretSource
from schema.text import DisplayName, ExtensionNumber, HttpUser


class AdministratorSpec(Spec):
    """How he logs in, and what he may do."""

    login: Annotated[
        HttpUser,
        Field(description="The name that he logs in with; a tenant's with the domain behind it: boss@acme.example."),
    ]
    password: Annotated[
        SecretSource, Field(description="Where the argon2id hash of his password is found; never the password.")
    ]
    display_name: Annotated[DisplayName | None, Field(description="What people call him.")] = None
    enabled: Annotated[bool, Field(description="false: he can't log in.")] = True
    scope: Annotated[
        Literal["read", "operate", "admin"],
        Field(
            description="read: see; operate: act on what is live, such as hanging up or lifting bans; admin: approve plans and make "
            "tokens, too."
        ),
    ] = "admin"
    extension: Annotated[ExtensionNumber | None, Field(description="His own extension; only for a tenant's.")] = None


class Administrator(Manifest):
    """A person who logs in to the API and its page, for the whole PBX or for one tenant."""

    kind: Annotated[Literal["Administrator"], Field(description="What sort of resource it is.")]
    metadata: SharedMetadata
    spec: AdministratorSpec
