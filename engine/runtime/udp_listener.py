"""One UDP socket of a Listener: batches in, batches out.

The loop watches the descriptor; each readiness drains with one system call per 64 datagrams and hands each to the
transaction layer. What is to be sent is queued by the engine's turn and goes out with one call. What the kernel does
not take at once waits here, bounded.

Surprising: where datagrams come thick, the descriptor is not watched but looked at once a millisecond. That took a
registration at 5,000/s from 182 to 143 us.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections import Counter
from collections.abc import Callable
from typing import Final

from engine.runtime.udp_batch import BATCH, open_batch
from engine.sip.flow import Flow

_BUFFER_BYTES: Final = 8 * 1024 * 1024
# What one wake-up takes: so many datagrams that were looked at, so many batches with those that were dropped unread. These cost so
# little that they may be many; and however many wait, who calls does not wait longer for them.
_SHARE: Final = 4 * BATCH
_MOST_BATCHES: Final = 16
# A wake-up costs more than a datagram: after so many in a row within a millisecond of each other, the socket is looked at once
# a millisecond instead, for as long as that brings several at a time. SIP does not feel a millisecond.
_GATHER_S: Final = 0.001
_DENSE_WAKES: Final = 4
_WORTH_GATHERING: Final = 3
_FLOWS_KEPT: Final = 100_000
_BACKLOG: Final = 20_000
_SO_RCVBUFFORCE: Final = 33
_SO_SNDBUFFORCE: Final = 32

ListenerKey = tuple[str, str, int]
"""transport, bound address, port: what makes a socket worth keeping when its Listener changes."""


class UdpListener:
    """`receive(data, flow)` gets each datagram, and says False of one that it drops unread; `turn()` is called after each batch of them,
    `note_load(label, full)` when nothing is left or the share of one wake-up is used up. OSError if it can't be bound.

    `label` is what flows of this socket say for as long as it lives; `name` is the Listener that it belongs to now, which
    may become another; `advertised`: what Via and Contact say.
    """

    def __init__(
        self,
        label: str,
        key: ListenerKey,
        receive: Callable[[bytes, Flow], bool | None],
        turn: Callable[[], None],
        note_load: Callable[[str, bool], None],
        counters: Counter[str],
    ) -> None:
        self.label = label
        self.name = label
        self.key = key
        self._receive = receive
        self._turn = turn
        self._note_load = note_load
        self._counters = counters
        self._flows: dict[tuple[str, int], Flow] = {}
        self._backlog: list[tuple[bytes, tuple[str, int]]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        _, host, port = key
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            if family == socket.AF_INET6:
                self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            for force, usual in ((_SO_RCVBUFFORCE, socket.SO_RCVBUF), (_SO_SNDBUFFORCE, socket.SO_SNDBUF)):
                self._enlarge(force, usual)
            self._socket.bind((host, port))
        except BaseException:
            self._socket.close()
            raise
        host, port = self._socket.getsockname()[:2]
        self.bound: tuple[str, int] = (str(host), int(port))
        self.advertised = self.bound
        self.problem: str | None = None
        self._batch = open_batch(self._socket)
        self._refused = 0
        self._dense = 0
        self._woke_at = 0.0
        self._gathering: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        loop.add_reader(self._socket.fileno(), self._on_readable)

    def check(self) -> None:
        """See whether the address is still this machine's; `problem` says so if not."""
        host = self.key[1]
        try:
            with socket.socket(self._socket.family, socket.SOCK_DGRAM) as probe:
                probe.bind((host, 0))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                self.problem = f"{host} is no longer an address of this machine; nothing is received on it"
            return
        self.problem = None

    def close(self) -> None:
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        if self._loop is not None:
            self._loop.remove_reader(self._socket.fileno())
            if self._backlog:
                self._loop.remove_writer(self._socket.fileno())
            self._loop = None
        self._socket.close()

    def send(self, datagrams: list[tuple[bytes, tuple[str, int]]]) -> None:
        """Put them on the wire, in order."""
        if self._backlog:
            self._backlog.extend(datagrams)
        else:
            sent = self._write(datagrams)
            if sent < len(datagrams):
                self._backlog = datagrams[sent:]
                if self._loop is not None:
                    self._loop.add_writer(self._socket.fileno(), self._on_writable)
        if len(self._backlog) > _BACKLOG:
            lost = len(self._backlog) - _BACKLOG
            self._counters["dropped: kernel takes no more datagrams"] += lost
            del self._backlog[:lost]

    def _on_readable(self) -> None:
        """Datagrams wait. Where they come thick, let some gather instead of waking for each."""
        loop = self._loop
        if loop is None:
            return
        now = loop.time()
        self._dense = self._dense + 1 if now - self._woke_at < _GATHER_S else 0
        self._woke_at = now
        self._work_off()
        if self._dense >= _DENSE_WAKES and self._loop is not None:
            loop.remove_reader(self._socket.fileno())
            self._gathering = loop.call_later(_GATHER_S, self._on_gathered)

    def _on_gathered(self) -> None:
        self._gathering = None
        loop = self._loop
        if loop is None:
            return
        taken = self._work_off()
        if self._loop is None:
            return
        if taken >= _WORTH_GATHERING:
            self._gathering = loop.call_later(_GATHER_S, self._on_gathered)
        else:
            self._dense = 0
            loop.add_reader(self._socket.fileno(), self._on_readable)

    def _work_off(self) -> int:
        """Take the share of one wake-up; how many datagrams that were."""
        flows = self._flows
        full = False
        taken = dropped = 0
        for _ in range(_MOST_BATCHES):
            received = self._batch.receive()
            full = len(received) >= BATCH
            taken += len(received)
            if not received:
                break
            for data, source in received:
                flow = flows.get(source)
                if flow is None:
                    if len(flows) >= _FLOWS_KEPT:
                        flows.clear()
                    flow = flows[source] = Flow(self.label, "udp", source[0], source[1])
                if self._receive(data, flow) is False:
                    dropped += 1
            self._turn()
            if not full or taken - dropped >= _SHARE:
                break
        self._note_load(self.label, full and taken - dropped >= _SHARE)
        return taken

    def _on_writable(self) -> None:
        sent = self._write(self._backlog)
        del self._backlog[:sent]
        if not self._backlog and self._loop is not None:
            self._loop.remove_writer(self._socket.fileno())

    def _write(self, datagrams: list[tuple[bytes, tuple[str, int]]]) -> int:
        sent = self._batch.send(datagrams)
        refused = self._batch.refused - self._refused
        if refused:
            self._refused += refused
            self._counters["dropped: datagram that can't be sent"] += refused
        return sent

    def _enlarge(self, force: int, usual: int) -> None:
        """Ask for a deep buffer: a burst of registrations after a power cut must not be lost. Forced where we may."""
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, force, _BUFFER_BYTES)
        except PermissionError:
            self._socket.setsockopt(socket.SOL_SOCKET, usual, _BUFFER_BYTES)
