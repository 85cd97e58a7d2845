"""All connections of all TCP listeners: which one a flow means, how many there may be, and what becomes of those that end.

RFC 3261 §18 (a connection is found by the far end's address and port, whoever opened it), RFC 5626 §3 (what a peer opened is
its flow). A connection that we open to a peer serves its requests too.

Surprising: connections end whenever the network likes, also while the engine is in the middle of sending. Ends are
gathered and told together, in a turn of their own: when a switch loses power, a thousand phones end at once.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from engine.runtime.connection_limits import ConnectionLimits, source_of
from engine.runtime.tcp_connection import TcpConnection, tune
from engine.sip.flow import ANY_CONNECTION, Flow, Loss, Outgoing
from engine.sip.stream import Fault

_ALL: Final = "all connections"
"""What overload is told of; no socket's label has a blank."""
_LOOK_AGAIN_S: Final = 60.0
_ACTIVE_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionUser:
    """Whom connections work for.

    `receive`: each message; `turn`: the end of each piece; `refuse(head, flow, fault)`: a stream ends with a message that begins like
    that; `lose`: what became of connections, `turn` follows; `admits(host)`: whether a peer may connect, and stay; `needs(flows)`:
    which of these connections are still of use, however silent; `note_load(label, full)`: after each turn of the loop that brought
    messages, as of a `UdpListener`.
    """

    receive: Callable[[bytes, Flow], bool | None]
    turn: Callable[[], None]
    refuse: Callable[[bytes, Flow, Fault], None]
    lose: Callable[[Sequence[Loss]], None]
    admits: Callable[[str], bool]
    needs: Callable[[Sequence[Flow]], set[Flow]]
    note_load: Callable[[str, bool], None]


class ConnectionSet:
    """`limits`: see there. Counts every connection that ends for a reason of its own, and every one refused."""

    def __init__(self, user: ConnectionUser, limits: ConnectionLimits, counters: Counter[str]) -> None:
        self.limits = limits
        self._user = user
        self._counters = counters
        self._numbers = count(1)
        self._accepted: dict[Flow, TcpConnection] = {}
        self._by_peer: dict[Flow, TcpConnection] = {}
        self._per_source: Counter[str | bytes] = Counter()
        self._all: dict[TcpConnection, str] = {}
        self._held_bytes = 0
        self._losses: list[Loss] = []
        self._told_soon = False
        self._came = 0
        self._counts_turn = False
        self._is_over = False

    def __len__(self) -> int:
        """How many there are, those that are being opened included."""
        return len(self._all)

    def count_of(self, label: str) -> int:
        """How many belong to a listener."""
        return sum([of == label for of in self._all.values()])

    def accept(self, sock: socket.socket, host: str, port: int, label: str) -> None:
        """Take a connection that a peer opened, or refuse it."""
        source = source_of(host)
        if not self._user.admits(host):
            why = "source not admitted"
        elif len(self._all) >= self.limits.in_all:
            why = "too many in all"
        elif self._per_source[source] >= self.limits.per_source:
            why = "too many from one source"
        else:
            sock.setblocking(False)
            tune(sock)
            flow = Flow(label, "tcp", host, port, next(self._numbers))
            connection = TcpConnection(sock, flow, source, self, connecting=False)
            self._per_source[source] += 1
            self._accepted[flow] = connection
            self._add(connection)
            return
        self._counters[f"connection refused: {why}"] += 1
        # Ended by a reset: nothing of it is to be remembered here.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()

    def send(self, outgoing: Sequence[Outgoing], local_host: str) -> None:
        """Each by the connection that its flow means, or by a new one from `local_host`. What can't go out is told as lost, later."""
        for data, flow in outgoing:
            connection = self._find(flow)
            if connection is None and flow.connection == ANY_CONNECTION:
                connection = self._open(flow, local_host)
            if connection is not None:
                connection.send(data)
            else:
                self._lose(Loss(flow, (data,), served=False))

    def check(self) -> None:
        """End what takes too long; every second."""
        if not self._all:
            return
        now = asyncio.get_running_loop().time()
        for flow, connection in list(self._accepted.items()):
            if now - connection.active_at < _ACTIVE_S and not self._user.admits(flow.host):
                connection.close("source not admitted")
        idle = [connection for connection in list(self._all) if connection.check(now) is not None]
        if not idle:
            return
        needed = self._user.needs([connection.flow for connection in idle])
        for connection in idle:
            if connection.flow in needed:
                connection.active_at = now - self.limits.idle_s + _LOOK_AGAIN_S
            else:
                connection.close("idle")

    def close_of(self, label: str) -> None:
        """End all connections of a listener."""
        for connection in [one for one, of in self._all.items() if of == label]:
            connection.close("")

    def close(self) -> None:
        """End all, and tell nobody."""
        self._is_over = True
        for connection in list(self._all):
            connection.close("")

    # ConnectionHost.

    def receive(self, data: bytes, flow: Flow) -> None:
        if not self._counts_turn:
            self._counts_turn = True
            asyncio.get_running_loop().call_soon(self._end_turn)
        if self._user.receive(data, flow) is not False:
            self._came += 1

    def refuse(self, head: bytes, flow: Flow, fault: Fault) -> None:
        self._counters[f"connection ended: {fault.value}"] += 1
        if head:
            self._user.refuse(head, flow, fault)

    def turn(self) -> None:
        self._user.turn()

    def hold(self, more_bytes: int) -> bool:
        self._held_bytes += more_bytes
        return self._held_bytes <= self.limits.held_bytes

    def ended(self, connection: TcpConnection, why: str, unsent: tuple[bytes, ...]) -> None:
        flow = connection.flow
        if self._all.pop(connection, None) is not None:
            if connection.source is not None:
                self._per_source[connection.source] -= 1
                if not self._per_source[connection.source]:
                    del self._per_source[connection.source]
            self._accepted.pop(flow, None)
            if why:
                self._counters[f"connection ended: {why}"] += 1
        served = connection.has_served
        self._lose(Loss(flow, unsent, served))
        address = flow._replace(connection=ANY_CONNECTION)
        if self._by_peer.get(address) is connection:
            del self._by_peer[address]
            if address != flow:
                self._lose(Loss(address, (), served))

    # Steps.

    def _find(self, flow: Flow) -> TcpConnection | None:
        found = self._by_peer.get(flow) if flow.connection == ANY_CONNECTION else self._accepted.get(flow)
        return found if found is not None and found.is_usable else None

    def _add(self, connection: TcpConnection) -> None:
        flow = connection.flow
        self._all[connection] = flow.listener
        self._by_peer[flow._replace(connection=ANY_CONNECTION)] = connection

    def _open(self, flow: Flow, local_host: str) -> TcpConnection | None:
        if len(self._all) >= self.limits.in_all:
            self._counters["connection not opened: too many in all"] += 1
            return None
        try:
            connection = TcpConnection.open(local_host, flow, self)
        except OSError:
            self._counters["connection not opened: no way there"] += 1
            return None
        self._add(connection)
        return connection

    def _end_turn(self) -> None:
        """All connections that had something when the loop looked have been read: what comes meanwhile waits for as long as that took."""
        came, self._came = self._came, 0
        self._counts_turn = False
        if not self._is_over:
            self._user.note_load(_ALL, came >= self.limits.turn_messages)

    def _lose(self, loss: Loss) -> None:
        if self._is_over:
            return
        self._losses.append(loss)
        if not self._told_soon:
            self._told_soon = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._told_soon = False
        if self._is_over:
            return
        losses, self._losses = self._losses, []
        self._user.lose(losses)
        self._user.turn()
