"""Which trunk an address belongs to: exact addresses of servers, and the networks of manifests; the longest prefix wins.

An address is matched, not believed: that a request comes from it only tells which trunk's rules hold. The port is not looked at over UDP
nor TCP: carriers send from many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_HOSTS_KEPT: Final = 10_000


class SourceMap(Generic[T]):
    """Built anew whenever something changes; looking up costs one dictionary look-up for hosts seen before."""

    __slots__ = ("_by_prefix", "_found", "_lengths")

    def __init__(self, networks: Iterable[tuple[str, T]] = ()) -> None:
        """`networks`: text of an address or a network, and whose it is."""
        self._by_prefix: dict[tuple[int, int, int], list[T]] = {}
        for text, owner in networks:
            network = ip_network(text, strict=False)
            key = (network.version, network.prefixlen, int(network.network_address))
            owners = self._by_prefix.setdefault(key, [])
            if owner not in owners:
                owners.append(owner)
        lengths: dict[int, set[int]] = {}
        for version, length, _ in self._by_prefix:
            lengths.setdefault(version, set()).add(length)
        self._lengths: Mapping[int, tuple[int, ...]] = {
            version: tuple(sorted(found, reverse=True)) for version, found in lengths.items()
        }
        self._found: dict[str, tuple[tuple[T, ...], ...]] = {}

    def owners(self, host: str) -> tuple[T, ...]:
        """Those with the longest prefix that the address is in; () for a stranger."""
        holders = self.holders(host)
        return holders[0] if holders else ()

    def holders(self, host: str) -> tuple[tuple[T, ...], ...]:
        """All that the address is in, those with the longest prefix first."""
        if not self._by_prefix:
            return ()
        found = self._found.get(host)
        if found is None:
            if len(self._found) >= _HOSTS_KEPT:
                self._found.clear()
            found = self._found[host] = tuple(self._look_up(host))
        return found

    def _look_up(self, host: str) -> Iterator[tuple[T, ...]]:
        try:
            address = ip_address(host)
        except ValueError:
            return
        if address.version == 6 and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        bits = address.max_prefixlen
        number = int(address)
        for length in self._lengths.get(address.version, ()):
            owners = self._by_prefix.get((address.version, length, number >> (bits - length) << (bits - length)))
            if owners is not None:
                yield tuple(owners)
