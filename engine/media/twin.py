"""The media backend in pure Python: one thread, epoll, the same rules and figures as the C thread.

For machines without a compiler. It relays RTP and RTCP, learns, counts and watches; it shares the interpreter, so a busy
process delays or loses packets (`FIGURES`: 500-800 calls when idle, nothing at all beside a thread that never yields).

The control thread checks handles and queues commands; only the media thread touches a `_Stream` after that, and it drops
whatever comes for a stream that ended meanwhile.
"""

from __future__ import annotations

import ctypes
import logging
import os
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from engine.media.backend import (
    MAX_PACKET_BYTES,
    Address,
    Allocation,
    Drops,
    Learnt,
    MediaEvent,
    MediaSettings,
    MediaTotals,
    PortUsage,
    RemoteMedia,
    Silent,
    StreamCounters,
    StreamHandle,
)
from engine.media.errors import BackendClosed, StaleHandle
from engine.media.learning import Learner
from engine.media.ports import Pair, PairPool
from engine.media.reception import Reception
from engine.media.remote import UNSPECIFIED, canonical_host, canonical_remote, family_of

TICK_S = 0.05
STUCK_S = 1.0
"""How often silence, provisional latches and quarantine are looked at."""
UNHEARD_REST_S = 0.5
"""The quarantine of a port that nobody sent to."""

log = logging.getLogger("trunkline.media")


class _Stream:
    """One stream as the media thread sees it. `closed` once it is released; `freed_at` is then when it was last heard."""

    __slots__ = (
        "bytes_in", "bytes_out", "closed", "freed_at", "handle", "heard_at", "latches_told", "learner", "malformed", "no_peer",
        "oversize", "packets_in", "packets_out", "pair", "peer", "reception", "rtcp_connected", "rtcp_in", "rtcp_out",
        "rtp_connected", "send_error", "stranger", "timeout_s", "watched_at",
    )  # fmt: skip

    def __init__(self, handle: StreamHandle, pair: Pair, settle_s: float) -> None:
        self.handle = handle
        self.pair = pair
        self.learner = Learner(settle_s)
        self.reception = Reception()
        self.peer: _Stream | None = None
        self.rtp_connected: Address | None = None
        self.rtcp_connected: Address | None = None
        self.closed = False
        self.freed_at = 0.0
        self.heard_at: float | None = None
        self.timeout_s: float | None = None
        self.watched_at = 0.0
        self.latches_told = 0
        self.packets_in = self.bytes_in = self.packets_out = self.bytes_out = self.rtcp_in = self.rtcp_out = 0
        self.stranger = self.malformed = self.oversize = self.no_peer = self.send_error = 0

    def counters(self) -> StreamCounters:
        return StreamCounters(
            packets_in=self.packets_in,
            bytes_in=self.bytes_in,
            packets_out=self.packets_out,
            bytes_out=self.bytes_out,
            rtcp_in=self.rtcp_in,
            rtcp_out=self.rtcp_out,
            lost=self.reception.lost,
            jitter_ms=self.reception.jitter_ms,
            ssrc=self.reception.ssrc,
            dropped=Drops(
                stranger=self.stranger,
                malformed=self.malformed,
                oversize=self.oversize,
                no_peer=self.no_peer,
                send_error=self.send_error,
            ),
            last_received_at=self.heard_at,
            source=self.learner.source,
        )


class PythonMediaBackend:
    """See `MediaBackend`. `clock`: monotonic seconds."""

    compiled = False

    def __init__(self, settings: MediaSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._family = family_of(settings.bind_host)
        self._is_wildcard = canonical_host(settings.bind_host, self._family) in UNSPECIFIED
        self._pool = PairPool(settings)
        self._streams: dict[int, _Stream] = {}
        self._generations = [0] * settings.pairs
        self._past = MediaTotals()
        self._commands: deque[Callable[[], None]] = deque()
        self._events: deque[MediaEvent] = deque()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._wake = self._ready = -1
        # The media thread's own:
        self._epoll: select.epoll
        self._sockets: dict[int, tuple[_Stream, bool]] = {}
        self._active: dict[int, _Stream] = {}
        self._quarantine: dict[int, _Stream] = {}
        self._buffer = bytearray(MAX_PACKET_BYTES + 1)
        self._view = memoryview(self._buffer)

    # --- the control thread -------------------------------------------------------------------------------------------

    def open(self) -> None:
        if self._thread is not None:
            return
        try:
            self._pool.prepare(self._clock())
        except BaseException:
            self._pool.close()
            raise
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._ready = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._epoll = select.epoll()
        self._epoll.register(self._wake, select.EPOLLIN)
        self._thread = threading.Thread(target=self._run, name="media", daemon=True)
        self._thread.start()

    def keep_ready(self, wanted: bool) -> None:
        self._check_open()
        self._pool.keep_ready(wanted)
        applied = threading.Event()

        def drop() -> None:
            self._pool.drop_idle(self._forget)
            applied.set()

        self._command(drop)
        applied.wait(STUCK_S)

    def allocate(self) -> Allocation:
        self._check_open()
        pair = self._pool.take(self._clock(), len(self._quarantine))
        handle = StreamHandle(pair.index, self._generations[pair.index])
        stream = _Stream(handle, pair, self._settings.settle_s)
        self._streams[pair.index] = stream
        self._command(partial(self._start, stream))
        return Allocation(handle, pair.port, pair.port + 1)

    def set_remote(self, handle: StreamHandle, remote: RemoteMedia, *, relearn: bool = False) -> None:
        stream = self._stream(handle)
        canonical = canonical_remote(remote, self._family)
        self._command(partial(self._announce, stream, canonical, relearn))

    def pair(self, a: StreamHandle, b: StreamHandle) -> None:
        one, other = self._stream(a), self._stream(b)
        if one is other:
            raise ValueError(f"stream {a.index} can't be paired with itself")
        self._command(partial(self._join, one, other))

    def unpair(self, handle: StreamHandle) -> None:
        self._command(partial(self._part, self._stream(handle)))

    def watch(self, handle: StreamHandle, timeout_s: float | None) -> None:
        stream = self._stream(handle)
        if timeout_s is not None and not 0 < timeout_s <= 1_000_000:
            raise ValueError(f"silence time-out {timeout_s} s must be above 0 and at most 1000000 s, or None for none")
        self._command(partial(self._watch, stream, timeout_s))

    def release(self, handle: StreamHandle) -> StreamCounters:
        stream = self._stream(handle)
        del self._streams[handle.index]
        self._generations[handle.index] = (handle.generation + 1) & 0xFFFFFFFF
        self._command(partial(self._end, stream))
        last = stream.counters()
        self._past = self._past.plus(last)
        return last

    def counters(self, handle: StreamHandle) -> StreamCounters:
        return self._stream(handle).counters()

    def usage(self) -> PortUsage:
        return PortUsage(
            total=self._settings.pairs,
            in_use=len(self._streams),
            ready=self._pool.ready_count,
            quarantined=len(self._quarantine),
            taken=self._pool.taken_count,
        )

    def totals(self) -> MediaTotals:
        total = self._past
        for stream in self._streams.values():
            total = total.plus_live(stream.counters())
        return total

    def fileno(self) -> int:
        self._check_open()
        return self._ready

    def take_events(self) -> list[MediaEvent]:
        self._check_open()
        try:
            os.eventfd_read(self._ready)
        except BlockingIOError:
            pass
        taken = [self._events.popleft() for _ in range(len(self._events))]
        return [event for event in taken if self._generations[event.handle.index] == event.handle.generation]

    def close(self) -> None:
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stopping = True
        os.eventfd_write(self._wake, 1)
        thread.join()
        self._streams.clear()
        os.close(self._wake)
        os.close(self._ready)

    def _check_open(self) -> None:
        if self._thread is None:
            raise BackendClosed("the media backend is not open")

    def _stream(self, handle: StreamHandle) -> _Stream:
        self._check_open()
        stream = self._streams.get(handle.index)
        if stream is None or stream.handle.generation != handle.generation:
            raise StaleHandle(f"stream {handle.index} (generation {handle.generation}) was released")
        return stream

    def _command(self, command: Callable[[], None]) -> None:
        self._commands.append(command)
        os.eventfd_write(self._wake, 1)

    # --- the media thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        tick_at = self._clock() + TICK_S
        while not self._stopping:
            wants_fill = self._fill()
            readable = self._epoll.poll(0 if wants_fill else TICK_S, self._settings.batch)
            self._pool.drop_idle(self._forget)
            # First the commands: one given before a packet was sent is applied before that packet is looked at.
            self._apply_commands()
            for descriptor, _ in readable:
                try:
                    self._readable(descriptor)
                except Exception:  # the border where a datagram comes in: one bad packet stops nobody's call
                    log.exception("media: a packet on descriptor %d could not be handled", descriptor)
            now = self._clock()
            if now >= tick_at:
                tick_at = now + TICK_S
                self._tick(now)
        self._shut()

    def _readable(self, descriptor: int) -> None:
        if descriptor == self._wake:
            os.eventfd_read(self._wake)
            return
        served = self._sockets.get(descriptor)
        if served is None:
            return
        stream, is_rtcp = served
        if stream.closed:
            self._discard(stream, stream.pair.rtcp if is_rtcp else stream.pair.rtp)
        else:
            self._receive(stream, is_rtcp)

    def _apply_commands(self) -> None:
        while self._commands:
            self._commands.popleft()()

    def _fill(self) -> bool:
        try:
            return self._pool.fill_one(self._clock())
        except OSError:
            log.exception("media: no port can be bound")
            return False

    def _forget(self, pair: Pair) -> None:
        for sock in (pair.rtp, pair.rtcp):
            self._sockets.pop(sock.fileno(), None)

    def _start(self, stream: _Stream) -> None:
        for sock, is_rtcp in ((stream.pair.rtp, False), (stream.pair.rtcp, True)):
            known = sock.fileno() in self._sockets
            self._sockets[sock.fileno()] = (stream, is_rtcp)
            if not known:
                self._epoll.register(sock.fileno(), select.EPOLLIN)
        self._active[stream.handle.index] = stream

    def _announce(self, stream: _Stream, remote: RemoteMedia, relearn: bool) -> None:
        stream.reception.clock_hz = remote.clock_hz
        stream.learner.announce(remote, relearn=relearn)
        self._connect(stream)

    def _join(self, one: _Stream, other: _Stream) -> None:
        if one.closed or other.closed:
            return
        self._part(one)
        self._part(other)
        one.peer, other.peer = other, one

    def _part(self, stream: _Stream) -> None:
        if stream.peer is not None:
            stream.peer.peer = None
            stream.peer = None

    def _watch(self, stream: _Stream, timeout_s: float | None) -> None:
        stream.timeout_s = timeout_s
        stream.watched_at = self._clock()

    def _end(self, stream: _Stream) -> None:
        """The sockets stay connected to the old party: late packets prolong the quarantine, a stranger's flood doesn't."""
        self._part(stream)
        stream.closed = True
        stream.timeout_s = None
        stream.freed_at = self._clock()
        del self._active[stream.handle.index]
        self._quarantine[stream.handle.index] = stream

    def _receive(self, stream: _Stream, is_rtcp: bool) -> None:
        sock = stream.pair.rtcp if is_rtcp else stream.pair.rtp
        try:
            length, name = sock.recvfrom_into(self._buffer)
        except BlockingIOError:
            return
        except OSError:  # by ICMP: the remote port is closed; the next packet may find it open
            stream.send_error += 1
            return
        buffer = self._buffer
        source: Address = (name[0], name[1])
        if length > MAX_PACKET_BYTES:
            stream.oversize += 1
            return
        if length < 8 or buffer[0] >> 6 != 2:
            stream.malformed += 1
            return
        now = self._clock()
        # RFC 5761 §4: packet types 192-223 tell RTCP from RTP, wherever they come in.
        if 192 <= buffer[1] <= 223:
            self._receive_rtcp(stream, source, length, now, muxed=not is_rtcp)
        elif is_rtcp or length < 12:
            stream.malformed += 1
        else:
            self._receive_rtp(stream, source, length, now)

    def _receive_rtp(self, stream: _Stream, source: Address, length: int, now: float) -> None:
        view, learner = self._view, stream.learner
        sequence = int.from_bytes(view[2:4], "big")
        ssrc = int.from_bytes(view[8:12], "big")
        was_final = learner.is_final
        accepted = learner.accept_rtp(source, ssrc, sequence, now)
        if learner.latches != stream.latches_told or learner.is_final != was_final:
            self._connect(stream)
            self._tell_learnt(stream)
        if not accepted:
            stream.stranger += 1
            return
        stream.heard_at = now
        stream.packets_in += 1
        stream.bytes_in += length
        stream.reception.receive(ssrc, sequence, int.from_bytes(view[4:8], "big"), now)
        peer = stream.peer
        target = None if peer is None else peer.learner.rtp_target
        if peer is None or target is None:
            stream.no_peer += 1
        elif self._send(peer, peer.pair.rtp, None if peer.rtp_connected == target else target, length):
            peer.packets_out += 1
            peer.bytes_out += length

    def _receive_rtcp(self, stream: _Stream, source: Address, length: int, now: float, *, muxed: bool) -> None:
        learner = stream.learner
        latch = learner.rtcp_latch
        accepted = learner.accept_muxed_rtcp(source) if muxed else learner.accept_rtcp(source)
        if learner.rtcp_latch is not latch:
            self._connect(stream)
        if not accepted:
            stream.stranger += 1
            return
        stream.heard_at = now
        stream.rtcp_in += 1
        peer = stream.peer
        if peer is None:
            stream.no_peer += 1
            return
        if peer.learner.sends_muxed:
            sock, target, connected = peer.pair.rtp, peer.learner.rtp_target, peer.rtp_connected
        else:
            sock, target, connected = peer.pair.rtcp, peer.learner.rtcp_target, peer.rtcp_connected
        if target is None:
            stream.no_peer += 1
        elif self._send(peer, sock, None if connected == target else target, length):
            peer.rtcp_out += 1

    def _send(self, stream: _Stream, sock: socket.socket, target: Address | None, length: int) -> bool:
        try:
            if target is None:
                sock.send(self._view[:length])
            else:
                sock.sendto(self._view[:length], target)
        except OSError:
            stream.send_error += 1
            return False
        return True

    def _connect(self, stream: _Stream) -> None:
        """Connect the sockets to what is latched for good, and disconnect them from anything else.

        Not if bound to the wildcard address: `connect()` would fix our own address too, to what the route home has, and a
        phone that sends to another one of a machine with several would not be heard any more.
        """
        if self._is_wildcard:
            return
        learner = stream.learner
        wanted = learner.source if learner.is_final else None
        if stream.rtp_connected != wanted:
            stream.rtp_connected = _reconnect(stream.pair.rtp, stream.rtp_connected, wanted)
        wanted = learner.rtcp_source
        if stream.rtcp_connected != wanted:
            stream.rtcp_connected = _reconnect(stream.pair.rtcp, stream.rtcp_connected, wanted)

    def _tell_learnt(self, stream: _Stream) -> None:
        learner = stream.learner
        if learner.latches != stream.latches_told and learner.source is not None:
            stream.latches_told = learner.latches
            self._tell(Learnt(handle=stream.handle, source=learner.source))

    def _tell(self, event: MediaEvent) -> None:
        self._events.append(event)
        os.eventfd_write(self._ready, 1)

    def _tick(self, now: float) -> None:
        for stream in self._active.values():
            if stream.learner.settle(now):
                self._connect(stream)
            if stream.timeout_s is not None:
                silent_s = now - max(stream.watched_at, stream.heard_at or 0.0)
                if silent_s >= stream.timeout_s:
                    stream.timeout_s = None
                    self._tell(Silent(handle=stream.handle, silent_s=silent_s))
        rested = [stream for stream in self._quarantine.values() if now - stream.freed_at >= self._rest_s(stream)]
        for stream in rested:
            del self._quarantine[stream.handle.index]
            _reconnect(stream.pair.rtp, stream.rtp_connected, None)
            _reconnect(stream.pair.rtcp, stream.rtcp_connected, None)
            self._pool.give_back(stream.pair)

    def _discard(self, stream: _Stream, sock: socket.socket) -> None:
        """One only, though more may wait: a later one may belong to the stream that a command not yet applied opens here."""
        remote = stream.learner.remote
        old_party = {stream.learner.source, stream.learner.rtcp_source, remote.rtp, remote.rtcp}
        try:
            _, name = sock.recvfrom_into(self._buffer)
        except OSError:
            return
        if (name[0], name[1]) in old_party:
            stream.freed_at = stream.heard_at = self._clock()

    def _rest_s(self, stream: _Stream) -> float:
        """A party that never sent anything is silent already: then a moment is enough, or calls given up while they ring
        would use up a small range."""
        rest_s = self._settings.quarantine_s
        return rest_s if stream.heard_at is not None else min(rest_s, UNHEARD_REST_S)

    def _shut(self) -> None:
        self._apply_commands()
        for stream in (*self._active.values(), *self._quarantine.values()):
            stream.pair.close()
        self._pool.close()
        self._epoll.close()


def _reconnect(sock: socket.socket, connected: Address | None, wanted: Address | None) -> Address | None:
    """What the socket is connected to afterwards; the port stays bound throughout."""
    if connected is not None:
        _disconnect(sock)
    if wanted is None:
        return None
    try:
        sock.connect(wanted)
    except OSError:  # no route, say: the source check of the learner stands, only dearer
        return None
    return wanted


_LIBC = ctypes.CDLL(None)
_AF_UNSPEC_ADDRESS = bytes(16)


def _disconnect(sock: socket.socket) -> None:
    """`connect(AF_UNSPEC)`, which Python's socket module can't say."""
    _LIBC.connect(sock.fileno(), _AF_UNSPEC_ADDRESS, len(_AF_UNSPEC_ADDRESS))
