"""One leg's media: a pair of our ports for each stream of its session description, and what the phone said about them.

RFC 3264. `outgoing` turns the other leg's description into what this leg's phone is told, with our addresses and
ports allocated as they are needed; `incoming` takes the phone's own. Streams keep their place (`m=` line) for the
life of the session. The relay rules are the backend's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from engine.cdr import MediaAccount
from engine.media.backend import Allocation, MediaBackend, RemoteMedia, Silent, StreamCounters, StreamHandle
from engine.media.errors import AddressRefused
from engine.sdp.anchor import MediaPorts, anchor, is_relayable
from engine.sdp.description import Direction, SessionDescription
from engine.sdp.errors import SdpError
from engine.sdp.offer_answer import StreamAddress, check_answer, complete, streams
from engine.sdp.origin import OriginLine, next_origin, with_origin

MAX_STREAMS: Final = 8
"""How many streams of a description are relayed; the rest is declined. One INVITE must not use up the port range."""
_NO_MEDIA = RemoteMedia(rtp=None)


class MediaRouter:
    """Finds the session behind a stream handle, so that what the backend reports reaches its call.

    `sessions`: how many are open, with or without a stream yet.
    """

    __slots__ = ("_sessions", "sessions")

    def __init__(self) -> None:
        self._sessions: dict[StreamHandle, MediaSession] = {}
        self.sessions = 0

    def add(self, handle: StreamHandle, session: MediaSession) -> None:
        self._sessions[handle] = session

    @property
    def is_empty(self) -> bool:
        """Whether nobody needs the backend any more."""
        return self.sessions == 0

    def remove(self, handle: StreamHandle) -> None:
        self._sessions.pop(handle, None)

    def on_silent(self, event: Silent, now: float) -> None:
        session = self._sessions.get(event.handle)
        if session is not None:
            session.report_silence(event, now)


class LocalMedia(NamedTuple):
    """What sessions of one machine share. `address`: what phones are told to send to."""

    backend: MediaBackend
    router: MediaRouter
    address: str


class MediaSession:
    """`signalling_host`: where the phone's SIP comes from. `on_silent(silent_s, now)` is called at most once per watch."""

    __slots__ = (
        "_local",
        "_origin",
        "_received",
        "_released",
        "_remotes",
        "_sent",
        "_signalling_host",
        "_slots",
        "_watched",
        "on_silent",
    )

    def __init__(self, local: LocalMedia, signalling_host: str, session_id: int) -> None:
        self._local = local
        self._signalling_host = signalling_host
        self._origin = OriginLine(session_id, 1)
        self._sent: SessionDescription | None = None
        self._slots: list[Allocation | None] = []
        self._received: SessionDescription | None = None
        self._remotes: list[StreamAddress] = []
        self._released: MediaAccount | None = None
        self._watched: set[StreamHandle] = set()
        self.on_silent: Callable[[float, float], None] | None = None
        local.router.sessions += 1

    def outgoing(self, description: SessionDescription) -> SessionDescription:
        """What to tell this leg's phone. PortsExhausted (a ResourceExhausted) if a stream gets no port."""
        for earlier in (self._received, self._sent):
            if earlier is not None:
                description = complete(description, earlier)
        ports = self.reserve(description)
        sent = anchor(description, address=self._local.address, ports=ports, origin=self._origin)
        if self._sent is not None:
            origin = next_origin(self._origin, self._sent, sent)
            if origin is not self._origin:
                self._origin = origin
                sent = with_origin(sent, origin, self._local.address)
        self._sent = sent
        return sent

    def reserve(self, description: SessionDescription) -> list[MediaPorts | None]:
        """Our ports for its streams, None for one that is not relayed. PortsExhausted as `outgoing`, so that it won't be later."""
        ports: list[MediaPorts | None] = []
        for index, media in enumerate(description.media):
            if media.declined or not is_relayable(media) or index >= MAX_STREAMS:
                ports.append(None)
            else:
                slot = self._slot(index)
                ports.append(MediaPorts(slot.rtp_port, slot.rtcp_port))
        return ports

    def fits(self, answer: SessionDescription) -> bool:
        """Whether it can be an answer to what was sent last (RFC 3264 §6)."""
        if self._sent is None:
            return False
        try:
            check_answer(self._sent, answer)
        except SdpError:
            return False
        return True

    def accept_answer(self, answer: SessionDescription) -> bool:
        """As `incoming`, if it fits; otherwise False, and nothing has changed."""
        fits = self.fits(answer)
        if fits:
            self.incoming(answer)
        return fits

    def incoming(self, description: SessionDescription) -> None:
        """The phone's description is in force: packets go where it says, and are learnt anew where it changed."""
        self._received = description
        self._remotes = streams(description)
        for index, slot in enumerate(self._slots):
            if slot is not None:
                self._tell(slot.handle, index)

    def handles(self) -> list[StreamHandle | None]:
        """By `m=` line; None where no stream is relayed."""
        return [slot.handle if slot is not None else None for slot in self._slots]

    def remote(self, index: int) -> StreamAddress | None:
        """What the phone said of that stream."""
        return self._remotes[index] if index < len(self._remotes) else None

    def watch(self, index: int, timeout_s: float | None) -> None:
        """Have `on_silent` called after so many seconds of silence on that stream; None: not any more."""
        slot = self._slots[index] if index < len(self._slots) else None
        if slot is None:
            return
        self._local.backend.watch(slot.handle, timeout_s)
        if timeout_s is None:
            self._watched.discard(slot.handle)
        else:
            self._watched.add(slot.handle)

    def report_silence(self, event: Silent, now: float) -> None:
        """The backend found a stream silent; of no interest if the watch has ended meanwhile."""
        if self.on_silent is not None and event.handle in self._watched:
            self._watched.remove(event.handle)
            self.on_silent(event.silent_s, now)

    def is_flowing(self, index: int) -> bool:
        """Whether the phone both sends and receives on that stream: only then is silence a sign of trouble (feature A11)."""
        remote = self.remote(index)
        return (
            remote is not None
            and remote.kind == "audio"
            and not remote.declined
            and not remote.held
            and remote.direction is Direction.SENDRECV
        )

    @property
    def backend(self) -> MediaBackend:
        """Whose ports these are."""
        return self._local.backend

    def rtp_ports(self) -> list[int]:
        """Our ports for RTP, of all streams; each has the next one for RTCP."""
        return [slot.rtp_port for slot in self._slots if slot is not None]

    def local_rtp(self) -> str | None:
        """Our first stream as `host:port`, for people."""
        for slot in self._slots:
            if slot is not None:
                return f"{self._local.address}:{slot.rtp_port}"
        return None

    def account(self) -> MediaAccount:
        """The first stream's figures so far."""
        if self._released is not None:
            return self._released
        for slot in self._slots:
            if slot is not None:
                return _account_of(self._local.backend.counters(slot.handle))
        return MediaAccount()

    def release(self) -> MediaAccount:
        """Return all ports; the last figures. May be called again."""
        if self._released is not None:
            return self._released
        self._local.router.sessions -= 1
        self.on_silent = None
        slots, self._slots = self._slots, []
        account: MediaAccount | None = None
        for slot in slots:
            if slot is not None:
                self._local.router.remove(slot.handle)
                last = self._local.backend.release(slot.handle)
                if account is None:
                    account = _account_of(last)
        account = self._released = account or MediaAccount()
        # Whoever still holds on to the session, as a transaction for 32 s, needs no descriptions.
        self._received = self._sent = None
        self._remotes = []
        return account

    def join(self, other: MediaSession) -> None:
        """Relay between the streams that both have."""
        for mine, theirs in zip(self.handles(), other.handles(), strict=False):
            if mine is not None and theirs is not None:
                self._local.backend.pair(mine, theirs)

    def part(self) -> None:
        """Stop relaying."""
        for handle in self.handles():
            if handle is not None:
                self._local.backend.unpair(handle)

    def _slot(self, index: int) -> Allocation:
        while len(self._slots) <= index:
            self._slots.append(None)
        slot = self._slots[index]
        if slot is None:
            slot = self._slots[index] = self._local.backend.allocate()
            self._local.router.add(slot.handle, self)
            self._tell(slot.handle, index)
        return slot

    def _tell(self, handle: StreamHandle, index: int) -> None:
        remote = self.remote(index)
        if remote is None:
            return
        try:
            self._local.backend.set_remote(handle, self._remote_media(remote))
        except AddressRefused:
            # An address of the other family: nothing can be sent there, and nothing accepted from it.
            self._local.backend.set_remote(handle, _NO_MEDIA)

    def _remote_media(self, remote: StreamAddress) -> RemoteMedia:
        if remote.declined:
            return _NO_MEDIA
        rtcp = (remote.rtcp_host, remote.rtcp_port) if remote.rtcp_port else None
        return RemoteMedia(rtp=(remote.rtp_host, remote.rtp_port), rtcp=rtcp, signalling_host=self._signalling_host)


def _account_of(counters: StreamCounters) -> MediaAccount:
    return MediaAccount(
        packets_in=counters.packets_in,
        packets_out=counters.packets_out,
        bytes_in=counters.bytes_in,
        bytes_out=counters.bytes_out,
        lost=counters.lost,
        jitter_ms=round(counters.jitter_ms, 3),
        refused=counters.dropped.stranger + counters.dropped.malformed,
    )
