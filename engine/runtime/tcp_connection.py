"""One TCP connection, accepted or opened by us: bytes in, messages out, and the other way round.

The loop watches a non-blocking socket; each readiness reads a bounded piece, hands on the messages that it completes and
ends in the engine's turn, as with datagrams. What the kernel does not take at once waits here, bounded.

Surprising: how it ended is told in a turn of its own, never from within `send`: who sends is in the middle of one.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections import deque
from typing import Final, Protocol

from engine.runtime.connection_limits import ConnectionLimits
from engine.sip.flow import Flow
from engine.sip.stream import PONG, Fault, Stream

_READ_BYTES: Final = 16 * 1024
_BUFFER_BYTES: Final = 128 * 1024
_LAST_WORD_S: Final = 1.0
_KEEP_IDLE_S: Final = 120
_KEEP_INTERVAL_S: Final = 30
_KEEP_COUNT: Final = 4
_UNACKNOWLEDGED_MS: Final = 20_000
_IP_BIND_ADDRESS_NO_PORT: Final = 24


class ConnectionHost(Protocol):
    """What a connection finds around it."""

    limits: ConnectionLimits

    def receive(self, data: bytes, flow: Flow) -> None:
        """A message."""

    def refuse(self, head: bytes, flow: Flow, fault: Fault) -> None:
        """The stream can't be framed from a message on that begins with `head` (empty: not even that came whole)."""

    def turn(self) -> None:
        """What came at once is handed over."""

    def hold(self, more_bytes: int) -> bool:
        """So many bytes more are kept (fewer, where negative). False if that is too much for all connections together."""

    def ended(self, connection: TcpConnection, why: str, unsent: tuple[bytes, ...]) -> None:
        """It is closed; `unsent`: messages that did not go out, not even in part."""


def tune(sock: socket.socket) -> None:
    """What every connection of ours has: small kernel buffers, and an end when the peer is gone without a word."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEP_IDLE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEP_INTERVAL_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _KEEP_COUNT)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS)


class TcpConnection:
    """`flow`: what messages that come by it say; `source`: whose bounds it counts towards, None: our own. Use: `accept` or `open`, then
    `send` and `check` every second; when it is over the host is told."""

    __slots__ = (
        "_accounted",
        "_closing_at",
        "_host",
        "_is_connecting",
        "_loop",
        "_message_at",
        "_opened_at",
        "_partly_sent",
        "_socket",
        "_stream",
        "_taken_at",
        "_unsent",
        "_unsent_bytes",
        "active_at",
        "flow",
        "has_served",
        "is_open",
        "source",
    )

    def __init__(
        self, sock: socket.socket, flow: Flow, source: str | bytes | None, host: ConnectionHost, *, connecting: bool
    ) -> None:
        self.flow = flow
        self.source = source
        self.is_open = True
        self.has_served = False
        self._host = host
        self._socket = sock
        self._loop = asyncio.get_running_loop()
        self._stream = Stream()
        self._is_connecting = connecting
        self._unsent: deque[bytes] = deque()
        self._unsent_bytes = 0
        self._partly_sent = False
        self._accounted = 0
        self._opened_at = self.active_at = self._message_at = self._taken_at = self._loop.time()
        self._closing_at: float | None = None
        if connecting:
            self._loop.add_writer(sock.fileno(), self._on_connected)
        else:
            self._loop.add_reader(sock.fileno(), self._on_readable)

    @classmethod
    def open(cls, local_host: str, flow: Flow, host: ConnectionHost) -> TcpConnection:
        """Begin to connect to the peer of `flow`. OSError if that can't even begin, also where the peer's host is no numeric address."""
        family = socket.AF_INET6 if ":" in local_host else socket.AF_INET
        socket.inet_pton(family, flow.host.partition("%")[0])
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            tune(sock)
            sock.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
            sock.bind((local_host, 0))
            error = sock.connect_ex((flow.host, flow.port))
            if error not in (0, errno.EINPROGRESS):
                raise OSError(error, "can't connect")
            return cls(sock, flow, None, host, connecting=True)
        except BaseException:
            sock.close()
            raise

    @property
    def is_usable(self) -> bool:
        """Whether it still takes messages."""
        return self.is_open and self._closing_at is None

    def send(self, data: bytes) -> None:
        """Put a message on the wire, or keep it until the peer takes it; only while `is_usable`. What could not go out is told with the
        end."""
        sent = 0
        if not self._unsent and not self._is_connecting:
            self.active_at = self._loop.time()
            try:
                sent = self._socket.send(data)
            except (BlockingIOError, InterruptedError):
                pass
            except OSError:
                self._unsent.append(data)
                self._end_soon("broken by the peer")
                return
            if sent == len(data):
                return
            self._loop.add_writer(self._socket.fileno(), self._on_writable)
            self._taken_at = self.active_at
        if sent:
            self._partly_sent = True
        self._unsent.append(data[sent:] if sent else data)
        self._unsent_bytes += len(data) - sent
        if self._unsent_bytes > self._host.limits.unsent_bytes:
            self._end_soon("the peer does not read")
        else:
            self._account()

    def check(self, now: float) -> str | None:
        """Look whether something takes too long, and end it then. "idle" if nothing at all happens: then whoever asks knows whether it is
        still needed."""
        limits = self._host.limits
        if self._closing_at is not None:
            if now >= self._closing_at:
                self.close("")
        elif self._is_connecting:
            if now - self._opened_at >= limits.connect_s:
                self.close("can't be opened: no answer")
        elif self._unsent and now - self._taken_at >= limits.unread_s:
            self.close("the peer does not read")
        elif self._stream.held_bytes and now - self._message_at >= limits.message_s:
            self.close("half a message")
        elif not self.has_served and now - self._opened_at >= limits.first_s:
            self.close("no message")
        elif now - self.active_at >= limits.idle_s:
            return "idle"
        return None

    def close(self, why: str) -> None:
        """End it now, and tell the host; `why` is counted, "" for what was told before."""
        if not self.is_open:
            return
        self.is_open = False
        number = self._socket.fileno()
        self._loop.remove_reader(number)
        self._loop.remove_writer(number)
        self._socket.close()
        unsent = tuple(self._unsent)[1:] if self._partly_sent else tuple(self._unsent)
        self._unsent.clear()
        self._host.hold(-self._accounted)
        self._accounted = 0
        self._host.ended(self, why, unsent)

    # What the loop brings.

    def _on_connected(self) -> None:
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self.close(f"can't be opened: {errno.errorcode.get(error, str(error))}")
            return
        self._is_connecting = False
        self.active_at = self._taken_at = self._loop.time()
        self._loop.add_reader(self._socket.fileno(), self._on_readable)
        self._loop.add_writer(self._socket.fileno(), self._on_writable)
        self._on_writable()

    def _on_readable(self) -> None:
        try:
            data = self._socket.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.close("broken by the peer")
            return
        if not data:
            self.close("ended by the peer" if self._stream.held_bytes == 0 else "ended by the peer in a message")
            return
        self._read(data)

    def _read(self, data: bytes) -> None:
        stream, host = self._stream, self._host
        self.active_at = self._loop.time()
        was_amid = stream.held_bytes > 0
        messages = stream.receive(data)
        if messages or not was_amid:
            self._message_at = self.active_at
        for message in messages:
            self.has_served = True
            host.receive(message, self.flow)
        fault = stream.fault
        if fault is not None:
            host.refuse(stream.refused, self.flow, fault)
        host.turn()
        if not self.is_usable:
            return
        if stream.take_ping():
            self.send(PONG)
        if fault is None:
            self._account()
        elif stream.refused:
            self._say_last_word()
        else:
            self.close("")

    def _on_writable(self) -> None:
        while self._unsent:
            data = self._unsent[0]
            try:
                sent = self._socket.send(data)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                self.close("broken by the peer")
                return
            self.active_at = self._taken_at = self._loop.time()
            self._unsent_bytes -= sent
            if sent < len(data):
                self._unsent[0] = data[sent:]
                self._partly_sent = True
                break
            self._partly_sent = False
            self._unsent.popleft()
        self._account()
        if not self._unsent and self.is_open:
            self._loop.remove_writer(self._socket.fileno())

    # The end.

    def _say_last_word(self) -> None:
        """Take nothing more; what was answered gets a moment to arrive, which an end at once would destroy."""
        self._loop.remove_reader(self._socket.fileno())
        self._closing_at = self._loop.time() + _LAST_WORD_S
        if not self._unsent:
            try:
                self._socket.shutdown(socket.SHUT_WR)
            except OSError:
                self._closing_at = self._loop.time()

    def _end_soon(self, why: str) -> None:
        if self._closing_at is None:
            self._closing_at = self._loop.time()
            self._loop.call_soon(self.close, why)

    def _account(self) -> None:
        held = self._stream.held_bytes + self._unsent_bytes
        if held != self._accounted:
            more, self._accounted = held - self._accounted, held
            if not self._host.hold(more) and more > 0:
                self._end_soon("too much is held for all connections")
