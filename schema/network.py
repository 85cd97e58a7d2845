"""Fields that hold networks of IP addresses: `192.0.2.0/24`, `2001:db8::/32`, or one address."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from schema.field_type import FieldType, refusal
from schema.problem import shown


class _Network(FieldType[IPv4Network | IPv6Network]):
    """A network; bits of an address behind its prefix are refused, since one can't tell which of both was meant."""

    def read(self, value: object) -> IPv4Network | IPv6Network:
        """Return the network; a single address is one of its own."""
        if not isinstance(value, str):
            raise refusal("network", f"is {shown(value)}, not a network", 'write it like "192.0.2.0/24"')
        try:
            return ip_network(str(value))
        except ValueError:
            pass
        try:
            meant = ip_network(str(value), strict=False)
        except ValueError:
            raise refusal("network", f"is {shown(value)}, not a network", 'write it like "192.0.2.0/24"') from None
        raise refusal(
            "network", f"is {shown(value)}, an address within a network", f'write "{meant}", or the address alone'
        )

    def write(self, value: IPv4Network | IPv6Network) -> str:
        """Return the network's usual text."""
        return str(value)

    def json_schema(self) -> dict[str, object]:
        """Return the characters; what they say is checked when it is read."""
        return {"type": "string", "pattern": "^[0-9A-Fa-f:.]+(?:/[0-9]{1,3})?$", "examples": ["192.0.2.0/24"]}


Network = Annotated[IPv4Network | IPv6Network, _Network()]
