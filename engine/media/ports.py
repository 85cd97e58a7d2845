"""RTP/RTCP port pairs of the twin: bound ahead, reused without binding again, neighbours' ports skipped.

Pair `i` of the range has the ports `first_even_port + 2i` and its odd neighbour (RFC 3550 §11). Ready pairs form a queue,
so the port that rested longest is given out next. The C backend keeps the same pool in `engine/native/ports.c`.
"""

from __future__ import annotations

import errno
import resource
import socket
import threading
from collections import deque
from collections.abc import Callable

from engine.media.backend import MediaSettings
from engine.media.errors import AddressRefused, PortsExhausted
from engine.media.remote import family_of

RETRY_TAKEN_S = 1.0
"""How soon the range is walked again after it was found used up."""


class Pair:
    """Two bound, non-blocking sockets."""

    __slots__ = ("index", "port", "rtcp", "rtp")

    def __init__(self, index: int, port: int, rtp: socket.socket, rtcp: socket.socket) -> None:
        self.index, self.port, self.rtp, self.rtcp = index, port, rtp, rtcp

    def close(self) -> None:
        self.rtp.close()
        self.rtcp.close()


class _Taken(Exception):
    """Somebody else holds the port."""


class PairPool:
    """The pairs of one range. `take` is the control thread's, `fill_one` and `give_back` the media thread's; a lock is held
    for one bind at most."""

    def __init__(self, settings: MediaSettings) -> None:
        self._settings = settings
        self._family = family_of(settings.bind_host)
        self._lock = threading.Lock()
        self._ready: deque[Pair] = deque()
        self._unbound: deque[int] = deque(range(settings.pairs))
        self._taken: deque[int] = deque()
        self._ahead = settings.ahead
        self._limit = settings.pairs
        self._limit_is_descriptors = False
        self._retry_at = 0.0
        self._bound = 0

    @property
    def ready_count(self) -> int:
        return len(self._ready)

    @property
    def taken_count(self) -> int:
        return len(self._taken)

    def prepare(self, now: float) -> None:
        """Raise the descriptor limit and bind the first pairs. `AddressRefused`, `PortsExhausted`."""
        descriptors = raise_descriptor_limit()
        possible = pairs_for(descriptors)
        self._limit_is_descriptors = possible < self._limit
        self._limit = min(self._limit, possible)
        while len(self._ready) < self._ahead and self.fill_one(now):
            pass
        if not self._ready:
            raise self._exhausted(quarantined=0)

    def take(self, now: float, quarantined: int) -> Pair:
        """A ready pair; `PortsExhausted`."""
        with self._lock:
            if not self._ready:
                self._bind_next(now)
            if not self._ready:
                raise self._exhausted(quarantined)
            return self._ready.popleft()

    def give_back(self, pair: Pair) -> None:
        with self._lock:
            self._ready.append(pair)

    def fill_one(self, now: float) -> bool:
        """Bind one more pair ahead; False if none is wanted or none can be had."""
        if len(self._ready) >= self._ahead:
            return False
        with self._lock:
            return self._bind_next(now)

    def keep_ready(self, wanted: bool) -> None:
        """False: no pair is to be ready from now on; `drop_idle` closes those that are."""
        self._ahead = self._settings.ahead if wanted else 0

    def drop_idle(self, forget: Callable[[Pair], None]) -> None:
        """The media thread's: close the ready pairs if none is wanted, each after `forget`."""
        while self._ahead == 0 and self._ready:
            with self._lock:
                pair = self._ready.popleft()
                forget(pair)
                pair.close()
                self._bound -= 1
                self._unbound.append(pair.index)

    def close(self) -> None:
        with self._lock:
            while self._ready:
                self._ready.popleft().close()

    def _bind_next(self, now: float) -> bool:
        if self._bound >= self._limit:
            return False
        if not self._unbound:
            if now < self._retry_at or not self._taken:
                return False
            self._unbound, self._taken = self._taken, deque()
            self._retry_at = now + RETRY_TAKEN_S
        while self._unbound:
            index = self._unbound.popleft()
            try:
                self._ready.append(self._bind(index))
            except _Taken:
                self._taken.append(index)
            except OSError as error:
                self._unbound.appendleft(index)
                if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    raise
                self._limit, self._limit_is_descriptors = self._bound, True
                return False
            else:
                self._bound += 1
                return True
        self._retry_at = now + RETRY_TAKEN_S
        return False

    def _bind(self, index: int) -> Pair:
        port = self._settings.first_even_port + 2 * index
        rtp = self._socket(port)
        try:
            rtcp = self._socket(port + 1)
        except BaseException:
            rtp.close()
            raise
        return Pair(index, port, rtp, rtcp)

    def _socket(self, port: int) -> socket.socket:
        sock = socket.socket(self._family, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            if self._family is socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((self._settings.bind_host, port))
        except OSError as error:
            sock.close()
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                raise _Taken from error
            if error.errno == errno.EADDRNOTAVAIL:
                raise not_local(self._settings.bind_host) from error
            raise
        return sock

    def _exhausted(self, quarantined: int) -> PortsExhausted:
        return exhausted(
            self._settings,
            bound=self._bound,
            quarantined=quarantined,
            taken=len(self._taken),
            limited_by_descriptors=self._limit_is_descriptors and self._bound >= self._limit,
        )


def not_local(bind_host: str) -> AddressRefused:
    return AddressRefused(
        f"media address {bind_host} is not one of this machine's; set the listener's or the machine's address"
    )


def exhausted(
    settings: MediaSettings, *, bound: int, quarantined: int, taken: int, limited_by_descriptors: bool
) -> PortsExhausted:
    """The refusal that says which limit was met."""
    what = (
        f"no RTP port free in {settings.first_port}-{settings.last_port} on {settings.bind_host}: "
        f"{bound - quarantined} pairs in use, {quarantined} in quarantine, {taken} held by other programs; "
    )
    if limited_by_descriptors:
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return PortsExhausted(f"{what}the limit is {soft} open files: raise it (ulimit -n, LimitNOFILE=)")
    return PortsExhausted(f"{what}widen the port range or wait")


def raise_descriptor_limit() -> int:
    """Raise the soft limit of open files to the hard one; the limit now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):
            return soft
    return hard


def pairs_for(descriptors: int) -> int:
    """How many pairs may be bound with that many open files, leaving some for all the rest of the process."""
    if descriptors < 0:  # RLIM_INFINITY
        return 65536
    return max(1, (descriptors - min(512, descriptors // 4)) // 2)
