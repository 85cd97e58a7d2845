"""Makes the facts: asks machine, disk, DNS and the running server. All of it is bounded, a few seconds at most."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cli.doctor import asking, probe_host, probe_network, probe_storage
from cli.doctor.machine import ListenerFact, Machine, MediaFact, NameFact, ServerFact
from engine import native
from engine.config.snapshot import Snapshot
from engine.config.trunk import TrunkConfig
from engine.native import protocol

TRIED_PORTS: Final = 32


def probe(snapshot: Snapshot | None, data: Path, host: str) -> Machine:
    """`host`: as `serve --host`, where the configuration fixes no address."""
    asked = asking.server(data)
    server, served = asked if asked is not None else (None, ())
    if served and snapshot is not None:
        # What the running server was started with, where it is told by a listener that fixes no address.
        by_name = {str(one.get("name")): str(one.get("bound")).rpartition(":")[0].strip("[]") for one in served}
        own = [by_name[name] for name, one in snapshot.listeners.items() if one.address is None and name in by_name]
        host = own[0] if own else host
    listeners = None if snapshot is None else tuple(_listeners(snapshot, host, server, served))
    media = None if snapshot is None else _media(snapshot, host, server)
    trunks = () if snapshot is None else tuple(_trunks(snapshot))
    configured = () if snapshot is None else snapshot.system.dns_servers
    dns = tuple([one.host if one.port is None else f"[{one.host}]:{one.port}" for one in configured])
    names = tuple(_names(trunks, dns))
    named = {host} | {one.host for one in listeners or ()} | ({media.host} if media is not None else set())
    form = protocol.check()
    pid = None if server is None else server.pid
    return Machine(
        host=host,
        named=frozenset(named),
        local=frozenset([one for one in named if probe_network.is_local(one)]),
        listeners=listeners,
        media=media,
        server=server,
        clock=probe_host.clock(),
        resolvers=probe_network.resolvers(dns),
        names=names,
        trunk_is_public=any(_is_public(trunk) for trunk in trunks)
        or any(ip_address(found).is_global for one in names for found in one.found),
        descriptors=probe_host.descriptors(pid),
        receive_buffer=probe_host.number("net/core/rmem_max"),
        send_buffer=probe_host.number("net/core/wmem_max"),
        may_force_buffers=probe_host.may_force_buffers(pid),
        local_ports=probe_host.local_ports(),
        reserved_ports=probe_host.reserved_ports(),
        folder=probe_storage.folder(data),
        database=probe_storage.database(data),
        conntrack=probe_host.conntrack(),
        machine=probe_host.machine(pid),
        native=native.COMPILED,
        compiled=form.compiled,
        why_plain=form.why,
    )


def _listeners(
    snapshot: Snapshot, host: str, server: ServerFact | None, served: Iterable[asking.Item]
) -> Iterable[ListenerFact]:
    problems = {str(one.get("name")): one.get("problem") for one in served}
    for name, config in sorted(snapshot.listeners.items()):
        bound = config.address or host
        one = ListenerFact(
            name=name,
            transport=config.transport,
            host=bound,
            port=config.port,
            advertised=config.advertised_address or bound,
        )
        if server is not None and name in problems:
            told = problems[name]
            one = replace(one, listens=told is None, refusal=None if told is None else str(told))
        else:
            one = replace(one, refusal=probe_network.refusal(config.transport, bound, config.port))
        if one.refusal is not None:
            one = replace(one, holder=probe_network.holder(config.transport, bound, config.port))
        yield one


def _media(snapshot: Snapshot, host: str, server: ServerFact | None) -> MediaFact:
    config = snapshot.system.media
    bound = config.address or host
    step = max(1, (config.last_port - config.first_port) // TRIED_PORTS)
    tried = range(config.first_port, config.last_port + 1, step)
    return MediaFact(
        host=bound,
        advertised=config.advertised_address or bound,
        first_port=config.first_port,
        last_port=config.last_port,
        bindable=None if server is not None else any(probe_network.refusal("udp", bound, one) is None for one in tried),
    )


def _trunks(snapshot: Snapshot) -> Iterable[TrunkConfig]:
    yield from snapshot.trunks.values()
    for tenant in snapshot.tenants.values():
        yield from tenant.trunks.values()


def _names(trunks: Iterable[TrunkConfig], dns: tuple[str, ...]) -> Iterable[NameFact]:
    for trunk in trunks:
        if not trunk.enabled:
            continue
        for one in (trunk.outbound_proxy,) if trunk.outbound_proxy is not None else trunk.servers:
            if _is_address(one.host):
                continue
            found, error = probe_network.lookup(one.host, one.port or 0, trunk.transport, dns)
            yield NameFact(trunk=trunk.key.removeprefix("/"), name=one.host, found=found, error=error)


def _is_public(trunk: TrunkConfig) -> bool:
    return trunk.enabled and any(_is_address(one.host) and ip_address(one.host).is_global for one in trunk.servers)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
