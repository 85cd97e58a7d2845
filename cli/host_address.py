"""`--host`: this machine's address, as phones reach it."""

from __future__ import annotations

from ipaddress import ip_address


def host_address(host: str) -> str:
    """ValueError says what to write."""
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        raise ValueError(
            f'--host "{host}" is not an IP address; give the one that phones reach this machine at'
        ) from None
    if address.is_unspecified or address.is_multicast:
        raise ValueError(f'--host "{host}" is no address that phones can reach; give this machine\'s own')
    return str(address)
