"""The media backend over the C thread of `engine.native`: checks and errors here, packets there."""

from __future__ import annotations

import errno

from engine.media.backend import (
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
from engine.media.ports import exhausted, not_local, pairs_for, raise_descriptor_limit
from engine.media.remote import canonical_remote, family_of
from engine.native import _native


class NativeMediaBackend:
    """See `MediaBackend`."""

    compiled = True

    def __init__(self, settings: MediaSettings) -> None:
        self._settings = settings
        self._family = family_of(settings.bind_host)
        self._media: _native.Media | None = None

    def open(self) -> None:
        if self._media is not None:
            return
        settings = self._settings
        media = _native.Media(
            settings.bind_host,
            settings.first_even_port,
            settings.pairs,
            min(settings.pairs, pairs_for(raise_descriptor_limit())),
            settings.ahead,
            settings.batch,
            settings.quarantine_s,
            settings.settle_s,
        )
        try:
            media.start()
        except OSError as error:
            media.close()
            if error.errno == errno.EADDRNOTAVAIL:
                raise not_local(settings.bind_host) from error
            if error.errno == errno.EADDRINUSE:
                raise exhausted(
                    settings, bound=0, quarantined=0, taken=settings.pairs, limited_by_descriptors=False
                ) from error
            raise
        self._media = media

    @property
    def thread_id(self) -> int:
        """Of the media thread in /proc/self/task, for who measures it."""
        return self._opened().thread_id()

    def keep_ready(self, wanted: bool) -> None:
        self._opened().keep_ready(wanted)

    def allocate(self) -> Allocation:
        media = self._opened()
        allocated = media.allocate()
        if allocated is None:
            in_use, ready, quarantined, taken, limited = media.usage()
            raise exhausted(
                self._settings,
                bound=in_use + ready + quarantined,
                quarantined=quarantined,
                taken=taken,
                limited_by_descriptors=limited,
            )
        index, generation, port = allocated
        return Allocation(StreamHandle(index, generation), port, port + 1)

    def set_remote(self, handle: StreamHandle, remote: RemoteMedia, *, relearn: bool = False) -> None:
        media = self._opened()
        told = canonical_remote(remote, self._family)
        if not media.set_remote(
            handle.index, handle.generation, told.rtp, told.rtcp, told.signalling_host, told.clock_hz, relearn
        ):
            raise _stale(handle)

    def pair(self, a: StreamHandle, b: StreamHandle) -> None:
        media = self._opened()
        if a != b and media.pair(a.index, a.generation, b.index, b.generation):
            return
        for handle in (a, b):
            if media.counters(handle.index, handle.generation) is None:
                raise _stale(handle)
        raise ValueError(f"stream {a.index} can't be paired with itself")

    def unpair(self, handle: StreamHandle) -> None:
        if not self._opened().unpair(handle.index, handle.generation):
            raise _stale(handle)

    def watch(self, handle: StreamHandle, timeout_s: float | None) -> None:
        media = self._opened()
        if timeout_s is not None and not 0 < timeout_s <= 1_000_000:
            raise ValueError(f"silence time-out {timeout_s} s must be above 0 and at most 1000000 s, or None for none")
        if not media.watch(handle.index, handle.generation, timeout_s or 0.0):
            raise _stale(handle)

    def release(self, handle: StreamHandle) -> StreamCounters:
        last = self._opened().release(handle.index, handle.generation)
        if last is None:
            raise _stale(handle)
        return _counters(last)

    def counters(self, handle: StreamHandle) -> StreamCounters:
        now = self._opened().counters(handle.index, handle.generation)
        if now is None:
            raise _stale(handle)
        return _counters(now)

    def usage(self) -> PortUsage:
        in_use, ready, quarantined, taken, _ = self._opened().usage()
        return PortUsage(total=self._settings.pairs, in_use=in_use, ready=ready, quarantined=quarantined, taken=taken)

    def totals(self) -> MediaTotals:
        (
            packets_in, bytes_in, packets_out, bytes_out, rtcp_in, rtcp_out,
            stranger, malformed, oversize, no_peer, send_error, lost, receiving, jitter_sum, jitter_max,
        ) = self._opened().totals()  # fmt: skip
        return MediaTotals(
            packets_in=packets_in,
            bytes_in=bytes_in,
            packets_out=packets_out,
            bytes_out=bytes_out,
            rtcp_in=rtcp_in,
            rtcp_out=rtcp_out,
            lost=lost,
            dropped=Drops(
                stranger=stranger, malformed=malformed, oversize=oversize, no_peer=no_peer, send_error=send_error
            ),
            receiving=receiving,
            jitter_sum_ms=jitter_sum,
            jitter_max_ms=jitter_max,
        )

    def fileno(self) -> int:
        return self._opened().fileno()

    def take_events(self) -> list[MediaEvent]:
        return [
            Silent(handle=StreamHandle(index, generation), silent_s=silent_s)
            if source is None
            else Learnt(handle=StreamHandle(index, generation), source=source)
            for index, generation, source, silent_s in self._opened().take_events()
        ]

    def close(self) -> None:
        media, self._media = self._media, None
        if media is not None:
            media.close()

    def _opened(self) -> _native.Media:
        if self._media is None:
            raise BackendClosed("the media backend is not open")
        return self._media


def _stale(handle: StreamHandle) -> StaleHandle:
    return StaleHandle(f"stream {handle.index} (generation {handle.generation}) was released")


def _counters(fields: _native.Counters) -> StreamCounters:
    (
        packets_in, bytes_in, packets_out, bytes_out, rtcp_in, rtcp_out, lost, jitter_ms, ssrc,
        stranger, malformed, oversize, no_peer, send_error, heard_at, source,
    ) = fields  # fmt: skip
    return StreamCounters(
        packets_in=packets_in,
        bytes_in=bytes_in,
        packets_out=packets_out,
        bytes_out=bytes_out,
        rtcp_in=rtcp_in,
        rtcp_out=rtcp_out,
        lost=lost,
        jitter_ms=jitter_ms,
        ssrc=ssrc,
        dropped=Drops(
            stranger=stranger, malformed=malformed, oversize=oversize, no_peer=no_peer, send_error=send_error
        ),
        last_received_at=heard_at,
        source=source,
    )
