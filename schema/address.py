"""Fields that hold IP addresses, SIP domains and ranges of ports."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated, Final

from schema.field_type import FieldType, refusal
from schema.problem import shown

LABEL: Final = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
# For editors: IPv4 as it is, IPv6 by its characters.
ADDRESS_FORM: Final = rf"(?:{OCTET}\.){{3}}{OCTET}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+|\[[0-9A-Fa-f:.]+\]"
DOMAIN: Final = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(?:\.{LABEL})*", re.ASCII)


class _Address(FieldType[IPv4Address | IPv6Address]):
    """An IPv4 or IPv6 address; no name, because which address a name has is not in git."""

    def read(self, value: object) -> IPv4Address | IPv6Address:
        """Return the address; an IPv6 one may stand in brackets. A scope (`%eth0`) belongs to one machine: refused."""
        address = address_of(value)
        if address is None:
            raise refusal("address", f"is {shown(value)}, not an IP address", 'write one, such as "192.0.2.10"')
        return address

    def write(self, value: IPv4Address | IPv6Address) -> str:
        """Return the address's usual text."""
        return str(value)

    def json_schema(self) -> dict[str, object]:
        """Return the forms; a pattern, because a format is not checked by every reader of JSON Schema."""
        return {"type": "string", "pattern": f"^(?:{ADDRESS_FORM})$", "examples": ["192.0.2.10"]}


class _RemoteAddress(_Address):
    """An address that others can send to: not 0.0.0.0, not a multicast group."""

    def read(self, value: object) -> IPv4Address | IPv6Address:
        """Return the address if one can be reached under it."""
        address = super().read(value)
        if address.is_unspecified or address.is_multicast:
            what = f"is {shown(value)}, under which nobody can be reached"
            raise refusal("address", what, "write the address that phones send to")
        return address


class _RemoteIpv4(_RemoteAddress):
    """One of IPv4."""

    def read(self, value: object) -> IPv4Address:
        """Return the address if it is one."""
        address = super().read(value)
        if not isinstance(address, IPv4Address):
            raise refusal("address", f"is {shown(value)}, an IPv6 address", 'write one of IPv4, such as "192.0.2.10"')
        return address


class _RemoteIpv6(_RemoteAddress):
    """One of IPv6."""

    def read(self, value: object) -> IPv6Address:
        """Return the address if it is one."""
        address = super().read(value)
        if not isinstance(address, IPv6Address):
            raise refusal("address", f"is {shown(value)}, an IPv4 address", 'write one of IPv6, such as "2001:db8::10"')
        return address


class _Domain(FieldType[str]):
    """A SIP domain: a host name, which need not resolve, or an IP address; kept in small letters."""

    def read(self, value: object) -> str:
        """Return the domain as it is compared: small letters, IPv6 without brackets."""
        address = address_of(value)
        if address is not None:
            return str(address)
        if not isinstance(value, str) or DOMAIN.fullmatch(value) is None or value.rpartition(".")[2].isdecimal():
            what = f"is {shown(value)}, neither a host name nor an IP address"
            raise refusal("domain", what, 'write it like "pbx.example.com"')
        return value.lower()

    def write(self, value: str) -> str:
        """Return the domain."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Return the forms; whether its length and last label fit is checked when it is read."""
        return {"type": "string", "pattern": rf"^(?:{LABEL}(?:\.{LABEL})*|{ADDRESS_FORM})$", "maxLength": 255}


@dataclass(frozen=True, slots=True)
class PortRange:
    """Ports from `first` to `last`, both included."""

    first: int
    last: int

    def __contains__(self, port: int) -> bool:
        """Return whether the port is one of them."""
        return self.first <= port <= self.last

    def __str__(self) -> str:
        """Return `first-last`, as it is written."""
        return f"{self.first}-{self.last}"


class _PortRange(FieldType[PortRange]):
    """A range of ports, written `33000-65000`."""

    def read(self, value: object) -> PortRange:
        """Return the range; it has room for one pair of ports at least, and none of them is privileged."""
        match = re.fullmatch("([0-9]{1,5}) ?- ?([0-9]{1,5})", value, re.ASCII) if isinstance(value, str) else None
        hint = 'write two ports from 1024 to 65535, such as "33000-65000"'
        if match is None:
            raise refusal("port-range", f"is {shown(value)}, not a range of ports", hint)
        ports = PortRange(int(match[1]), int(match[2]))
        if ports.first < 1024 or ports.last > 65535 or ports.first >= ports.last:
            raise refusal("port-range", f"is {shown(value)}, which holds no usable pair of ports", hint)
        return ports

    def write(self, value: PortRange) -> str:
        """Return `first-last`."""
        return str(value)

    def json_schema(self) -> dict[str, object]:
        """Return the form of two numbers."""
        return {"type": "string", "pattern": "^[0-9]{1,5} ?- ?[0-9]{1,5}$", "examples": ["33000-65000"]}


def address_of(value: object) -> IPv4Address | IPv6Address | None:
    if not isinstance(value, str):
        return None
    text = value[1:-1] if value.startswith("[") and value.endswith("]") else str(value)
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return None
    return None if text != value and isinstance(address, IPv4Address) else address


IpAddress = Annotated[IPv4Address | IPv6Address, _Address()]
AdvertisedAddress = Annotated[IPv4Address | IPv6Address, _RemoteAddress()]
AdvertisedIpv4 = Annotated[IPv4Address, _RemoteIpv4()]
AdvertisedIpv6 = Annotated[IPv6Address, _RemoteIpv6()]
Domain = Annotated[str, _Domain()]
Ports = Annotated[PortRange, _PortRange()]
