"""`Tenant`: one isolated PBX on the system. Its name is the key that its resources carry in `metadata.tenant`."""

from typing import Annotated, Literal

from pydantic import Field

from schema.address import Domain
from schema.resource import Manifest, Metadata, Part, Spec
from schema.text import CountryCode, DisplayName, PrefixDigits, ShortCode
from schema.text_list import TextList


class Dialing(Part):
    """How a dialled number is understood: which digits mean a national or an international number."""

    country_code: Annotated[
        CountryCode | None,
        Field(description="The country's calling code, such as 44; without it only +... numbers have a full form."),
    ] = None
    national_prefix: Annotated[
        PrefixDigits | None, Field(description="Dialled before a number of the same country, as 0; default: none.")
    ] = None
    international_prefixes: Annotated[
        TextList[PrefixDigits], Field(description="Dialled before a number with its country's code.")
    ] = ("00",)
    emergency_numbers: Annotated[
        TextList[ShortCode], Field(description="Numbers that always mean the emergency services.")
    ] = ("112",)


class TenantSpec(Spec):
    """What a tenant is."""

    domain: Annotated[
        Domain,
        Field(description="The SIP domain and realm, right of the @ of every address; a name need not resolve."),
    ]
    enabled: Annotated[bool, Field(description="false stops all its extensions and calls.")] = True
    display_name: Annotated[DisplayName | None, Field(description="What people call it.")] = None
    dialing: Annotated[Dialing, Field(description="How a dialled number is understood.", default_factory=Dialing)]


class Tenant(Manifest):
    """One isolated PBX on the system, with its own domain, extensions and rules."""

    kind: Annotated[Literal["Tenant"], Field(description="What sort of resource it is.")]
    metadata: Metadata
    spec: TenantSpec
