"""All listening sockets: bound in prepare, in use from the swap on, closed when drained.

A socket whose transport, address and port stay is handed over to the Listener that now wants it, never reopened. One
that nobody wants goes on serving the calls that use it and refuses new work, until `retire` finds it unused.

Surprising: flows name a socket by its label, not by its Listener. Both are the same until a Listener is renamed, or moves to
another port while calls go on over its old one: then the new socket gets a label of its own. UDP and TCP on one port are two
Listeners and two sockets, siblings of each other.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Final

from engine.config.listener import ListenerConfig
from engine.config.system import NetworkConfig
from engine.errors import PrepareRefused
from engine.runtime.connection_set import ConnectionSet
from engine.runtime.tcp_listener import TcpListener
from engine.runtime.udp_listener import ListenerKey, UdpListener
from engine.sip.flow import Flow
from engine.trunk.door import Door
from engine.views import ListenerView

LABEL_MARK: Final = "#"
"""Follows the name in the label of a second socket; no name has it."""


AnyListener = UdpListener | TcpListener


@dataclass(slots=True)
class PreparedListeners:
    """What `swap` will put into use: Listener name to socket, and which sockets are new."""

    by_name: dict[str, AnyListener]
    fresh: list[AnyListener]


class ListenerSet:
    """`host`: the machine's own address, where a Listener fixes none; `connections`: those of the TCP listeners."""

    def __init__(
        self,
        host: str,
        receive: Callable[[bytes, Flow], bool | None],
        turn: Callable[[], None],
        note_load: Callable[[str, bool], None],
        counters: Counter[str],
        connections: ConnectionSet,
    ) -> None:
        self._host = host
        self._receive = receive
        self._turn = turn
        self._note_load = note_load
        self._counters = counters
        self._connections = connections
        self._by_name: dict[str, AnyListener] = {}
        self._draining: list[AnyListener] = []
        self._by_label: dict[str, AnyListener] = {}
        self._labels: dict[ListenerKey, str] = {}
        self._configs: Mapping[str, ListenerConfig] = {}

    def find(self, label: str) -> AnyListener | None:
        """The socket of a flow, also one that is draining."""
        return self._by_label.get(label)

    def sibling(self, flow: Flow, transport: str) -> Flow | None:
        """The way to the same peer by that transport, from the listener of the same address and port. None if there is none."""
        own = self._by_label.get(flow.listener)
        label = None if own is None else self._labels.get((transport, own.key[1], own.key[2]))
        return None if label is None else Flow(label, transport, flow.host, flow.port)

    def prepare(self, configs: Mapping[str, ListenerConfig]) -> PreparedListeners:
        """Bind what is not bound yet. PrepareRefused if one can't be; nothing stays bound then."""
        existing = {listener.key: listener for listener in self._by_label.values()}
        prepared = PreparedListeners({}, [])
        reasons: list[str] = []
        for name, config in configs.items():
            key = self._key(config)
            listener = existing.get(key)
            if listener is None:
                try:
                    label = self._free_label(name, prepared)
                    listener = self._bind(label, key)
                except OSError as error:
                    reasons.append(
                        f"Listener {name!r} can't listen on {key[0]} {key[1]} port {key[2]}: {error.strerror or error}; "
                        "free the port, choose another, or check that the address is this machine's (--host)"
                    )
                    continue
                prepared.fresh.append(listener)
            prepared.by_name[name] = listener
        if reasons:
            self.discard(prepared)
            raise PrepareRefused(tuple(reasons))
        return prepared

    def discard(self, prepared: PreparedListeners) -> None:
        """Leave nothing behind of a change that will not happen."""
        for listener in prepared.fresh:
            listener.close()
        prepared.fresh.clear()

    def swap(
        self, prepared: PreparedListeners, configs: Mapping[str, ListenerConfig], network: NetworkConfig | None = None
    ) -> None:
        told = (network or NetworkConfig()).told
        loop = asyncio.get_running_loop()
        for listener in prepared.fresh:
            self._by_label[listener.label] = listener
            listener.start(loop)
        for name, listener in prepared.by_name.items():
            listener.name = name
            listener.advertised = (configs[name].advertised_address or told(listener.bound[0]), listener.bound[1])
        wanted = list(prepared.by_name.values())
        self._draining = [listener for listener in self._by_label.values() if listener not in wanted]
        self._by_name = dict(prepared.by_name)
        self._labels = {listener.key: listener.label for listener in wanted}
        self._configs = configs

    def retire(self, in_use: Callable[[str], bool]) -> None:
        """Close the drained sockets that no call uses any more; `in_use` is asked by label."""
        for listener in list(self._draining):
            if not in_use(listener.label):
                self._draining.remove(listener)
                del self._by_label[listener.label]
                listener.close()

    def draining(self) -> dict[str, str]:
        """By label, which Listener each socket belonged to that nobody wants any more."""
        return {listener.label: listener.name for listener in self._draining}

    def contact_hosts(self) -> dict[str, tuple[str, int]]:
        """What Contact says, by label: the advertised address if there is one. Without those that drain."""
        return {listener.label: listener.advertised for listener in self._by_name.values()}

    def transports(self) -> dict[str, str]:
        """By label, what each socket speaks. Without those that drain."""
        return {listener.label: listener.key[0] for listener in self._by_name.values()}

    def doors(self) -> list[Door]:
        """The sockets that trunks may use, in the order of the configuration; not those that drain."""
        return [
            Door(listener.label, name, listener.key[0], listener.bound, listener.advertised)
            for name, listener in self._by_name.items()
        ]

    def names(self) -> dict[str, str]:
        """By label, which Listener each socket belongs to now; "" for one that drains."""
        live = set(map(id, self._by_name.values()))
        return {label: listener.name if id(listener) in live else "" for label, listener in self._by_label.items()}

    def own_addresses(self) -> set[str]:
        """The machine's own, as far as its listeners know them."""
        found = {self._host}
        for listener in self._by_name.values():
            found |= {listener.bound[0], listener.advertised[0]}
        return {host.partition("%")[0] for host in found}

    def names_ours(self, host: str, port: int) -> bool:
        """Whether that address is one of our own listeners."""
        return any((host, port) in (listener.bound, listener.advertised) for listener in self._by_name.values())

    def views(self) -> tuple[ListenerView, ...]:
        shown = [
            self._view(listener, self._configs[name].tenant, listener.problem)
            for name, listener in sorted(self._by_name.items())
        ]
        shown += [
            replace(self._view(listener, None, "draining: removed, but still used by live calls"), is_draining=True)
            for listener in self._draining
        ]
        return tuple(shown)

    def check(self) -> None:
        """Find out which sockets still stand on an address of this machine: one that went away takes its datagrams along. And end
        connections that take too long."""
        for listener in self._by_name.values():
            listener.check()
        self._connections.check()

    def close(self) -> None:
        self._connections.close()
        for listener in self._by_label.values():
            listener.close()
        self._by_label = {}
        self._by_name = {}
        self._labels = {}
        self._draining = []

    def _bind(self, label: str, key: ListenerKey) -> AnyListener:
        if key[0] == "tcp":
            return TcpListener(label, key, self._connections, self._counters)
        return UdpListener(label, key, self._receive, self._turn, self._note_load, self._counters)

    def _key(self, config: ListenerConfig) -> ListenerKey:
        return (config.transport, config.address or self._host, config.port)

    def _view(self, listener: AnyListener, tenant: str | None, problem: str | None) -> ListenerView:
        return ListenerView(
            name=listener.name,
            transport=listener.key[0],
            bound=host_port(*listener.bound),
            advertised=host_port(*listener.advertised),
            tenant=tenant,
            problem=problem,
            connections=self._connections.count_of(listener.label) if isinstance(listener, TcpListener) else None,
        )

    def _free_label(self, name: str, prepared: PreparedListeners) -> str:
        """The name, unless flows of another socket say it: two sockets with one label would answer for each other."""
        taken = {*self._by_label, *(listener.label for listener in prepared.fresh)}
        if name not in taken:
            return name
        return next(label for n in count(2) if (label := f"{name}{LABEL_MARK}{n}") not in taken)


def host_port(host: str, port: int) -> str:
    """`host:port`, IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
