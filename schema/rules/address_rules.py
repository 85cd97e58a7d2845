"""Rules on the networks that IpRules and System.spec.security allow and deny."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias

from schema.document import Path
from schema.kinds.conference_server import ConferenceServerSpec
from schema.kinds.ip_rule import IpRuleSpec
from schema.kinds.listener import ListenerSpec
from schema.kinds.media_server import MediaServerSpec
from schema.kinds.system import SystemSpec
from schema.kinds.trunk import TrunkSpec
from schema.mark import Mark
from schema.network import shortest_prefix
from schema.resource import AnyResource, Resource, specs_of
from schema.rules.rule import Finding, SystemSubject, TenantSubject

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


def network_twice(subject: SystemSubject) -> Iterator[Finding]:
    """Of a network that is both allowed and denied, nobody knows what is meant; the same list twice is a mistake, too."""
    first: dict[Network, _Entry] = {}
    for entry in _entries(subject.resources):
        before = first.setdefault(entry.network, entry)
        if before is not entry:
            what = f"{entry.who} names {_shown(entry.network)} in {entry.where}, and at {before.mark} in {before.where}"
            if before.who != entry.who:
                what = f"{entry.who} {entry.does} {_shown(entry.network)}, and at {before.mark} {before.who} {before.does} it"
            yield Finding(entry.mark, what, "remove one of them")


def deny_own_address(subject: SystemSubject) -> Iterator[Finding]:
    """Under its own address a PBX that denies it would not be reached, nor reach itself."""
    own = list(_own(subject))
    entries = list(_entries(subject.resources))
    for entry in entries:
        if entry.action == "deny":
            for whose, address in own:
                if address in entry.network and _is_denied(entries, address):
                    what = (
                        f"{entry.who} denies {_shown(entry.network)}, in which {address} lies, the address of {whose}"
                    )
                    yield Finding(entry.mark, what, "deny a smaller network, or allow that address beside it")
                    break


def allow_wide(subject: SystemSubject) -> Iterator[Finding]:
    """Who is allowed is never banned, and not limited: in a network as large as a share of the internet strangers may try passwords."""
    for entry in _entries(subject.resources):
        shortest = shortest_prefix(entry.network)
        if entry.action == "allow" and entry.network.prefixlen < shortest:
            yield Finding(
                entry.mark,
                f"{entry.who} allows {_shown(entry.network)}: strangers there would never be banned, and not limited",
                f"name the networks of your own people, none with a prefix shorter than /{shortest} there",
            )


def trunk_denied(subject: TenantSubject) -> Iterator[Finding]:
    """The addresses of a trunk are let pass, also out of a larger network that is denied, but not where they themselves are: nothing that
    the carrier sends from there is ever answered.
    """
    return _denied_trunks(specs_of(subject.resources, TrunkSpec), subject.system)


def shared_trunk_denied(subject: SystemSubject) -> Iterator[Finding]:
    """The addresses of a trunk are let pass, also out of a larger network that is denied, but not where they themselves are: nothing that
    the carrier sends from there is ever answered.
    """
    return _denied_trunks(specs_of(subject.resources, TrunkSpec), subject.resources)


def _denied_trunks(trunks: Sequence[Resource[TrunkSpec]], system: Sequence[AnyResource]) -> Iterator[Finding]:
    entries = list(_entries(system)) if trunks else []
    allowed = {entry.network for entry in entries if entry.action == "allow"}
    denied = [entry for entry in entries if entry.action == "deny" and entry.network not in allowed]
    for trunk in trunks if denied else ():
        for path, network in _of_trunk(trunk.spec) if trunk.spec.enabled else ():
            entry = next((one for one in denied if _is_within(one.network, network)), None)
            if entry is not None:
                where = "" if entry.network == network else f", which is in {_shown(network)}"
                yield Finding(
                    trunk.mark("spec", *path),
                    f"{trunk.ref} is called from {_shown(network)}, and {entry.who} denies {_shown(entry.network)}{where}, at "
                    f"{entry.mark}: what comes from there is dropped",
                    "remove it there, or correct the trunk's address",
                )


def _of_trunk(spec: TrunkSpec) -> Iterator[tuple[Path, Network]]:
    """Where it is called from, as far as manifests say: its servers that are no names, and its networks."""
    servers = ((("host",), spec.host), *((("backupHosts", index), one) for index, one in enumerate(spec.backup_hosts)))
    for path, server in servers:
        try:
            yield path, ip_network(server.host)
        except ValueError:
            continue  # a name
    for index, network in enumerate(spec.addresses):
        yield ("addresses", index), network


def _is_within(inner: Network, outer: Network) -> bool:
    if isinstance(inner, IPv4Network):
        return isinstance(outer, IPv4Network) and inner.subnet_of(outer)
    return isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def ip_rule_undescribed(resources: Sequence[AnyResource]) -> Iterator[Finding]:
    """In a year nobody knows whose address it was, and so nobody dares to remove the rule."""
    for entry in _entries(resources):
        if not entry.is_described:
            yield Finding(
                entry.mark,
                f"{entry.who} {entry.does} {_shown(entry.network)} and does not say why",
                "add description: whose it is, or why",
            )


@dataclass(frozen=True, slots=True)
class _Entry:
    """A network that is allowed or denied. `where`: the field's name within its resource."""

    who: str
    action: str
    where: str
    network: Network
    mark: Mark
    is_described: bool

    @property
    def does(self) -> str:
        return "allows" if self.action == "allow" else "denies"


def _entries(resources: Sequence[AnyResource]) -> Iterator[_Entry]:
    for system in specs_of(resources, SystemSpec):
        security = system.spec.security
        for name, rules in (("allow", security.allow), ("deny", security.deny)):
            for index, rule in enumerate(rules):
                mark = system.mark("spec", "security", name, index, "network")
                where = f"spec.security.{name}"
                yield _Entry(str(system.ref), name, where, rule.network, mark, rule.description is not None)
    for one in specs_of(resources, IpRuleSpec):
        spec, mark = one.spec, one.mark("spec", "network")
        yield _Entry(str(one.ref), spec.action, "spec.network", spec.network, mark, spec.description is not None)


def _is_denied(entries: Iterable[_Entry], address: Address) -> bool:
    """Whether the longest of the networks that hold the address is a denied one."""
    holding = [(entry.network.prefixlen, entry.action == "allow") for entry in entries if address in entry.network]
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
        for address in (system.spec.network.advertised_ipv4, system.spec.network.advertised_ipv6):
            if address is not None:
                yield f"the network of {system.ref}", address
    for server in (*specs_of(subject.resources, MediaServerSpec), *specs_of(subject.resources, ConferenceServerSpec)):
        for address in (server.spec.ipv4, server.spec.ipv6) if server.spec.enabled else ():
            if address is not None:
                yield str(server.ref), address


def _shown(network: Network) -> str:
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)
