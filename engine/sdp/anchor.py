"""Rewrites a description so that the media run through us: what a B2BUA passes on to its other leg.

RFC 3264, RFC 7092 §3.2.1 (media-aware B2BUA), RFC 3605. The media path relays packets as they are, so formats, their parameters,
SDES keys and directions go through byte for byte, while what ends at us does not: addresses, ICE, DTLS, bundles,
RTCP multiplexing. Left out: transcoding, DTLS-SRTP, changing payload types.

Surprising: a stream held by the address 0.0.0.0 (RFC 3264 §8.4) would lose its hold when we put our address there, so
the hold is said by direction instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from engine.sdp.description import DIRECTION_LINES, Connection, Direction, Media, SessionDescription
from engine.sdp.origin import OriginLine
from engine.sip.errors import LocalProtocolError

_RELAYED_PROTOS: Final = frozenset(("RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF"))
# End at us: connectivity checks (RFC 8839), DTLS (RFC 8842, RFC 5763), bundles (RFC 9143), RTCP's own address.
_ENDING: Final = frozenset(
    (
        "candidate",
        "remote-candidates",
        "end-of-candidates",
        "ice-ufrag",
        "ice-pwd",
        "ice-options",
        "ice-lite",
        "ice-mismatch",
        "ice-pacing",
        "rtcp",
        "rtcp-mux",
        "rtcp-mux-only",
        "fingerprint",
        "setup",
        "tls-id",
        "dtls-id",
        "connection",
        "group",
        "bundle-only",
    )
)
_HELD: Final = {
    Direction.SENDRECV: Direction.SENDONLY,
    Direction.SENDONLY: Direction.SENDONLY,
    Direction.RECVONLY: Direction.INACTIVE,
    Direction.INACTIVE: Direction.INACTIVE,
}
# Lines before and after our own c= (RFC 8866 §5); v=, o= and s= are written anew.
_BEFORE_CONNECTION: Final = "iuep"
_AFTER_CONNECTION: Final = "b"
_AFTER_TIME: Final = "rzk"


class MediaPorts(NamedTuple):
    """Our own ports for one stream towards the leg that gets the description."""

    rtp: int
    rtcp: int


def is_relayable(media: Media) -> bool:
    """Whether the media path can carry the stream: RTP, plain or with keys in the description."""
    if media.proto.upper() not in _RELAYED_PROTOS:
        return False
    return "SAVP" not in media.proto.upper() or media.has("crypto")


def unsupported_streams(description: SessionDescription) -> list[int]:
    """Indexes of the streams that are wanted (port not 0) but have to be declined, as fax over UDPTL or DTLS-SRTP."""
    return [index for index, media in enumerate(description.media) if media.port != 0 and not is_relayable(media)]


def anchor(
    received: SessionDescription, *, address: str, ports: Sequence[MediaPorts | None], origin: OriginLine
) -> SessionDescription:
    """The description for the other leg.

    `address` is ours as that leg sees it; `ports` has an entry per `m=` line, None to decline it. A stream that came
    declined, or that is not relayable, stays declined whatever its entry says; order and number of lines are kept.
    LocalProtocolError if the entries are not one per line.
    """
    if len(ports) != len(received.media):
        raise LocalProtocolError(f"{len(ports)} entries of ports for {len(received.media)} streams")
    media = [_anchor_media(received, stream, own) for stream, own in zip(received.media, ports, strict=True)]
    return SessionDescription(tuple(_session_lines(received, address, origin)), tuple(media))


def _session_lines(received: SessionDescription, address: str, origin: OriginLine) -> list[str]:
    before: list[str] = []
    after: list[str] = []
    times: list[str] = []
    later: list[str] = []
    attributes: list[str] = []
    for line in received.lines:
        kind = line[0]
        if kind == "a":
            if line[2:].partition(":")[0] not in _ENDING:
                attributes.append(line)
        elif kind == "t":
            times.append(line)
        elif kind in _BEFORE_CONNECTION:
            before.append(line)
        elif kind in _AFTER_CONNECTION:
            after.append(line)
        elif kind in _AFTER_TIME:
            later.append(line)
        elif kind not in "vosc":
            attributes.append(line)
    return [
        "v=0",
        origin.line(address),
        f"s={received.session_name}",
        *before,
        Connection(address).line(),
        *after,
        *(times or ("t=0 0",)),
        *later,
        *attributes,
    ]


def _anchor_media(received: SessionDescription, media: Media, own: MediaPorts | None) -> Media:
    if own is None or media.port == 0 or not is_relayable(media):
        # A declined stream's attributes mean nothing (RFC 3264 §6), its formats are still required by the grammar.
        return Media(media.kind, 0, 1, media.proto, media.formats)
    lines: list[str] = []
    for line in media.lines:
        kind = line[0]
        if kind == "c" or (kind == "a" and line[2:].partition(":")[0] in _ENDING):
            continue
        lines.append(line)
    connection = received.connection_of(media)
    if connection is not None and connection.is_unspecified:
        held = _HELD[received.direction_of(media)]
        lines = [line for line in lines if line not in DIRECTION_LINES]
        lines.append(f"a={held.value}")
    if own.rtcp != own.rtp + 1:
        lines.append(f"a=rtcp:{own.rtcp}")
    return Media(media.kind, own.rtp, 1, media.proto, media.formats, tuple(lines))
