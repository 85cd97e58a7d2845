"""`Tenant`: one isolated PBX on the system. Its name is the key that its resources carry in `metadata.tenant`."""

from typing import Annotated, Literal

from pydantic import Field

from schema.address import Domain
from schema.resource import Manifest, Metadata, Spec
from schema.text import DisplayName


class TenantSpec(Spec):
    """What a tenant is."""

    domain: Annotated[
        Domain,
        Field(description="The SIP domain and realm, right of the @ of every address; a name need not resolve."),
    ]
    enabled: Annotated[bool, Field(description="false stops all its extensions and calls.")] = True
    display_name: Annotated[DisplayName | None, Field(description="What people call it.")] = None


class Tenant(Manifest):
    """One isolated PBX on the system, with its own domain, extensions and rules."""

    kind: Annotated[Literal["Tenant"], Field(description="What sort of resource it is.")]
    metadata: Metadata
    spec: TenantSpec
