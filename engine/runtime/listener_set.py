"""All listening sockets: bound in prepare, in use from the swap on, closed when drained.

A socket whose transport, address and port stay is handed over to the Listener that now wants it, never reopened. One
that nobody wants goes on serving the calls that use it and refuses new work, until `retire` finds it unused.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.config.listener import ListenerConfig
from engine.errors import PrepareRefused
from engine.runtime.udp_listener import ListenerKey, UdpListener
from engine.sip.flow import Flow
from engine.views import ListenerView


@dataclass(slots=True)
class PreparedListeners:
    """What `swap` will put into use: Listener name to socket, and which sockets are new."""

    by_name: dict[str, UdpListener]
    fresh: list[UdpListener]


class ListenerSet:
    """`host`: the machine's own address, where a Listener fixes none."""

    def __init__(
        self,
        host: str,
        receive: Callable[[bytes, Flow], None],
        turn: Callable[[], None],
        note_load: Callable[[bool], None],
        counters: Counter[str],
    ) -> None:
        self._host = host
        self._receive = receive
        self._turn = turn
        self._note_load = note_load
        self._counters = counters
        self._by_name: dict[str, UdpListener] = {}
        self._draining: list[UdpListener] = []
        self._configs: Mapping[str, ListenerConfig] = {}

    def find(self, name: str) -> UdpListener | None:
        """The socket that sends for a Listener, also one that is draining."""
        found = self._by_name.get(name)
        if found is not None:
            return found
        return next((listener for listener in self._draining if listener.name == name), None)

    def prepare(self, configs: Mapping[str, ListenerConfig]) -> PreparedListeners:
        """Bind what is not bound yet. PrepareRefused if one can't be; nothing stays bound then."""
        existing = {listener.key: listener for listener in (*self._by_name.values(), *self._draining)}
        prepared = PreparedListeners({}, [])
        reasons: list[str] = []
        for name, config in configs.items():
            key = self._key(config)
            listener = existing.get(key)
            if listener is None:
                try:
                    listener = UdpListener(name, key, self._receive, self._turn, self._note_load, self._counters)
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

    def swap(self, prepared: PreparedListeners, configs: Mapping[str, ListenerConfig]) -> None:
        loop = asyncio.get_running_loop()
        wanted = list(prepared.by_name.values())
        gone = [listener for listener in self._by_name.values() if listener not in wanted]
        self._draining = [listener for listener in (*self._draining, *gone) if listener not in wanted]
        for listener in self._draining:
            listener.draining = True
        for name, listener in prepared.by_name.items():
            listener.rename(name)
            listener.draining = False
        self._by_name = dict(prepared.by_name)
        self._configs = configs
        for listener in prepared.fresh:
            listener.start(loop)

    def retire(self, in_use: Callable[[str], bool]) -> None:
        """Close the drained sockets that no call uses any more."""
        for listener in list(self._draining):
            if not in_use(listener.name):
                self._draining.remove(listener)
                listener.close()

    def draining_names(self) -> list[str]:
        return [listener.name for listener in self._draining]

    def contact_hosts(self) -> dict[str, tuple[str, int]]:
        """What Contact and Via say, by Listener name: the advertised address if there is one."""
        return {name: self._advertised(name, listener) for name, listener in self._by_name.items()}

    def names_ours(self, host: str, port: int) -> bool:
        """Whether that address is one of our own listeners."""
        return any(
            (host, port) in (listener.bound, self._advertised(name, listener))
            for name, listener in self._by_name.items()
        )

    def views(self) -> tuple[ListenerView, ...]:
        shown = [
            ListenerView(
                name=name,
                transport=listener.key[0],
                bound=_host_port(*listener.bound),
                advertised=_host_port(*self._advertised(name, listener)),
                tenant=self._configs[name].tenant,
                problem=None,
            )
            for name, listener in sorted(self._by_name.items())
        ]
        for listener in self._draining:
            bound = _host_port(*listener.bound)
            shown.append(
                ListenerView(
                    name=listener.name,
                    transport=listener.key[0],
                    bound=bound,
                    advertised=bound,
                    tenant=None,
                    problem="draining: removed, but still used by live calls",
                )
            )
        return tuple(shown)

    def close(self) -> None:
        for listener in (*self._by_name.values(), *self._draining):
            listener.close()
        self._by_name = {}
        self._draining = []

    def _key(self, config: ListenerConfig) -> ListenerKey:
        return (config.transport, config.address or self._host, config.port)

    def _advertised(self, name: str, listener: UdpListener) -> tuple[str, int]:
        host, port = listener.bound
        config = self._configs.get(name)
        return (config.advertised_address if config is not None and config.advertised_address else host, port)


def _host_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
