"""Reads and writes UDP datagrams in batches: one `recvmmsg` and one `sendmmsg` where the native part is built.

Under load this halves the cost of a SIP message against asyncio's one call per datagram (FIGURES §2). The pure-Python
class has the same behaviour, one system call per datagram. Neither owns the socket: the caller watches and closes it.

Surprising: an ICMP error (a peer's port is closed) comes up on whatever call is next; it concerns an earlier datagram and is
counted, never raised.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from typing import Protocol

from engine.native import COMPILED

BATCH = 64
MAX_DATAGRAM_BYTES = 65535

Datagram = tuple[bytes, tuple[str, int]]
"""Payload, and the numeric host and port it came from or goes to. IPv4 hosts stay IPv4 text on a dual-stack socket."""

ICMP_ERRORS = frozenset((errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EPROTO))
LATER = frozenset((errno.EAGAIN, errno.ENOBUFS))


class UdpBatch(Protocol):
    """`icmp_errors`: reported by the network about datagrams sent; `refused`: datagrams `send` had to give up (`last_refusal` why)."""

    @property
    def icmp_errors(self) -> int: ...

    @property
    def refused(self) -> int: ...

    @property
    def last_refusal(self) -> str: ...

    def receive(self) -> list[Datagram]:
        """Up to `BATCH` datagrams, in order; none if nothing waits. A full batch may have left some: ask again.

        `OSError` only if the socket itself is broken or closed.
        """
        ...

    def send(self, datagrams: Sequence[Datagram]) -> int:
        """Send in order; how many were dealt with. Fewer than given: the socket is full, keep the rest and send it when writable.

        A datagram that can never be sent (no numeric host, too long, no route) is dealt with: counted in `refused`.
        """
        ...


def open_batch(sock: socket.socket) -> UdpBatch:
    """A batch over a bound, non-blocking UDP socket, IPv4 or IPv6. `ValueError` for any other socket."""
    if sock.type != socket.SOCK_DGRAM or sock.family not in (socket.AF_INET, socket.AF_INET6):
        raise ValueError(f"{sock!r} is not a UDP socket")
    if sock.getblocking():
        raise ValueError(f"{sock!r} blocks; call setblocking(False) first")
    if COMPILED:
        from engine.native import _native

        batch: UdpBatch = _native.UdpBatch(sock.fileno())
        return batch
    return PythonUdpBatch(sock)


class PythonUdpBatch:
    """`UdpBatch` by `recvfrom` and `sendto`."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._is_ipv6 = sock.family is socket.AF_INET6
        self.icmp_errors = 0
        self.refused = 0
        self.last_refusal = ""

    def receive(self) -> list[Datagram]:
        received: list[Datagram] = []
        while len(received) < BATCH:
            try:
                data, name = self._socket.recvfrom(MAX_DATAGRAM_BYTES)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno in ICMP_ERRORS:
                    self.icmp_errors += 1
                    continue
                if received:
                    break  # what came is handed over; a broken socket says so again
                raise
            received.append((data, (self._plain(name[0]), name[1])))
        return received

    def send(self, datagrams: Sequence[Datagram]) -> int:
        for done, (data, (host, port)) in enumerate(datagrams):
            if not self._send_one(data, host, port):
                return done
        return len(datagrams)

    def _send_one(self, data: bytes, host: str, port: int) -> bool:
        """False: the socket is full."""
        numeric = self._numeric(host)
        if numeric is None or not 0 < port <= 65535:
            self._refuse(f"{host!r}:{port} is no numeric address and port of the socket's family")
            return True
        for _ in range(3):
            try:
                self._socket.sendto(data, (numeric, port))
            except OSError as error:
                if error.errno in LATER:
                    return False
                if error.errno == errno.ECONNREFUSED:  # about an earlier datagram, and cleared by telling it
                    self.icmp_errors += 1
                    continue
                if error.errno == errno.EBADF:
                    raise
                self._refuse(f"{host}:{port}: {error.strerror}")
            return True
        self._refuse(f"{host}:{port}: refused again and again")
        return True

    def _refuse(self, why: str) -> None:
        self.refused += 1
        self.last_refusal = why

    def _numeric(self, host: str) -> str | None:
        family = socket.AF_INET6 if self._is_ipv6 else socket.AF_INET
        for text in (host, f"::ffff:{host}") if self._is_ipv6 else (host,):
            try:
                socket.inet_pton(family, text.partition("%")[0])
            except (OSError, ValueError):
                continue
            return text
        return None

    def _plain(self, host: str) -> str:
        return host.removeprefix("::ffff:") if self._is_ipv6 and "." in host else host
