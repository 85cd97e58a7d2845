"""One TCP socket of a Listener: takes connections, and knows what Via and Contact say of them.

Bound and listening from the start, so that a port that is taken is found out when a change is prepared; connections are taken
from `start` on. Messages go by the connections, which the `ConnectionSet` keeps.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections import Counter
from collections.abc import Sequence
from typing import Final

from engine.runtime.connection_set import ConnectionSet
from engine.runtime.udp_listener import ListenerKey
from engine.sip.flow import Outgoing

# What a power cut at noon brings: every phone at once. The kernel cuts this to its net.core.somaxconn.
_BACKLOG: Final = 4096
_ACCEPTED_A_TURN: Final = 64
_NO_DESCRIPTOR: Final = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))
_REST_S: Final = 1.0


class TcpListener:
    """`label`, `name`, `advertised`, `problem`: as of a `UdpListener`. OSError if it can't be bound."""

    def __init__(self, label: str, key: ListenerKey, connections: ConnectionSet, counters: Counter[str]) -> None:
        self.label = label
        self.name = label
        self.key = key
        self._connections = connections
        self._counters = counters
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rest: asyncio.TimerHandle | None = None
        _, host, port = key
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        try:
            self._socket.setblocking(False)
            # Connections that ended lately do not keep the port; another listener does.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            self._socket.bind((host, port))
            self._socket.listen(_BACKLOG)
        except BaseException:
            self._socket.close()
            raise
        host, port = self._socket.getsockname()[:2]
        self.bound: tuple[str, int] = (str(host), int(port))
        self.advertised = self.bound
        self.problem: str | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        loop.add_reader(self._socket.fileno(), self._on_acceptable)

    def check(self) -> None:
        """See whether the address is still this machine's; `problem` says so if not."""
        host = self.key[1]
        try:
            with socket.socket(self._socket.family, socket.SOCK_STREAM) as probe:
                probe.bind((host, 0))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                self.problem = f"{host} is no longer an address of this machine; nothing is received on it"
            return
        self.problem = None

    def send(self, outgoing: Sequence[Outgoing]) -> None:
        """Put messages on the wire, in order; connections are opened as needed."""
        self._connections.send(outgoing, self.key[1])

    def close(self) -> None:
        """End it, and all its connections."""
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
        if self._loop is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._loop = None
            self._connections.close_of(self.label)
        self._socket.close()

    def _on_acceptable(self) -> None:
        for _ in range(_ACCEPTED_A_TURN):
            try:
                accepted, name = self._socket.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in _NO_DESCRIPTOR:
                    self._counters["connection refused: no descriptor left"] += 1
                    self._pause()
                    return
                continue  # that one was gone before it was taken
            try:
                self._connections.accept(accepted, str(name[0]), int(name[1]), self.label)
            except OSError:
                accepted.close()  # gone while it was taken

    def _pause(self) -> None:
        """What waits keeps waiting: asked again at once, the kernel would say the same for ever."""
        if self._loop is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._rest = self._loop.call_later(_REST_S, self._go_on)

    def _go_on(self) -> None:
        self._rest = None
        if self._loop is not None:
            self._loop.add_reader(self._socket.fileno(), self._on_acceptable)
