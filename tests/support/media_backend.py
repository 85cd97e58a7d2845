"""A media backend in memory: keeps what it is told, moves nothing."""

from __future__ import annotations

from collections.abc import Sequence

from engine.media.backend import (
    Allocation,
    MediaEvent,
    MediaTotals,
    PortUsage,
    RemoteMedia,
    Silent,
    StreamCounters,
    StreamHandle,
)
from engine.media.errors import PortsExhausted


class MemoryBackend:
    """Satisfies `MediaBackend`. `limit`: how many streams there are."""

    compiled = False

    def __init__(self, limit: int = 1000) -> None:
        self.limit = limit
        self.in_use: dict[StreamHandle, int] = {}
        self.counted: dict[StreamHandle, int] = {}
        self.remotes: dict[StreamHandle, RemoteMedia] = {}
        self.pairs: dict[StreamHandle, StreamHandle] = {}
        self.watches: dict[StreamHandle, float] = {}
        self._next = 0

    def open(self) -> None:
        pass

    def close(self) -> None:
        pass

    def keep_ready(self, wanted: bool) -> None: ...

    def allocate(self) -> Allocation:
        if len(self.in_use) >= self.limit:
            raise PortsExhausted("no port left")
        handle = StreamHandle(self._next, 1)
        port = 33000 + 2 * self._next
        self._next += 1
        self.in_use[handle] = port
        return Allocation(handle, port, port + 1)

    def set_remote(self, handle: StreamHandle, remote: RemoteMedia, *, relearn: bool = False) -> None:
        self.remotes[handle] = remote

    def pair(self, a: StreamHandle, b: StreamHandle) -> None:
        self.unpair(a)
        self.unpair(b)
        self.pairs[a] = b
        self.pairs[b] = a

    def unpair(self, handle: StreamHandle) -> None:
        other = self.pairs.pop(handle, None)
        if other is not None:
            self.pairs.pop(other, None)

    def watch(self, handle: StreamHandle, timeout_s: float | None) -> None:
        if timeout_s is None:
            self.watches.pop(handle, None)
        else:
            self.watches[handle] = timeout_s

    def release(self, handle: StreamHandle) -> StreamCounters:
        del self.in_use[handle]
        self.unpair(handle)
        self.watches.pop(handle, None)
        return StreamCounters()

    def count(self, handle: StreamHandle, packets_in: int) -> None:
        """That many have come in so far."""
        self.counted[handle] = packets_in

    def counters(self, handle: StreamHandle) -> StreamCounters:
        if handle in self.counted:
            return StreamCounters()._replace(packets_in=self.counted[handle])
        return StreamCounters()

    def usage(self) -> PortUsage:
        return PortUsage(total=self.limit, in_use=len(self.in_use), ready=0, quarantined=0, taken=0)

    def totals(self) -> MediaTotals:
        return MediaTotals()

    def fileno(self) -> int:
        raise NotImplementedError("no descriptor: nothing here happens by itself")

    def take_events(self) -> Sequence[MediaEvent]:
        return ()

    def silent(self, index: int, seconds: float) -> Silent:
        """The event of the `index`th stream in use."""
        return Silent(handle=list(self.in_use)[index], silent_s=seconds)

    def paired_ports(self) -> set[frozenset[int]]:
        """Our ports that are joined, as pairs."""
        return {frozenset((self.in_use[a], self.in_use[b])) for a, b in self.pairs.items()}
