"""Rules on the networks that System.spec.security allows and denies."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeAlias

from schema.kinds.listener import ListenerSpec
from schema.kinds.security import Security
from schema.kinds.system import SystemSpec
from schema.mark import Mark
from schema.resource import Resource, specs_of
from schema.rules.rule import Finding, SystemSubject

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


def network_twice(subject: SystemSubject) -> Iterator[Finding]:
    """Of a network that is both allowed and denied, nobody knows what is meant; the same list twice is a mistake, too."""
    for system in specs_of(subject.resources, SystemSpec):
        first: dict[Network, tuple[str, Mark]] = {}
        for name, network, mark in _networks(system):
            before = first.setdefault(network, (name, mark))
            if before[1] is not mark:
                what = (
                    f"{system.ref} names {_shown(network)} in spec.security.{name}, and at {before[1]} in {before[0]}"
                )
                yield Finding(mark, what, "remove one of them")


def deny_own_address(subject: SystemSubject) -> Iterator[Finding]:
    """Under its own address a PBX that denies it would not be reached, nor reach itself."""
    own = list(_own(subject))
    for system in specs_of(subject.resources, SystemSpec):
        denied = [(network, mark) for name, network, mark in _networks(system) if name == "deny"]
        for network, mark in denied:
            for whose, address in own:
                if address in network and _is_denied(system.spec.security, address):
                    what = f"{system.ref} denies {_shown(network)}, in which {address} lies, the address of {whose}"
                    yield Finding(mark, what, "deny a smaller network, or allow that address beside it")
                    break


def _networks(system: Resource[SystemSpec]) -> Iterator[tuple[str, Network, Mark]]:
    security = system.spec.security
    for name, rules in (("allow", security.allow), ("deny", security.deny)):
        for index, rule in enumerate(rules):
            yield name, rule.network, system.mark("spec", "security", name, index, "network")


def _is_denied(security: Security, address: Address) -> bool:
    """Whether the longest of the networks that hold the address is a denied one."""
    holding = [(rule.network.prefixlen, True) for rule in security.allow if address in rule.network]
    holding += [(rule.network.prefixlen, False) for rule in security.deny if address in rule.network]
    return bool(holding) and not max(holding)[1]


def _own(subject: SystemSubject) -> Iterator[tuple[str, Address]]:
    for listener in specs_of(subject.resources, ListenerSpec):
        for address in (listener.spec.address, listener.spec.advertised_address):
            if address is not None and not address.is_unspecified:
                yield str(listener.ref), address
    for system in specs_of(subject.resources, SystemSpec):
        for address in (system.spec.media.address, system.spec.media.advertised_address):
            if address is not None and not address.is_unspecified:
                yield f"the media of {system.ref}", address


def _shown(network: Network) -> str:
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)
