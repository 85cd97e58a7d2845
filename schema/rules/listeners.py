"""Rules on the sockets of the system: listeners and media ports that would be in each other's way."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Final, TypeAlias

from schema.kinds.listener import CARRIED_OUT, ListenerSpec
from schema.kinds.provisioning_policy import ProvisioningPolicySpec
from schema.kinds.system import Media, SystemSpec
from schema.mark import Mark
from schema.nearest import one_of
from schema.problem import shown
from schema.resource import Resource, specs_of
from schema.rules.rule import Finding, SystemSubject
from schema.web_server import WebServer

PORTS_OF_A_CALL = 4
FEWEST_CALLS = 5


def listener_needed(subject: SystemSubject) -> Iterator[Finding]:
    """Without a listener no phone can reach the PBX: most often a file is missing, and applying that would cut all off."""
    if not subject.is_complete:
        return
    listeners = specs_of(subject.resources, ListenerSpec)
    if any(listener.spec.transport in CARRIED_OUT for listener in listeners):
        return
    what = "no manifest defines a Listener"
    if listeners:
        what = f"no manifest defines a Listener for {' or '.join(CARRIED_OUT)}, and others are not carried out yet"
    mark = min((resource.origin for resource in listeners or subject.resources), default=Mark("manifests", 1, 1))
    yield Finding(mark, what, "define one: kind: Listener, spec: {transport: udp}")


def duplicate_listener(subject: SystemSubject) -> Iterator[Finding]:
    """Two sockets can't be bound to one address and port: tcp, tls, ws and wss all are TCP; a wildcard address takes all of its family."""
    by_port: dict[tuple[str, int], _Taken] = {}
    for listener in specs_of(subject.resources, ListenerSpec):
        taken = by_port.setdefault((_protocol(listener.spec), listener.spec.port), {})
        other = _in_the_way(taken, listener)
        if other is not None:
            by = "" if other.spec.transport == listener.spec.transport else f", for {other.spec.transport}"
            yield Finding(
                _port_mark(listener),
                f"{listener.ref} listens on {_socket(listener)}, as does {other.ref}{by} at {_port_mark(other)}",
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


def media_ports_few(subject: SystemSubject) -> Iterator[Finding]:
    """Each side of a call takes two ports: with a handful, the next call has no audio and is refused."""
    for system in specs_of(subject.resources, SystemSpec):
        ports = system.spec.media.ports
        calls = (ports.last - ports.first + 1) // PORTS_OF_A_CALL
        if calls < FEWEST_CALLS:
            yield Finding(
                system.mark("spec", "media", "ports"),
                f"{system.ref} has the media ports {ports}, room for {calls} calls at once",
                "write a larger range, such as 33000-65000",
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


def web_port_taken(subject: SystemSubject) -> Iterator[Finding]:
    """The API and its page are served on TCP ports, too: what comes second to one would not be there."""
    systems = specs_of(subject.resources, SystemSpec)
    web = systems[0].spec.web if systems else WebServer()
    taken = {server.port: name for name, server in (("https", web.https), ("http", web.http)) if server.enabled}
    if web.http.enabled and web.https.enabled and web.http.port == web.https.port:
        what = f"{systems[0].ref} serves both spec.web.http and spec.web.https on port {web.http.port}"
        yield Finding(systems[0].mark("spec", "web", "https", "port"), what, "give one of them another port")
    for listener in specs_of(subject.resources, ListenerSpec):
        name = taken.get(listener.spec.port)
        if name is not None and _protocol(listener.spec) == "tcp":
            yield Finding(
                _port_mark(listener),
                f"{listener.ref} listens on {_socket(listener)}, where spec.web.{name} of the System serves the API and its page",
                f"choose another port, or another one in spec.web.{name} of the System",
            )
    for policy in specs_of(subject.resources, ProvisioningPolicySpec):
        name = taken.get(policy.spec.port)
        if name is not None and policy.spec.enabled:
            yield Finding(
                policy.mark("spec", "port"),
                f"{policy.ref} serves phones at port {policy.spec.port}, where spec.web.{name} of the System serves the API and its page",
                f"choose another port, or another one in spec.web.{name} of the System",
            )


def _protocol(spec: ListenerSpec) -> str:
    """What a socket for it is of."""
    return "udp" if spec.transport == "udp" else "tcp"


def _socket(listener: Resource[ListenerSpec]) -> str:
    spec = listener.spec
    where = "the machine's address" if spec.address is None else str(spec.address)
    told = "" if listener.document.has(("spec", "port")) else f" (the default port of {spec.transport})"
    return f"{spec.transport} port {spec.port} of {where}{told}"


def _port_mark(listener: Resource[ListenerSpec]) -> Mark:
    return listener.mark("spec", "port")
