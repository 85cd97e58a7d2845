"""Rules on the sockets of the system: listeners and media ports that would be in each other's way."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Final, TypeAlias

from schema.kinds.listener import ListenerSpec
from schema.kinds.system import Media, SystemSpec
from schema.mark import Mark
from schema.nearest import one_of
from schema.problem import shown
from schema.resource import Resource, specs_of
from schema.rules.rule import Finding, SystemSubject


def listener_needed(subject: SystemSubject) -> Iterator[Finding]:
    """Without a listener no phone can reach the PBX: most often a file is missing, and applying that would cut all off."""
    if subject.is_complete and not specs_of(subject.resources, ListenerSpec):
        mark = min((resource.origin for resource in subject.resources), default=Mark("manifests", 1, 1))
        yield Finding(mark, "no manifest defines a Listener", "define one: kind: Listener, spec: {transport: udp}")


def duplicate_listener(subject: SystemSubject) -> Iterator[Finding]:
    """Two sockets can't be bound to one transport, address and port; a wildcard address takes all of its family."""
    by_port: dict[tuple[str, int], _Taken] = {}
    for listener in specs_of(subject.resources, ListenerSpec):
        taken = by_port.setdefault((listener.spec.transport, listener.spec.port), {})
        other = _in_the_way(taken, listener)
        if other is not None:
            yield Finding(
                _port_mark(listener),
                f"{listener.ref} listens on {_socket(listener.spec)}, as does {other.ref} at {_port_mark(other)}",
                "give one of them another port or address, or remove it",
            )
        taken.setdefault(listener.spec.address, listener)


_Taken: TypeAlias = dict[IPv4Address | IPv6Address | None, Resource[ListenerSpec]]
WILDCARDS: Final = (IPv4Address(0), IPv6Address(0))


def _in_the_way(taken: _Taken, listener: Resource[ListenerSpec]) -> Resource[ListenerSpec] | None:
    """The first listener of the same port whose address overlaps; the same resource twice is another rule's finding."""
    address = listener.spec.address
    if address is None:
        near = [taken.get(None), *(taken.get(wildcard) for wildcard in WILDCARDS)]
    elif address.is_unspecified:
        near = [other for other in taken.values() if _overlap(other.spec.address, address)]
    else:
        near = [
            taken.get(address),
            *(taken.get(wildcard) for wildcard in WILDCARDS if wildcard.version == address.version),
        ]
    return next((other for other in near if other is not None and other.ref != listener.ref), None)


def listener_tenant_exists(subject: SystemSubject) -> Iterator[Finding]:
    """A default tenant that nobody defines would refuse the very requests that it is meant for."""
    for listener in specs_of(subject.resources, ListenerSpec):
        tenant = listener.spec.tenant
        if tenant is not None and tenant not in subject.defined_tenants:
            yield Finding(
                listener.mark("spec", "tenant"),
                f"{listener.ref} serves Tenant {shown(tenant)}, which no manifest defines",
                f"define it, or correct the name: {one_of(tenant, sorted(subject.defined_tenants))}",
            )


def media_port_overlap(subject: SystemSubject) -> Iterator[Finding]:
    """A UDP listener's port within the media range would one day be wanted by a call, which then has no audio."""
    systems = specs_of(subject.resources, SystemSpec)
    media = systems[0].spec.media if systems else Media()
    for listener in specs_of(subject.resources, ListenerSpec):
        spec = listener.spec
        if spec.transport == "udp" and spec.port in media.ports and _overlap(spec.address, media.address):
            yield Finding(
                _port_mark(listener),
                f"{listener.ref} listens on port {spec.port}, within the media ports {media.ports} of the System",
                "choose a port outside, or another range in spec.media.ports of the System",
            )


def _overlap(one: IPv4Address | IPv6Address | None, other: IPv4Address | IPv6Address | None) -> bool:
    """Return whether two addresses would share a port; None is the machine's own, which any wildcard covers."""
    if one is None or other is None:
        return one is other or (one or other or IPv4Address(0)).is_unspecified
    return one == other or (one.version == other.version and (one.is_unspecified or other.is_unspecified))


def _socket(spec: ListenerSpec) -> str:
    where = "the machine's address" if spec.address is None else str(spec.address)
    return f"{spec.transport} port {spec.port} of {where}"


def _port_mark(listener: Resource[ListenerSpec]) -> Mark:
    return listener.mark("spec", "port")
