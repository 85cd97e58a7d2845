"""Which networks are allowed and which denied: of all that hold an address, the one with the longest prefix decides."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

WHOLE_HOST: Final = 64
"""Of IPv6: a customer has a /64 at least, and every address in it at will."""


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[int, int, int]:
    """Version, how many bits an address has behind the prefix, and the prefix. Kept: the same ones come with each change."""
    network = ip_network(text)
    shift = network.max_prefixlen - network.prefixlen
    return network.version, shift, int(network.network_address) >> shift


class Verdict(Enum):
    ALLOWED = "allowed"
    DENIED = "denied"


class Networks:
    """Networks as text, `192.0.2.0/24` or a single address; allowed wins over denied where both name the same."""

    __slots__ = ("_levels", "_longest_v6")

    def __init__(self, allow: Iterable[str] = (), deny: Iterable[str] = ()) -> None:
        table: dict[tuple[int, int], dict[int, Verdict]] = {}
        for verdict, networks in ((Verdict.DENIED, deny), (Verdict.ALLOWED, allow)):
            for text in networks:
                version, shift, value = _read(text)
                table.setdefault((version, shift), {})[value] = verdict
        self._levels = {
            version: [(shift, table[of, shift]) for of, shift in sorted(table) if of == version] for version in (4, 6)
        }
        """By version, from the longest prefix on: how many bits to drop, and what is left of the networks."""
        self._longest_v6 = max((128 - shift for shift, _ in self._levels[6]), default=0)

    def __bool__(self) -> bool:
        return any(self._levels.values())

    def verdict(self, source: str) -> Verdict | None:
        """Of an address, or of what `source_of` made of one; None where no network holds it."""
        host, slash, _ = source.partition("/")
        try:
            address = ip_address(host)
        except ValueError:
            return None
        value = int(address)
        for shift, networks in self._levels[address.version]:
            if slash and shift < WHOLE_HOST:
                continue  # it stands for the whole /64, not for its first address
            found = networks.get(value >> shift)
            if found is not None:
                return found
        return None

    def source_of(self, host: str) -> str:
        """What an IPv6 address is counted under: its /64, or itself where a network tells it from others of that."""
        address = host.partition("%")[0]
        try:
            parsed = IPv6Address(address)
        except ValueError:
            return host
        if parsed.is_link_local:
            return address  # all machines of a network share this /64
        value = int(parsed)
        if self._longest_v6 > WHOLE_HOST:
            for shift, networks in self._levels[6]:
                if shift < WHOLE_HOST and value >> shift in networks:
                    return address
        return str(ip_network((value >> WHOLE_HOST << WHOLE_HOST, WHOLE_HOST)))
