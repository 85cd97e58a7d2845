"""Fields that hold networks of IP addresses: `192.0.2.0/24`, `2001:db8::/32`, or one address."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Final

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


class _CarrierNetwork(_Network):
    """A network that requests are believed from without a password: none as large as a share of the internet."""

    def read(self, value: object) -> IPv4Network | IPv6Network:
        """Return the network."""
        network = super().read(value)
        shortest = shortest_prefix(network)
        if network.prefixlen >= shortest:
            return network
        raise refusal(
            "network-wide",
            f'is "{network}": whoever sends from there, strangers and phones too, would be taken for the carrier and never be banned',
            f"name the carrier's own networks, none with a prefix shorter than /{shortest} there",
        )


def shortest_prefix(network: IPv4Network | IPv6Network) -> int:
    """Of a public network as no carrier has a larger one; of a private one all of it."""
    if any(network.version == own.version and network.subnet_of(own) for own in _PRIVATE):  # type: ignore[arg-type]  # of one version
        return 0
    return 16 if network.version == 4 else 29


_PRIVATE: Final = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)

Network = Annotated[IPv4Network | IPv6Network, _Network()]
CarrierNetwork = Annotated[IPv4Network | IPv6Network, _CarrierNetwork()]
