"""The media backend: what moves RTP and RTCP, and the values it is told and tells.

Two implementations stand behind `MediaBackend`: `engine.media.native_backend` (a C thread without the GIL) and
`engine.media.twin` (a Python thread, same semantics, for machines without a compiler). A *stream* is one pair of ports
and one remote party; two streams are *paired* and everything valid crosses over, byte for byte, RTP and RTCP alike:
payload types, telephone-events (RFC 4733) and SRTP are not looked into. Transcoding, mixing and playing are not done here.

The surprising thing: commands are applied by the media thread a moment later, in the order given. What can be refused
(a stale handle, a bad address, no port) is refused at once, by an exception, before anything is queued.
The rules of source learning stand in `engine.media.learning`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

Address = tuple[str, int]
"""A numeric IP address in canonical text, and a port."""

MAX_PACKET_BYTES = 2048
"""Longer datagrams are dropped and counted as `oversize`: media packets fit an Ethernet frame."""


@dataclass(frozen=True, slots=True)
class StreamHandle:
    """Names a stream. After `release` the generation is past and the handle acts on nothing."""

    index: int
    generation: int


class Allocation(NamedTuple):
    """A new stream and its local ports; `rtcp_port` is `rtp_port + 1`, `rtp_port` is even (RFC 3550 §11)."""

    handle: StreamHandle
    rtp_port: int
    rtcp_port: int


class RemoteMedia(NamedTuple):
    """What the peer announced, and from where it signals.

    `rtp`: the m= port at the c= address, None (or port 0) for no media. An unspecified address (0.0.0.0, ::) is the old
    form of hold (RFC 3264 §8.4): nothing is sent there. `rtcp`: from a=rtcp (RFC 3605), None for RTP's port + 1; equal to
    `rtp` for rtcp-mux (RFC 5761). `signalling_host`: where its SIP really comes from; a host that is not numeric or of
    another family never matches. `clock_hz`: RTP clock, for jitter only.
    """

    rtp: Address | None
    rtcp: Address | None = None
    signalling_host: str = ""
    clock_hz: int = 8000


class Drops(NamedTuple):
    """Datagrams received for a stream and not relayed, and sends that failed, by reason.

    `stranger`: not from an accepted source (those the kernel drops on a connected socket are not counted);
    `malformed`: neither RTP nor RTCP; `oversize`: over `MAX_PACKET_BYTES`; `no_peer`: valid, but no peer, or the peer has
    no address yet; `send_error`: refused by the kernel or, by ICMP, by the remote host.
    """

    stranger: int = 0
    malformed: int = 0
    oversize: int = 0
    no_peer: int = 0
    send_error: int = 0


class StreamCounters(NamedTuple):
    """A stream's account. In: from the remote party, accepted; out: sent to it. Bytes are of the UDP payload, RTP only.

    `lost`: packets missing by sequence number (RFC 3550 §A.3; duplicates count against it, so it can be negative), over all
    its SSRCs. `jitter_ms`: of the current SSRC (RFC 3550 §A.8). `last_received_at`: monotonic seconds of the last accepted RTP
    or RTCP, None before. `source`: where RTP was learnt from, None before. Each figure is whole by itself; two
    figures of one reading may be a packet apart.
    """

    packets_in: int = 0
    bytes_in: int = 0
    packets_out: int = 0
    bytes_out: int = 0
    rtcp_in: int = 0
    rtcp_out: int = 0
    lost: int = 0
    jitter_ms: float = 0.0
    ssrc: int | None = None
    dropped: Drops = Drops()
    last_received_at: float | None = None
    source: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """RTP is now accepted from `source`, and sent there. Comes again if the announced address takes over, or after a re-INVITE."""

    handle: StreamHandle
    source: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """Nothing was accepted from the remote party for `silent_s`, longer than its watch allows. Once per `watch`."""

    handle: StreamHandle
    silent_s: float


MediaEvent = Learnt | Silent


@dataclass(frozen=True, slots=True, kw_only=True)
class PortUsage:
    """Port pairs: `total` in the range, `in_use`, `ready` (bound, free), `quarantined`, `taken` by somebody else when last tried."""

    total: int
    in_use: int
    ready: int
    quarantined: int
    taken: int


class MediaTotals(NamedTuple):
    """All streams of a backend together, released ones too, as `StreamCounters` counts.

    `receiving`: streams that live and have got RTP; `jitter_sum_ms`, `jitter_max_ms`: of those.
    """

    packets_in: int = 0
    bytes_in: int = 0
    packets_out: int = 0
    bytes_out: int = 0
    rtcp_in: int = 0
    rtcp_out: int = 0
    lost: int = 0
    dropped: Drops = Drops()
    receiving: int = 0
    jitter_sum_ms: float = 0.0
    jitter_max_ms: float = 0.0

    def plus(self, counters: StreamCounters) -> MediaTotals:
        """With a stream that has ended."""
        return self._replace(
            packets_in=self.packets_in + counters.packets_in,
            bytes_in=self.bytes_in + counters.bytes_in,
            packets_out=self.packets_out + counters.packets_out,
            bytes_out=self.bytes_out + counters.bytes_out,
            rtcp_in=self.rtcp_in + counters.rtcp_in,
            rtcp_out=self.rtcp_out + counters.rtcp_out,
            lost=self.lost + counters.lost,
            dropped=Drops(*[mine + its for mine, its in zip(self.dropped, counters.dropped, strict=True)]),
        )

    def plus_live(self, counters: StreamCounters) -> MediaTotals:
        """With a stream that goes on."""
        total = self.plus(counters)
        if counters.ssrc is None:
            return total
        return total._replace(
            receiving=total.receiving + 1,
            jitter_sum_ms=total.jitter_sum_ms + counters.jitter_ms,
            jitter_max_ms=max(total.jitter_max_ms, counters.jitter_ms),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaSettings:
    """Where a backend binds. Range as in features A4. `ahead`: port pairs kept bound in advance.

    `bind_host`: an address of this machine, or 0.0.0.0 or :: for all of one family; a packet costs more then, because
    sockets can't be connected.

    `quarantine_s`: a released port serves again once its old party has been silent that long; half a second, if that never sent.
    `settle_s`: how long after a provisional latch the announced address may still take over.
    """

    bind_host: str = "127.0.0.1"
    first_port: int = 33000
    last_port: int = 65000
    ahead: int = 128
    batch: int = 256
    quarantine_s: float = 5.0
    settle_s: float = 1.0

    def __post_init__(self) -> None:
        if not 1 <= self.first_port < self.last_port <= 65535:
            raise ValueError(
                f"RTP port range {self.first_port}-{self.last_port}: give two ports of 1-65535, the lower first"
            )
        if self.pairs < 1:
            raise ValueError(
                f"RTP port range {self.first_port}-{self.last_port} holds no even port with its odd neighbour"
            )
        if self.ahead < 1 or not 1 <= self.batch <= 1024:
            raise ValueError(f"ahead {self.ahead} must be at least 1, batch {self.batch} from 1 to 1024")
        for name, value in (("quarantine_s", self.quarantine_s), ("settle_s", self.settle_s)):
            if not 0 <= value <= 3600:
                raise ValueError(f"{name} {value} must lie between 0 and 3600 seconds")

    @property
    def first_even_port(self) -> int:
        return self.first_port + self.first_port % 2

    @property
    def pairs(self) -> int:
        return max(0, (self.last_port - self.first_even_port + 1) // 2)


class MediaBackend(Protocol):
    """Moves media. Call it from one thread. `StaleHandle` where a handle is past, `BackendClosed` where it isn't open."""

    @property
    def compiled(self) -> bool:
        """True for the C thread, False for its Python twin."""
        ...

    def open(self) -> None:
        """Bind the first ports and start the thread. `AddressRefused`, `PortsExhausted`."""
        ...

    def keep_ready(self, wanted: bool) -> None:
        """False: pairs that no stream uses are closed when this returns, and none is bound ahead any more, so that another
        backend can have them; `allocate` binds what it needs. True: as after `open`."""
        ...

    def allocate(self) -> Allocation:
        """A new stream, unpaired, not watched, accepting nothing before `set_remote`. `PortsExhausted`."""
        ...

    def set_remote(self, handle: StreamHandle, remote: RemoteMedia, *, relearn: bool = False) -> None:
        """Tell what the peer announced. Learns (again) only if it differs from before, or by `relearn`. `AddressRefused`."""
        ...

    def pair(self, a: StreamHandle, b: StreamHandle) -> None:
        """Relay between two streams, both ways; an earlier peer of either is left alone from now on."""
        ...

    def unpair(self, handle: StreamHandle) -> None:
        """Stop relaying between this stream and its peer, if it has one."""
        ...

    def watch(self, handle: StreamHandle, timeout_s: float | None) -> None:
        """Report `Silent` after `timeout_s` without accepted RTP or RTCP, counted from now at the earliest; None: don't."""
        ...

    def release(self, handle: StreamHandle) -> StreamCounters:
        """End the stream; its last counters. The port goes into quarantine."""
        ...

    def counters(self, handle: StreamHandle) -> StreamCounters: ...

    def usage(self) -> PortUsage: ...

    def totals(self) -> MediaTotals:
        """What all streams did since `open`: a thousand live ones cost the C thread's caller some microseconds."""
        ...

    def fileno(self) -> int:
        """Readable when `take_events` has something."""
        ...

    def take_events(self) -> Sequence[MediaEvent]:
        """What happened since, oldest first; nothing of streams released meanwhile. Never blocks."""
        ...

    def close(self) -> None:
        """Stop the thread, close all sockets. May be called twice."""
        ...
