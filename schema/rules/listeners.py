"""Rules on the sockets of the system: listeners and media ports that would be in each other's way."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

from schema.kinds.listener import ListenerSpec
from schema.kinds.system import Media, SystemSpec
from schema.mark import Mark
from schema.problem import shown
from schema.resource import Resource, specs_of
from schema.rules.rule import Finding, SystemSubject
from schema.validation import one_of


def listener_needed(subject: SystemSubject) -> Iterator[Finding]:
    """Without a listener no phone can reach the PBX: most often a file is missing, and applying that would cut all off."""
    if subject.is_complete and not specs_of(subject.resources, ListenerSpec):
        mark = min((resource.origin for resource in subject.resources), default=Mark("manifests", 1, 1))
        yield Finding(mark, "no manifest defines a Listener", "define one: kind: Listener, spec: {transport: udp}")


def duplicate_listener(subject: SystemSubject) -> Iterator[Finding]:
    """Two sockets can't be bound to one transport, address and port; a wildcard address takes all of its family."""
    listeners = specs_of(subject.resources, ListenerSpec)
    by_socket: dict[tuple[str, int], list[Resource[ListenerSpec]]] = {}
    for listener in listeners:
        same_port = by_socket.setdefault((listener.spec.transport, listener.spec.port), [])
        for other in same_port:
            if other.ref != listener.ref and _overlap(other.spec.address, listener.spec.address):
                yield Finding(
                    _port_mark(listener),
                    f"{listener.ref} listens on {_socket(listener.spec)}, as does {other.ref} at {_port_mark(other)}",
                    "give one of them another port or address, or remove it",
                )
                break
        same_port.append(listener)


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
    """A listener's port within the media range would one day be wanted by a call, which then has no audio."""
    systems = specs_of(subject.resources, SystemSpec)
    media = systems[0].spec.media if systems else Media()
    for listener in specs_of(subject.resources, ListenerSpec):
        spec = listener.spec
        if spec.port in media.ports and _overlap(spec.address, media.address):
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
