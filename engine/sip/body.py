"""The session description inside a message body, alone or in a multipart.

RFC 3261 §7.4, RFC 2046 §5.1 (multipart), RFC 5621 (bodies in SIP). Left out: S/MIME, content encodings.
"""

from __future__ import annotations

from typing import Final

from engine.sip.errors import RemoteProtocolError
from engine.sip.grammar import find_param, parse_params
from engine.sip.message import SipMessage

_MAX_DEPTH: Final = 3
_MAX_PARTS: Final = 32


def sdp_body(message: SipMessage) -> bytes | None:
    """The `application/sdp` of a message; None if it has none.

    A message with a body but without an SDP is for the caller to refuse with 415. Liberal: no Content-Type before
    a body that starts like SDP.
    """
    body = message.body
    if not body:
        return None
    encoding = message.headers.first("Content-Encoding")
    if encoding is not None and encoding.strip().lower() not in ("", "identity"):
        return None
    content_type = message.headers.first("Content-Type")
    if content_type is None:
        return body if body.lstrip(b"\r\n\t ").startswith(b"v=0") else None
    return _find_sdp(content_type, body, 0)


def _find_sdp(content_type: str, body: bytes, depth: int) -> bytes | None:
    media_type, semicolon, params = content_type.partition(";")
    media_type = media_type.strip(" \t").lower()
    if media_type == "application/sdp":
        return body
    if not media_type.startswith("multipart/") or depth == _MAX_DEPTH:
        return None
    boundary = _find_boundary(semicolon + params)
    if boundary is None:
        return None
    for part in _split_parts(body, boundary):
        part_type, part_body = _split_part(part)
        found = _find_sdp(part_type, part_body, depth + 1)
        if found is not None:
            return found
    return None


def _find_boundary(params: str) -> bytes | None:
    try:
        boundary = find_param(parse_params(params), "boundary")
    except RemoteProtocolError:
        return None
    return boundary.encode("utf-8", "surrogateescape") if boundary else None


def _split_parts(body: bytes, boundary: bytes) -> list[bytes]:
    """What stands between the delimiters (RFC 2046 §5.1.1): line break, `--`, boundary."""
    pieces = (b"\r\n" + body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")).split(b"\r\n--" + boundary, _MAX_PARTS)
    parts: list[bytes] = []
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            break
        parts.append(piece)
    return parts


def _split_part(part: bytes) -> tuple[str, bytes]:
    """Content-Type and body of a part. The rest of the delimiter's line is padding."""
    _, _, rest = part.partition(b"\r\n")
    if rest.startswith(b"\r\n"):
        return "text/plain", rest[2:]
    head, _, body = rest.partition(b"\r\n\r\n")
    for line in head.decode("utf-8", "surrogateescape").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip(" \t").lower() in ("content-type", "c"):
            return value.strip(" \t"), body
    return "text/plain", body
