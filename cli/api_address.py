"""Where the API is served by TCP: `ADDRESS:PORT`, or `off`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from api.public_url import PublicUrl, parse_public_url

DEFAULT: Final = "127.0.0.1:8888"
OFF: Final = "off"

Network: TypeAlias = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class ApiAddress:
    """`port`: 0 = any free one."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        return ip_address(self.host).is_loopback


def api_address(text: str) -> ApiAddress | None:
    """None for `off`. ValueError says how to write it."""
    if text == OFF:
        return None
    host, colon, port = text.rpartition(":")
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        address = None
    known = port.isascii() and port.isdecimal() and len(port) <= 5 and int(port) <= 65535
    if not colon or address is None or not known or (address.version == 6) != host.startswith("["):
        raise ValueError(
            f'--api "{text}" is not understood; write an address and a port, as {DEFAULT} or [::1]:8888, or {OFF} for none'
        )
    return ApiAddress(str(address), int(port))


def api_proxies(texts: Iterable[str]) -> tuple[Network, ...]:
    """The addresses and networks of proxies. ValueError says how to write them."""
    found = []
    for text in texts:
        try:
            found.append(ip_network(text.removeprefix("[").removesuffix("]")))
        except ValueError:
            raise ValueError(
                f'--api-proxy "{text}" is no address and no network; write it like 192.0.2.7 or 192.0.2.0/24'
            ) from None
    return tuple(found)


def api_public_url(text: str) -> PublicUrl | None:
    """None where none is given. ValueError says how to write it."""
    if not text:
        return None
    try:
        return parse_public_url(text)
    except ValueError as error:
        raise ValueError(f"--public-url: {error}") from None
