"""Proxies before the API: what one says of the browser's side of it is believed from this machine and from those named, from nobody else.

`X-Forwarded-Proto` tells whether the browser came by HTTPS, `X-Forwarded-For` from where; of several values the last, which is the
proxy's own. The only uses: the cookie is marked `Secure`, and wrong credentials are counted by the address that sent them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from starlette.datastructures import Headers

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from. `scheme`: as the browser has it; `address`: "" where it is not known."""

    scheme: str
    address: str


@dataclass(frozen=True, slots=True)
class Proxies:
    """`named`: besides this machine."""

    named: Sequence[Network] = ()

    def origin(self, peer: str, scheme: str, headers: Headers) -> Origin:
        """Of a request by a connection from `peer`."""
        address = _address(peer)
        if address is None or not self._trusts(address):
            return Origin(scheme, peer)
        if _last(headers, "x-forwarded-proto").lower() == "https":
            scheme = "https"
        told = _address(_last(headers, "x-forwarded-for"))
        return Origin(scheme, peer if told is None else str(told))

    def _trusts(self, address: Address) -> bool:
        return address.is_loopback or any(address in network for network in self.named)


def _last(headers: Headers, name: str) -> str:
    return ",".join(headers.getlist(name)).rpartition(",")[2].strip()


def _address(text: str) -> Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    # A listener on [::] sees IPv4 so.
    return getattr(found, "ipv4_mapped", None) or found
