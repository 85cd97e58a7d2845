"""One message from one datagram (or one framed piece of a stream).

RFC 3261 §7, §18.3, §20, and the reactions RFC 4475 asks for. Left out: framing on streams, and all that needs to know
what we serve (methods, schemes, extensions, Max-Forwards of 0).

Liberal: folded lines, compact and odd-cased names, blanks around colons, lines ended by a lone LF, extra blanks in the
first line, line breaks before it, bytes past Content-Length, no Content-Length (then the rest of the datagram is body),
no reason phrase. Strict: whatever could be read in two ways is refused with 400, as a repeated From, To, Call-ID, CSeq,
Max-Forwards, Content-Type or Content-Length, and a lone CR.

Surprising: `request` of the error is set only where an answer is possible (a request, not ACK, whose Via can be read and
that has From, To, Call-ID and CSeq, none with a lone CR): a response is never answered, nor is garbage.
"""

from __future__ import annotations

import re
from typing import Final

from engine.sip.errors import RemoteProtocolError
from engine.sip.grammar import is_token, parse_number, shown
from engine.sip.head import split_head
from engine.sip.headers import NAMES, Headers, canonical_name
from engine.sip.message import SipRequest, SipResponse

MAX_MESSAGE_BYTES: Final = 65535
MAX_HEADERS: Final = 256
MAX_LINE_CHARS: Final = 8192

# Starts at the first blank of a run only: from each blank anew, 50 kB of blanks would keep the whole server for 0.3 s.
_FOLD: Final = re.compile(r"(?<![ \t])(?:[ \t]*+\r?\n[ \t]++)++")
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_LINE_END: Final = re.compile(r"\r?\n")
_VERSION: Final = re.compile(r"SIP/[0-9]+\.[0-9]+", re.IGNORECASE)
_STATUS_LINE: Final = re.compile(r"(SIP/[0-9]+\.[0-9]+)[ \t]+([0-9]+)(?:[ \t](.*))?", re.IGNORECASE | re.DOTALL)
_SINGLE: Final = ("From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length", "Content-Type")
_METHOD_NAMES: Final = "ACK BYE CANCEL INFO INVITE MESSAGE NOTIFY OPTIONS PRACK PUBLISH REFER REGISTER SUBSCRIBE UPDATE"
_METHODS: Final = {name: name for name in _METHOD_NAMES.split()}
_TO_ANSWER: Final = ("Via", "From", "To", "Call-ID", "CSeq")


def parse_message(data: bytes) -> SipRequest | SipResponse:
    """The message in `data`; RemoteProtocolError(status_hint, request) for anything that is none."""
    if len(data) > MAX_MESSAGE_BYTES:
        raise RemoteProtocolError(f"a message of {len(data)} bytes is above {MAX_MESSAGE_BYTES}", status_hint=513)
    if data[:1] == b"\r" or data[:1] == b"\n":
        data = data.lstrip(b"\r\n")
    head = None if split_head is None else split_head(data, NAMES)
    if head is None:
        return _parse_closely(data)
    start, items, body_at, length = head
    if start[:4] == "SIP/" or start[:4].upper() == "SIP/":
        return _read_response(start, items, data[body_at:], length)
    return _read_request(start, items, data[body_at:], length, None)


def _parse_closely(data: bytes) -> SipRequest | SipResponse:
    """The way of heads that are not regular, and of all where the native part is not there."""
    fault: RemoteProtocolError | None = None
    end = data.find(b"\r\n\r\n")
    body_at = end + 4
    head = "" if end < 0 else data[:end].decode("utf-8", "surrogateescape")
    lines = head.split("\r\n")
    flat = "".join(lines)  # cheaper to look through than to count line breaks
    irregular = end < 0 or "\n" in flat or "\r" in flat
    if irregular:
        end, body_at, fault = _find_head_end(data)
        head = data[:end].decode("utf-8", "surrogateescape")
        lines = _LINE_END.split(head)
    if len(lines) > MAX_HEADERS + 1:
        raise RemoteProtocolError(f"{len(lines) - 1} header lines are above {MAX_HEADERS}")
    if len(head) > MAX_LINE_CHARS and max(map(len, lines)) > MAX_LINE_CHARS:
        raise RemoteProtocolError(f"a line is longer than {MAX_LINE_CHARS} characters", status_hint=513)

    start = lines[0]
    items: list[tuple[str, str]]
    try:
        # A folded line has no name that is known, so that unfolding costs nothing where nothing is folded.
        items = [(NAMES[name], value.strip(" \t")) for name, value in [line.split(":", 1) for line in lines[1:]]]
    except (KeyError, ValueError):
        lines = _LINE_END.split(_FOLD.sub(" ", head))
        start = lines[0]
        items, broken = _read_lines(lines[1:])
        fault = fault or broken
    if irregular and fault is None:
        fault = _find_lone_return(start, items)

    if start[:4] == "SIP/" or start[:4].upper() == "SIP/":
        if fault is not None:
            raise fault
        return _read_response(start, items, data[body_at:], None)
    return _read_request(start, items, data[body_at:], None, fault)


def _find_head_end(data: bytes) -> tuple[int, int, RemoteProtocolError | None]:
    """Where the head ends and the body begins, with lines ended by CRLF or LF."""
    found = _HEAD_END.search(data)
    if found is None:
        # Cut on its way, so its last header may be half of one; the others are good enough for an answer.
        cut = RemoteProtocolError(f"no empty line ends the headers within {len(data)} bytes")
        return len(data.rstrip(b"\r\n")), len(data), cut
    return found.start(), found.end(), None


def _read_lines(lines: list[str]) -> tuple[list[tuple[str, str]], RemoteProtocolError | None]:
    """The slow way: names not met before, blanks before colons, and lines that are no headers."""
    items: list[tuple[str, str]] = []
    fault: RemoteProtocolError | None = None
    for line in lines:
        name, colon, value = line.partition(":")
        try:
            if not colon:
                raise RemoteProtocolError(f"header line {shown(line)} has no colon")
            items.append((canonical_name(name.rstrip(" \t")), value.strip(" \t")))
        except RemoteProtocolError as error:
            fault = fault or error
    return items, fault


def _find_lone_return(start: str, items: list[tuple[str, str]]) -> RemoteProtocolError | None:
    for text in (start, *[value for _, value in items]):
        if "\r" in text:
            return RemoteProtocolError(f"{shown(text)} has a carriage return inside a line")
    return None


def _read_response(start: str, items: list[tuple[str, str]], body: bytes, length: str | None) -> SipResponse:
    if start[:8] == "SIP/2.0 " and start[11:12] == " ":
        status_text, reason = start[8:11], start[12:].strip(" \t")
    else:
        found = _STATUS_LINE.fullmatch(start)
        if found is None:
            raise RemoteProtocolError(f"status line {shown(start)} is malformed")
        version, status_text, rest = found.groups()
        if version.upper() != "SIP/2.0":
            raise RemoteProtocolError(f"SIP version {shown(version)} is not SIP/2.0", status_hint=505)
        reason = (rest or "").strip(" \t")
    status = parse_number(status_text, "status", 699)
    if status < 100:
        raise RemoteProtocolError(f"status {status} is below 100")
    response = SipResponse(status, reason, Headers(items), b"")
    first = _index(items)
    response.body = _take_body(items, first, body, length)
    response.read_mandatory(first)
    return response


def _read_request(
    start: str, items: list[tuple[str, str]], body: bytes, length: str | None, fault: RemoteProtocolError | None
) -> SipRequest:
    try:
        method, uri_text, version = start.split(" ")
    except ValueError:
        method, uri_text, version = _split_request_line(start)
    if version != "SIP/2.0":
        method, uri_text, version = _split_request_line(start)
    if version.upper() != "SIP/2.0":
        if _VERSION.fullmatch(version) is None:
            raise RemoteProtocolError(f"first line {shown(start)} is neither a request nor a status line")
        fault = RemoteProtocolError(f"SIP version {shown(version)} is not SIP/2.0", status_hint=505)
    method = _METHODS.get(method, method)  # not a text of its own for each message: transactions keep it
    request = SipRequest(method, uri_text, Headers(items), b"")
    try:
        if fault is not None:
            raise fault
        if not is_token(method):
            raise RemoteProtocolError(f"method {shown(method)} is not a token")
        first = _index(items)
        request.body = _take_body(items, first, body, length)
        _ = request.uri
        request.read_mandatory(first)
        cseq = request.cseq
        if cseq.method != method:
            # RFC 4475 §3.1.2.18 prefers 501 where the method is unknown, so that it keeps its meaning when it comes.
            raise RemoteProtocolError(
                f"CSeq is of {shown(cseq.method)}, the request of {shown(method)}",
                status_hint=400 if method in _METHODS else 501,
            )
    except RemoteProtocolError as error:
        error.request = request if _is_answerable(request) else None
        raise
    return request


def _split_request_line(start: str) -> tuple[str, str, str]:
    """Extra blanks (RFC 4475 §3.1.2.9, §3.1.2.10); a blank inside the Request-URI stays there and fails later."""
    parts = start.replace("\t", " ").split(" ")
    words = [part for part in parts if part]
    if len(words) < 3:
        raise RemoteProtocolError(f"first line {shown(start)} is neither a request nor a status line")
    return words[0], " ".join(words[1:-1]), words[-1]


def _index(items: list[tuple[str, str]]) -> dict[str, str]:
    """The first value of each header. Refuses two where the grammar has one: the meaning is open (RFC 4475 §3.3.8)."""
    first = dict(items)
    if len(first) == len(items):
        return first
    names = [name for name, _ in items]
    for name in _SINGLE:
        if names.count(name) > 1:
            raise RemoteProtocolError(f"header {name} occurs {names.count(name)} times")
    return dict(reversed(items))


def _take_body(items: list[tuple[str, str]], first: dict[str, str], rest: bytes, apart: str | None) -> bytes:
    """The body by Content-Length (RFC 3261 §18.3), which is taken off the headers. `apart`: its value where it is off already."""
    text = first.get("Content-Length") if apart is None else apart
    if text is None:
        return rest
    length = parse_number(text, "Content-Length", 2**31 - 1)
    if length > len(rest):
        raise RemoteProtocolError(f"Content-Length {length} is above the {len(rest)} bytes that came")
    if apart is None:
        items.remove(("Content-Length", text))
    return rest if length == len(rest) else rest[:length]


def _is_answerable(request: SipRequest) -> bool:
    if request.method == "ACK" or not is_token(request.method):
        return False
    if any("\r" in value for _, value in request.headers.items):
        return False  # not to be copied into anything
    if any(request.headers.first(name) is None for name in _TO_ANSWER):
        return False
    try:
        _ = request.top_via
    except RemoteProtocolError:
        return False
    return True
