"""Session descriptions: lines in, typed reading, the same lines out.

RFC 8866 (RFC 4566 before it), RFC 3605 (`a=rtcp`). Left out: what no phone sends - `r=`, `z=` and `k=` are
kept as lines but not read, multicast is refused.

Liberal: LF alone, blanks around lines and `=`, empty lines, a missing `o=`, `s=` or `t=`, unknown line types (kept).

Surprising: lines are kept as text and read on demand. A relay passes nearly all of them on untouched, and what it does
not understand has to arrive byte for byte.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, ip_address
from typing import Final, NamedTuple

from engine.sdp.errors import SdpError

MAX_MEDIA: Final = 64
MAX_LINES: Final = 2048
_LONGEST_CONNECTION: Final = 80
_BROADCAST: Final = IPv4Address("255.255.255.255")

# Lines as nearly all write them, each ended by CRLF: nothing to tidy, and no NUL.
_PLAIN: Final = re.compile(r"(?:[A-Za-z]=(?:[^ \t\r\n\x00](?:[^\r\n\x00]*[^ \t\r\n\x00])?)?\r\n)++")
_LINE: Final = re.compile(r"([A-Za-z])[ \t]*=[ \t]*(.*)", re.DOTALL)
_MEDIA: Final = re.compile(r"([^ \t]+)[ \t]+([0-9]{1,9})(?:/([0-9]{1,5}))?[ \t]+([^ \t]+)(?:[ \t]+(.*))?", re.DOTALL)
_CONNECTION: Final = re.compile(r"IN[ \t]+(?:IP4|IP6)[ \t]+([0-9A-Fa-f:.]+)(?:/[0-9/]+)?", re.IGNORECASE)
_RTCP: Final = re.compile(r"([0-9]{1,5})(?:[ \t]+(IN[ \t].*))?", re.DOTALL)
_BLANKS: Final = (" ", "\t")
_UNSPECIFIED: Final = ("0.0.0.0", "::")  # noqa: S104 - the address of a held stream, nothing is bound to it


class Direction(Enum):
    """RFC 8866 §6.7, seen from whoever wrote the description."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"


DIRECTION_LINES: Final = {f"a={direction.value}": direction for direction in Direction}


class Connection(NamedTuple):
    """A `c=` value: a unicast IP address, in `host`."""

    host: str

    @property
    def is_unspecified(self) -> bool:
        """0.0.0.0 or ::, the old way to hold a call (RFC 3264 §8.4)."""
        return self.host in _UNSPECIFIED

    def line(self) -> str:
        """The whole line."""
        return f"c=IN {'IP6' if ':' in self.host else 'IP4'} {self.host}"


class RtcpAddress(NamedTuple):
    """An `a=rtcp` value; `host` None means that of the stream."""

    port: int
    host: str | None


class Media(NamedTuple):
    """One `m=` section: its first line in parts, all others as text. `port` 0 means declined or disabled."""

    kind: str
    port: int
    port_count: int
    proto: str
    formats: tuple[str, ...]
    lines: tuple[str, ...] = ()

    @property
    def declined(self) -> bool:
        """Whether the stream is refused or switched off (RFC 3264 §6, §8.2)."""
        return self.port == 0

    @property
    def media_line(self) -> str:
        """The `m=` line."""
        count = f"/{self.port_count}" if self.port_count != 1 else ""
        return f"m={self.kind} {self.port}{count} {self.proto} {' '.join(self.formats)}".rstrip(" ")

    @property
    def connection(self) -> Connection | None:
        """Its own `c=`; None if the session's holds."""
        return find_connection(self.lines)

    @property
    def direction(self) -> Direction | None:
        """Its own direction; None if the session's holds."""
        return find_direction(self.lines)

    @property
    def rtcp(self) -> RtcpAddress | None:
        """`a=rtcp` (RFC 3605); None if RTCP is at the next port."""
        values = self.attributes("rtcp")
        if not values:
            return None
        found = _RTCP.fullmatch(values[-1].strip(" \t"))
        if found is None or int(found.group(1)) > 65535:
            raise SdpError(f"a=rtcp:{values[-1][:80]!a} is not a port with an optional address")
        address = found.group(2)
        return RtcpAddress(int(found.group(1)), None if address is None else parse_connection(address).host)

    @property
    def rtpmap(self) -> dict[str, str]:
        """Payload type to encoding in lower case, as `{"8": "pcma/8000"}`; only what the section says itself."""
        pairs = [value.partition(" ") for value in self.attributes("rtpmap")]
        return {payload: encoding.strip(" \t").lower() for payload, _, encoding in pairs if encoding}

    @property
    def fmtp(self) -> dict[str, str]:
        """Payload type to format parameters."""
        pairs = [value.partition(" ") for value in self.attributes("fmtp")]
        return {payload: parameters for payload, _, parameters in pairs}

    @property
    def crypto(self) -> list[str]:
        """The SDES offers (RFC 4568), in order."""
        return self.attributes("crypto")

    def attributes(self, name: str) -> list[str]:
        """The values of `a=name:value`; "" for each `a=name` alone."""
        return find_attributes(self.lines, name)

    def has(self, name: str) -> bool:
        """Whether the section has that attribute, with or without a value."""
        return bool(find_attributes(self.lines, name))


class SessionDescription(NamedTuple):
    """`lines` are all before the first `m=`, in order, `v=` included."""

    lines: tuple[str, ...]
    media: tuple[Media, ...]

    @property
    def connection(self) -> Connection | None:
        """The session's `c=`."""
        return find_connection(self.lines)

    @property
    def direction(self) -> Direction:
        """The session's direction, for streams without their own (RFC 8866 §6.7)."""
        return find_direction(self.lines) or Direction.SENDRECV

    @property
    def session_name(self) -> str:
        """`s=`, or "-" if it is missing or empty."""
        for line in self.lines:
            if line.startswith("s="):
                return line[2:] or "-"
        return "-"

    def attributes(self, name: str) -> list[str]:
        """The values of the session's `a=name:value`; "" for each `a=name` alone."""
        return find_attributes(self.lines, name)

    def has(self, name: str) -> bool:
        """Whether the session has that attribute."""
        return bool(find_attributes(self.lines, name))

    def connection_of(self, media: Media) -> Connection | None:
        """Where that stream wants its packets; None only for a declined one."""
        return media.connection or self.connection

    def direction_of(self, media: Media) -> Direction:
        """The direction of that stream."""
        return media.direction or self.direction

    def to_bytes(self) -> bytes:
        """The description as it goes into a body."""
        lines = list(self.lines)
        for media in self.media:
            lines.append(media.media_line)
            lines += media.lines
        lines.append("")
        return "\r\n".join(lines).encode("utf-8", "surrogateescape")


def parse_description(data: bytes) -> SessionDescription:
    """The description in a body; SdpError if it is none, or if a stream has no address to send to."""
    session: list[str] = []
    sections: list[tuple[str, list[str]]] = []
    lines = session
    text = data.decode("utf-8", "surrogateescape")
    if _PLAIN.fullmatch(text) is not None:
        pieces = text[:-2].split("\r\n")
        found = len(pieces) * 2 + 1
    else:
        pieces, found = _read_lines(text)
    for line in pieces:
        if line[0] == "m":
            lines = []
            sections.append((line, lines))
        else:
            lines.append(line)
    if len(sections) > MAX_MEDIA or found > 2 * MAX_LINES:
        raise SdpError(f"{len(sections)} streams in {found} lines are above {MAX_MEDIA} and {MAX_LINES}")
    if not session or session[0] != "v=0":
        raise SdpError(f"a session description starts with v=0, not {session[0][:80] if session else ''!a}")
    description = SessionDescription(tuple(session), tuple([_parse_media(line, section) for line, section in sections]))
    # Read them all once, declined streams too: what is read later never raises.
    session_connection = description.connection
    for media in description.media:
        connection = media.connection or session_connection
        if connection is None and media.port != 0:
            raise SdpError(f"stream {media.media_line[:80]!a} has no c= line, nor has the session")
        _ = media.rtcp
    return description


def _read_lines(text: str) -> tuple[list[str], int]:
    """The lines of a text that is not quite plain, tidied, and how many pieces its line breaks cut it into."""
    if "\x00" in text:
        raise SdpError("the session description has a NUL byte")
    pieces = text.replace("\r", "\n").split("\n")
    lines: list[str] = []
    for piece in pieces:
        if not piece:
            continue  # every CRLF leaves one
        plain = piece[1:2] == "=" and piece[2:3] not in _BLANKS and piece[-1] not in _BLANKS and piece[0].isalpha()
        line = piece if plain else _tidy(piece)
        if line:
            lines.append(line)
    return lines, len(pieces)


def _tidy(piece: str) -> str:
    """A line without blanks around it and its `=`; "" for an empty one."""
    line = piece.strip(" \t")
    if not line:
        return ""
    found = _LINE.fullmatch(line)
    if found is None:
        raise SdpError(f"{line[:80]!a} is not a line of a session description")
    kind, value = found.groups()
    return f"{kind}={value}"


def _parse_media(line: str, lines: list[str]) -> Media:
    found = _MEDIA.fullmatch(line[2:])
    if found is None:
        raise SdpError(f"{line[:80]!a} is not kind, port, protocol and formats")
    kind, port, count, proto, formats = found.groups()
    if int(port) > 65535:
        raise SdpError(f"the port of {line[:80]!a} is above 65535")
    return Media(
        kind,
        int(port),
        1 if count is None else int(count),
        proto,
        tuple(formats.split()) if formats else (),
        tuple(lines),
    )


def find_attributes(lines: tuple[str, ...], name: str) -> list[str]:
    """The values of all `a=name:value` among lines; "" for each `a=name`."""
    flag = f"a={name}"
    prefix = f"{flag}:"
    cut = len(prefix)
    return [line[cut:] for line in lines if line.startswith(prefix) or line == flag]


def find_direction(lines: tuple[str, ...]) -> Direction | None:
    """The last direction among lines."""
    found: Direction | None = None
    for line in lines:
        direction = DIRECTION_LINES.get(line)
        if direction is not None:
            found = direction
    return found


def find_connection(lines: tuple[str, ...]) -> Connection | None:
    """The first `c=` among lines."""
    for line in lines:
        if line[0] == "c":
            return parse_connection(line[2:])
    return None


def parse_connection(text: str) -> Connection:
    """`IN IP4 192.0.2.1`, as in `c=` and `a=rtcp`; SdpError(488) for host names, zones and multicast.

    Liberal: an address of the other family than it says.
    """
    if len(text) > _LONGEST_CONNECTION:
        raise SdpError(f"c={text[:80]!a} is too long for an address")
    return _parse_connection(text)


@lru_cache(maxsize=1024)
def _parse_connection(text: str) -> Connection:
    found = _CONNECTION.fullmatch(text)
    try:
        address = ip_address(found.group(1) if found else "")
    except ValueError:
        raise SdpError(f"c={text!a} is not IN, IP4 or IP6, and an IP address", status_hint=488) from None
    if address.is_multicast or address == _BROADCAST:
        raise SdpError(f"c={text!a} is not a unicast address", status_hint=488)
    return Connection(str(address))
