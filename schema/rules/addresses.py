"""Rules on the addresses that phones are told: where to send SIP and audio. What only the machine knows (its --host) is not judged."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Final, TypeAlias

from schema.kinds.listener import ListenerSpec
from schema.kinds.system import SystemSpec
from schema.mark import Mark
from schema.network_profile import NetworkProfile
from schema.resource import specs_of
from schema.rules.rule import Finding, SystemSubject

Address: TypeAlias = IPv4Address | IPv6Address

# RFC 5737, RFC 3849, RFC 9637.
EXAMPLES: Final = tuple(
    map(ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"))
)
THIS_NETWORK: Final = ip_network("0.0.0.0/8")


@dataclass(frozen=True, slots=True)
class _Told:
    """An address that phones are told. `who`: as a message begins; `does`: how it goes on, where it binds and where it tells;
    `bound`: the address behind it, None = the machine's own; `is_told_otherwise`: phones are told what System.spec.network says."""

    who: str
    does: tuple[str, str]
    bound: Address | None
    advertised: Address | None
    bound_mark: Mark
    advertised_mark: Mark
    is_told_otherwise: bool = False

    @property
    def address(self) -> Address | None:
        return self.advertised if self.advertised is not None else self.bound

    @property
    def mark(self) -> Mark:
        return self.advertised_mark if self.advertised is not None else self.bound_mark


def advertised_address_needed(subject: SystemSubject) -> Iterator[Finding]:
    """Phones are told the address that is bound; under a wildcard they would be told one that nobody can be reached at."""
    hint = "write this machine's address, or add advertisedAddress: the one that phones send to"
    for told in _told(subject):
        if told.is_told_otherwise:
            continue
        if told.bound is not None and told.bound.is_unspecified and told.advertised is None:
            binds, advertises = told.does
            yield Finding(told.bound_mark, f"{told.who} {binds} {told.bound} and {advertises} no other address", hint)


def advertised_address_wrong(subject: SystemSubject) -> Iterator[Finding]:
    """Phones send SIP and audio to the address that they are told; at one that can't be reached, they register and hear nothing."""
    for told in _told(subject):
        if told.bound is not None and (told.bound.is_multicast or _is_nobodys(told.bound)):
            what = f"{told.who} {told.does[0]} {told.bound}, which no machine can have"
            yield Finding(told.bound_mark, what, "write an address of this machine")
            continue
        reason = _why_wrong(told)
        if reason is not None:
            what, hint = reason
            yield Finding(told.mark, f"the address {told.address} that phones are told by {told.who} {what}", hint)


def advertised_address_doubtful(subject: SystemSubject) -> Iterator[Finding]:
    """Some addresses are right on rare machines only, or were copied from an example."""
    for told in _told(subject):
        if _why_wrong(told) is None and (reason := _why_doubtful(told)) is not None:
            what, hint = reason
            yield Finding(told.mark, f"the address {told.address} that phones are told by {told.who} {what}", hint)


def advertised_address_private(subject: SystemSubject) -> Iterator[Finding]:
    """From the internet nobody reaches a private address: phones out there would register and hear nothing."""
    systems = specs_of(subject.resources, SystemSpec)
    if not systems or systems[0].spec.network.profile != "public":
        return
    for told in _told(subject):
        address = told.address
        if address is None or told.is_told_otherwise or _why_wrong(told) is not None or _why_doubtful(told) is not None:
            continue
        if address.is_loopback or (address.is_private and not _is_example(address)):
            yield Finding(
                told.mark,
                f"the address {address} that phones are told by {told.who} is private, but {systems[0].ref} is public",
                "add advertisedAddress: the one that phones on the internet send to; or write profile: lan",
            )


def _is_example(address: Address) -> bool:
    return any(address in network for network in EXAMPLES if network.version == address.version)


def _why_wrong(told: _Told) -> tuple[str, str] | None:
    """What can't be right on any machine, and what to do."""
    address, bound = told.address, told.bound
    if address is None or told.is_told_otherwise or address.is_unspecified:
        return None
    ours = "write the address that phones send to"
    if address.is_multicast:
        return "is that of a multicast group", ours
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return "is an IPv4 address in the form of IPv6", f'write "{address.ipv4_mapped}"'
        if address.is_link_local:
            return "is link-local: it means another machine on each network", ours
    elif _is_nobodys(address):
        return "is one that no machine can have", ours
    if bound is None or told.advertised is None:
        return None
    if bound.version != address.version:
        hint = f"write an IPv{bound.version} address; for both, use a listener for each"
        return f"is IPv{address.version}, but {bound}, where we listen, is IPv{bound.version}", hint
    if address.is_loopback and not bound.is_loopback:
        return f"is each phone's own machine, but we listen on {bound}", ours
    return None


def _is_nobodys(address: Address) -> bool:
    """True for broadcast, the reserved class E, and 0.0.0.0/8 but for the wildcard itself."""
    if isinstance(address, IPv6Address) or address.is_unspecified:
        return False
    return address in THIS_NETWORK or address.is_reserved


def _why_doubtful(told: _Told) -> tuple[str, str] | None:
    address, bound = told.address, told.bound
    if address is None or told.is_told_otherwise:
        return None
    if _is_example(address):
        return "is reserved for examples", "write your own"
    if address.is_link_local:
        return "is link-local: a machine has one where it was given no other", "write the one that it is given later"
    if bound is not None and bound.is_loopback and not address.is_loopback:
        hint = "listen on an address of the network, unless something on this machine forwards to it"
        return f"is not reached at {bound}, where we listen: nothing arrives there from other machines", hint
    return None


def _told(subject: SystemSubject) -> Iterator[_Told]:
    systems = specs_of(subject.resources, SystemSpec)
    network = systems[0].spec.network if systems else NetworkProfile()
    for listener in specs_of(subject.resources, ListenerSpec):
        spec = listener.spec
        yield _Told(
            str(listener.ref),
            ("listens on", "advertises"),
            spec.address,
            spec.advertised_address,
            listener.mark("spec", "address"),
            listener.mark("spec", "advertisedAddress"),
            spec.advertised_address is None and network.advertised(spec.address) is not None,
        )
    for system in systems:
        for field, address in (
            ("advertisedIpv4", network.advertised_ipv4),
            ("advertisedIpv6", network.advertised_ipv6),
        ):
            mark = system.mark("spec", "network", field)
            yield _Told(f"the network of {system.ref}", ("is", "advertises"), None, address, mark, mark)
        media = system.spec.media
        yield _Told(
            f"the media of {system.ref}",
            ("use", "advertise"),
            media.address,
            media.advertised_address,
            system.mark("spec", "media", "address"),
            system.mark("spec", "media", "advertisedAddress"),
            media.advertised_address is None and network.advertised(media.address) is not None,
        )
