"""What servers beside us have in common: where they are, and whether they are used."""

from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from schema.address import AdvertisedIpv4, AdvertisedIpv6
from schema.field_type import refusal
from schema.resource import Spec
from schema.text import Remark


class ExternalServer(Spec):
    """Where another machine is."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["ipv4"]}, {"required": ["ipv6"]}]})

    enabled: Annotated[bool, Field(description="false: it gets nothing new; what it has goes on.")] = True
    description: Annotated[Remark | None, Field(description="Where it stands, or what it is for.")] = None
    ipv4: Annotated[AdvertisedIpv4 | None, Field(description="Its address by IPv4.")] = None
    ipv6: Annotated[AdvertisedIpv6 | None, Field(description="Its address by IPv6.")] = None

    @property
    def addresses(self) -> tuple[IPv4Address | IPv6Address, ...]:
        """All that it has."""
        return tuple(address for address in (self.ipv4, self.ipv6) if address is not None)

    @model_validator(mode="after")
    def _check_addresses(self) -> Self:
        if not self.addresses:
            raise refusal("server-address", "has neither ipv4 nor ipv6", "add the address that it is reached at")
        return self
