"""An IP address as the engine wants it: text without brackets."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address


def host(address: IPv4Address | IPv6Address | None) -> str | None:
    """None stays None: the machine's own address."""
    return None if address is None else str(address)
