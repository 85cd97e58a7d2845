"""What an offer and its answer mean together: where packets go, who holds, whether the answer fits.

RFC 3264 §6, §8.4. Left out: generating answers of our own (the call layer passes on the other leg's), and checking an answer's
directions (phones answer sendonly with sendrecv; the media path obeys both sides anyway).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.sdp.description import Direction, Media, SessionDescription
from engine.sdp.errors import SdpError

# RFC 3551 §6: payload types that need no rtpmap.
_STATIC: Final = {
    "0": "pcmu/8000",
    "3": "gsm/8000",
    "4": "g723/8000",
    "8": "pcma/8000",
    "9": "g722/8000",
    "13": "cn/8000",
    "15": "g728/8000",
    "18": "g729/8000",
    "26": "jpeg/90000",
    "31": "h261/90000",
    "34": "h263/90000",
}


class StreamAddress(NamedTuple):
    """Where one stream's owner wants packets, by its description. Hosts are "" where the stream is declined.

    `direction` is the owner's; `held` also covers the address 0.0.0.0.
    """

    kind: str
    rtp_host: str
    rtp_port: int
    rtcp_host: str
    rtcp_port: int
    direction: Direction
    declined: bool
    held: bool


def streams(description: SessionDescription) -> list[StreamAddress]:
    """The streams of a description, one per `m=` line."""
    return [_stream(description, media) for media in description.media]


def is_hold(description: SessionDescription) -> bool:
    """Whether its sender listens to no stream (RFC 3264 §8.4): each is sendonly, inactive or at address 0.0.0.0.

    Declined streams don't count; with none left it is not a hold.
    """
    wanted = [stream for stream in streams(description) if not stream.declined]
    return bool(wanted) and all(stream.held for stream in wanted)


def check_answer(offer: SessionDescription, answer: SessionDescription) -> None:
    """Raises SdpError(488) if the answer does not fit the offer (RFC 3264 §6).

    Liberal: AVP for AVPF and back, other payload numbers for a codec that was offered, streams left out at the end (cheap
    phones drop a video line; `complete` puts it back as declined).
    """
    if len(answer.media) > len(offer.media):
        raise SdpError(f"the answer has {len(answer.media)} streams for {len(offer.media)} offered", status_hint=488)
    for number, (offered, answered) in enumerate(zip(offer.media, answer.media, strict=False), 1):
        where = f"stream {number} of the answer, {answered.media_line[:80]!a},"
        if offered.kind.lower() != answered.kind.lower():
            raise SdpError(f"{where} is not the {offered.kind[:40]!a} that was offered", status_hint=488)
        if answered.declined:
            continue
        if offered.declined:
            raise SdpError(f"{where} takes up a stream that was not offered", status_hint=488)
        if _profile(offered) != _profile(answered):
            raise SdpError(f"{where} is not {offered.proto[:40]!a} as offered", status_hint=488)
        if not _share_format(offered, answered):
            raise SdpError(f"{where} has no format that was offered", status_hint=488)


def complete(description: SessionDescription, like: SessionDescription) -> SessionDescription:
    """The description with as many streams as `like`: an answer has those of its offer, and no session ever loses one
    (RFC 3264 §6, §8). What is missing is declined.
    """
    missing = like.media[len(description.media) :]
    if not missing:
        return description
    declined = [Media(media.kind, 0, 1, media.proto, media.formats) for media in missing]
    return SessionDescription(description.lines, (*description.media, *declined))


def _stream(description: SessionDescription, media: Media) -> StreamAddress:
    direction = description.direction_of(media)
    connection = description.connection_of(media)
    if media.port == 0 or connection is None:
        return StreamAddress(media.kind, "", 0, "", 0, direction, True, False)
    rtcp = media.rtcp
    rtcp_port = media.port + 1 if rtcp is None else rtcp.port
    rtcp_host = connection.host if rtcp is None or rtcp.host is None else rtcp.host
    held = connection.is_unspecified or direction in (Direction.SENDONLY, Direction.INACTIVE)
    return StreamAddress(
        media.kind, connection.host, media.port, rtcp_host, min(rtcp_port, 65535), direction, False, held
    )


def _profile(media: Media) -> str:
    return media.proto.upper().replace("AVPF", "AVP")


def _share_format(offered: Media, answered: Media) -> bool:
    if not set(offered.formats).isdisjoint(answered.formats):
        return True
    return not _encodings(offered).isdisjoint(_encodings(answered))


def _encodings(media: Media) -> set[str]:
    rtpmap = media.rtpmap
    names = [rtpmap.get(payload) or _STATIC.get(payload) for payload in media.formats]
    return {name.removesuffix("/1") for name in names if name is not None}
