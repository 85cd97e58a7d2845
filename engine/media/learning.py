"""Learns where a stream's media really comes from, so that NAT works and a third party can't take the stream over.

The twin runs this file; `engine/native/learning.c` says the same in C, and one contract suite holds both to it.

- The announced address latches at its first RTP packet, for good.
- SDP host differs from the signalling host (NAT, RFC 4961 symmetric RTP): a source on the signalling host latches
  provisionally at once; for a short while the announced address still takes over, then the latch is for good.
- SDP host equals the signalling host: another port of that host (a NAT that rewrites ports) latches only after 25
  packets in sequence from one source with one SSRC, while the announced address says nothing.
- Any other host never latches. Only a new announcement starts learning again: with a changed RTP address the old
  source is a stranger at once, with an unchanged one it keeps flowing until a source latches again.
- RTCP: the announced RTCP address, or the RTP port itself (RFC 5761); where RTP was learnt from elsewhere than announced
  (NAT), any port of that host; first wins. Without NAT a neighbour on the phone's host gets no RTCP, nor keeps its own out.

"For good" lets the shell `connect()` the socket: then the kernel drops strangers, and sending is cheaper.
`Deviation:` RFC 3264 §8.4 hold (address 0.0.0.0) is kept even after a source is learnt: nothing is sent.
"""

from __future__ import annotations

from enum import Enum

from engine.media.backend import Address, RemoteMedia
from engine.media.remote import UNSPECIFIED

PROBATION_PACKETS = 25
MAX_SEQUENCE_STEP = 100
"""A probation bears loss, but neither repetition nor jumps (RFC 3550 §A.1's MAX_MISORDER, used as a step)."""

NO_REMOTE = RemoteMedia(rtp=None)


class Phase(Enum):
    UNANNOUNCED = "unannounced"
    LEARNING = "learning"
    PROVISIONAL = "provisional"
    FINAL = "final"


class RtcpLatch(Enum):
    NONE = "none"
    SOCKET = "socket"
    MUXED = "muxed"


class Learner:
    """One stream's learning. `settle_s`: how long a provisional latch may be overruled. Not thread-safe; reads no clock.

    After any call: `source` is where RTP is accepted from and sent to (None: not learnt), `is_final` and `rtcp_source`
    tell what the sockets may be connected to, `latches` counts how often RTP latched.
    """

    __slots__ = (
        "_candidate",
        "_candidate_count",
        "_candidate_sequence",
        "_candidate_ssrc",
        "_deadline",
        "_settle_s",
        "latches",
        "phase",
        "remote",
        "rtcp_latch",
        "rtcp_source",
        "source",
    )

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self.phase = Phase.UNANNOUNCED
        self.remote = NO_REMOTE
        self.source: Address | None = None
        self.rtcp_latch = RtcpLatch.NONE
        self.rtcp_source: Address | None = None
        self.latches = 0
        self._deadline = 0.0
        self._candidate: Address | None = None
        self._candidate_ssrc = 0
        self._candidate_sequence = 0
        self._candidate_count = 0

    @property
    def is_final(self) -> bool:
        return self.phase is Phase.FINAL

    def announce(self, remote: RemoteMedia, *, relearn: bool) -> None:
        """Take what the peer announced (canonical, from `canonical_remote`)."""
        old, self.remote = self.remote, remote
        if remote.rtp is None:
            self.phase = Phase.UNANNOUNCED
            self.source = None
            self._forget_rtcp()
            return
        if remote.rtp != old.rtp:
            self.source = None
        elif remote.signalling_host == old.signalling_host and not relearn:
            if remote.rtcp != old.rtcp:
                self._forget_rtcp()
            return
        self.phase = Phase.LEARNING
        self._forget_rtcp()
        self._forget_candidate()

    def settle(self, now: float) -> bool:
        """Make a provisional latch final once its time has passed; True if that happened now."""
        if self.phase is not Phase.PROVISIONAL or now < self._deadline:
            return False
        self.phase = Phase.FINAL
        return True

    def accept_rtp(self, source: Address, ssrc: int, sequence: int, now: float) -> bool:
        """True: relay it (it may have latched just now); False: a stranger's."""
        self.settle(now)
        match self.phase:
            case Phase.FINAL:
                return source == self.source
            case Phase.UNANNOUNCED:
                return False
            case Phase.PROVISIONAL:
                if source == self.remote.rtp:
                    self._latch(source, Phase.FINAL)
                return source == self.source
            case Phase.LEARNING:
                self._learn(source, ssrc, sequence, now)
                return source == self.source

    def accept_rtcp(self, source: Address) -> bool:
        """RTCP on the RTCP port."""
        if self.phase is Phase.UNANNOUNCED:
            return False
        if self.rtcp_latch is not RtcpLatch.NONE:
            return source == self.rtcp_source
        if source == self.remote.rtcp or self._is_behind_nat(source):
            self.rtcp_latch, self.rtcp_source = RtcpLatch.SOCKET, source
            return True
        return False

    def accept_muxed_rtcp(self, source: Address) -> bool:
        """RTCP on the RTP port: only from where RTP may come."""
        if self.phase is Phase.UNANNOUNCED or source != (self.source or self.remote.rtp):
            return False
        if self.rtcp_latch is RtcpLatch.NONE:
            self.rtcp_latch = RtcpLatch.MUXED
        return True

    @property
    def rtp_target(self) -> Address | None:
        """Where RTP is sent; None: nowhere."""
        if self.remote.rtp is None or self.remote.rtp[0] in UNSPECIFIED:
            return None
        return self.source or self.remote.rtp

    @property
    def sends_muxed(self) -> bool:
        """True: RTCP leaves from the RTP port to `rtp_target`."""
        return self.rtcp_latch is RtcpLatch.MUXED or (
            self.rtcp_latch is RtcpLatch.NONE and self.remote.rtcp is not None and self.remote.rtcp == self.remote.rtp
        )

    @property
    def rtcp_target(self) -> Address | None:
        """Where RTCP is sent from the RTCP port; None: nowhere. Ask `sends_muxed` first."""
        remote = self.remote
        if remote.rtp is None or remote.rtp[0] in UNSPECIFIED:
            return None
        if self.rtcp_source is not None:
            return self.rtcp_source
        if self.source is not None and self.source != remote.rtp:
            # Behind NAT the announced RTCP address is as private as the RTP one; most NATs keep the pair together.
            return (self.source[0], self.source[1] + 1) if self.source[1] < 65535 else None
        return None if remote.rtcp is None or remote.rtcp[0] in UNSPECIFIED else remote.rtcp

    def _is_behind_nat(self, source: Address) -> bool:
        """Whether RTP came from elsewhere than announced, and `source` is on that host."""
        return self.source is not None and self.source != self.remote.rtp and source[0] == self.source[0]

    def _learn(self, source: Address, ssrc: int, sequence: int, now: float) -> None:
        remote = self.remote
        if source == remote.rtp:
            self._latch(source, Phase.FINAL)
        elif source[0] == remote.signalling_host:
            if remote.rtp is not None and remote.rtp[0] != remote.signalling_host:
                self._latch(source, Phase.PROVISIONAL)
                self._deadline = now + self._settle_s
            elif self._passes_probation(source, ssrc, sequence):
                self._latch(source, Phase.FINAL)

    def _passes_probation(self, source: Address, ssrc: int, sequence: int) -> bool:
        step = (sequence - self._candidate_sequence) & 0xFFFF
        if source == self._candidate and ssrc == self._candidate_ssrc and 0 < step <= MAX_SEQUENCE_STEP:
            self._candidate_count += 1
        else:
            self._candidate, self._candidate_ssrc, self._candidate_count = source, ssrc, 1
        self._candidate_sequence = sequence
        return self._candidate_count >= PROBATION_PACKETS

    def _latch(self, source: Address, phase: Phase) -> None:
        if (
            self.rtcp_latch is RtcpLatch.SOCKET
            and self.rtcp_source != self.remote.rtcp
            and (self.source is None or self.source[0] != source[0])
        ):
            self._forget_rtcp()  # it was accepted for being on the host that is now overruled
        self.source, self.phase = source, phase
        self.latches += 1
        self._forget_candidate()

    def _forget_rtcp(self) -> None:
        self.rtcp_latch, self.rtcp_source = RtcpLatch.NONE, None

    def _forget_candidate(self) -> None:
        self._candidate = None
        self._candidate_count = 0
