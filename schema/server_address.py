"""Fields that hold the address of a SIP server: a host name or an IP address, perhaps with a port."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Annotated, Final

from schema.address import DOMAIN, LABEL
from schema.field_type import FieldType, refusal
from schema.problem import shown

_FORM: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:\s]+)(?::([0-9]{1,5}))?", re.ASCII)
_HINT: Final = 'write it like "sip.example.net", "sip.example.net:5080" or "[2001:db8::1]:5060"'


@dataclass(frozen=True, slots=True)
class Server:
    """`port`: None = found by RFC 3263."""

    host: str
    port: int | None

    def __str__(self) -> str:
        """Return it as it is written."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


class _ServerAddress(FieldType[Server]):
    def read(self, value: object) -> Server:
        """Return host and port; an IPv6 address without a port may go without brackets."""
        if isinstance(value, Server):
            return value
        if not isinstance(value, str):
            raise refusal("server", f"is {shown(value)}, not the address of a server", _HINT)
        text = str(value)
        bare = _address(text)
        if bare is not None:
            return Server(bare, None)
        found = _FORM.fullmatch(text)
        port = int(found[2]) if found is not None and found[2] else None
        if found is None or (port is not None and not 1 <= port <= 65535):
            raise refusal("server", f"is {shown(value)}, not the address of a server", _HINT)
        host = found[1].strip("[]")
        address = _address(host)
        if address is None and (DOMAIN.fullmatch(host) is None or host.rpartition(".")[2].isdecimal()):
            raise refusal("server", f"is {shown(value)}, whose host is neither a name nor an IP address", _HINT)
        return Server(address or host.lower(), port)

    def write(self, value: Server) -> str:
        """Return it as it is written."""
        return str(value)

    def json_schema(self) -> dict[str, object]:
        """Return the forms."""
        name = rf"{LABEL}(?:\.{LABEL})*"
        pattern = rf"^(?:{name}(?::[0-9]{{1,5}})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{{1,5}})?|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)$"
        return {"type": "string", "pattern": pattern, "examples": ["sip.example.net"]}


def _address(text: str) -> str | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return None if isinstance(address, IPv6Address) and address.scope_id is not None else str(address)


class _NameServer(_ServerAddress):
    def read(self, value: object) -> Server:
        """Return address and port; a name would have to be asked of somebody first."""
        server = super().read(value)
        if _address(server.host) is None:
            raise refusal("server", f"is {shown(value)}, a name", 'a resolver has an IP address: "192.0.2.53"')
        return server

    def json_schema(self) -> dict[str, object]:
        """Return the forms."""
        pattern = r"^(?:[0-9.]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)$"
        return {"type": "string", "pattern": pattern, "examples": ["192.0.2.53"]}


ServerAddress = Annotated[Server, _ServerAddress()]
NameServer = Annotated[Server, _NameServer()]
