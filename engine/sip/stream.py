"""Framing: the messages in a stream of bytes, however the network cut it.

RFC 3261 §7.5 (line breaks before a message are skipped), §18.3 (Content-Length says where a message ends; on a stream it
is mandatory); RFC 5626 §3.5.1, §4.4.1 (a double CRLF is a ping). Left out: reading the message, which is the parser's.

Surprising: after what can't be framed nothing on the stream means anything any more, so `fault` ends it; what was complete
before is still delivered, and `refused` has the head of the faulty message where it came whole, to be answered.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from engine.sip.parser import MAX_MESSAGE_BYTES

MAX_HEAD_BYTES: Final = 32 * 1024
PONG: Final = b"\r\n"

_BREAKS: Final = re.compile(rb"[\r\n]*")
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_HEAD_END_BYTES: Final = 4
# A word of the grammar's `token` or of `SIP/2.0` begins each message.
_START: Final = re.compile(rb"[A-Za-z0-9\-.!%*_+`'~]")
_START_LINE: Final = re.compile(
    rb"(?:SIP/[0-9]+\.[0-9]+[ \t][^\n]*|[^\n]*[ \t]SIP/[0-9]+\.[0-9]+[ \t\r]*)\n", re.IGNORECASE
)
# With its folded lines (RFC 3261 §7.3.1) and in its compact form.
_LENGTH: Final = re.compile(rb"\n(?:content-length|l)[ \t]*:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)", re.IGNORECASE)
_LONGEST_NUMBER: Final = 10


class Fault(Enum):
    """Why a stream can't be framed any further."""

    NOT_SIP = "not SIP"
    HEAD_TOO_LONG = "headers without an end"
    NO_LENGTH = "no Content-Length"
    BAD_LENGTH = "unusable Content-Length"
    TOO_LONG = "message too long"

    @property
    def status_hint(self) -> int:
        """What a request that ended its stream is answered."""
        return 513 if self in (Fault.HEAD_TOO_LONG, Fault.TOO_LONG) else 400


class Stream:
    """One direction of one connection. `fault`: see `Fault`, None while all is well; `refused`: the head of what was faulty."""

    __slots__ = ("_held", "_needed", "_newlines", "_pinged", "_searched", "fault", "refused")

    def __init__(self) -> None:
        self._held = bytearray()
        self._needed = 0  # bytes of the message that has begun, once its head is read
        self._searched = 0  # how far the end of its head was looked for
        self._newlines = 0  # since the last message
        self._pinged = False
        self.fault: Fault | None = None
        self.refused = b""

    @property
    def held_bytes(self) -> int:
        """How much of a message has come that is not complete; 0 between messages."""
        return len(self._held)

    def receive(self, data: bytes) -> list[bytes]:
        """The messages that `data` completes, in order. After a fault none."""
        messages: list[bytes] = []
        if self.fault is not None:
            return messages
        held = self._held
        held += data
        at = 0
        while True:
            if self._needed == 0:
                if self._searched == 0:
                    at = self._skip_breaks(at)
                if at == len(held) or not self._read_head(at):
                    break
            end = at + self._needed
            if len(held) < end:
                break
            messages.append(bytes(held[at:end]))
            at = end
            self._needed = self._searched = 0
        del held[:at]
        return messages

    def take_ping(self) -> bool:
        """Whether a double CRLF came since this was asked last; one CRLF answers it, however many came."""
        pinged, self._pinged = self._pinged, False
        return pinged

    def _skip_breaks(self, at: int) -> int:
        found = _BREAKS.match(self._held, at)
        end = at if found is None else found.end()
        if end > at:
            newlines = self._newlines + self._held.count(b"\n", at, end)
            self._pinged = self._pinged or newlines > 1
            self._newlines = newlines & 1
        return end

    def _read_head(self, at: int) -> bool:
        """Learn how long the message at `at` is; False if its head is not complete, or faulty."""
        held = self._held
        if self._searched == 0:
            self._newlines = 0
            if _START.match(held, at) is None:
                return self._fail(Fault.NOT_SIP)
        found = _HEAD_END.search(held, at + max(0, self._searched - _HEAD_END_BYTES))
        if found is None:
            self._searched = len(held) - at
            return False if self._searched <= MAX_HEAD_BYTES else self._fail(Fault.HEAD_TOO_LONG)
        head = bytes(held[at : found.end()])
        if len(head) > MAX_HEAD_BYTES:
            return self._fail(Fault.HEAD_TOO_LONG)
        if _START_LINE.match(head) is None:
            return self._fail(Fault.NOT_SIP)
        body = _body_bytes(head)
        if isinstance(body, Fault):
            return self._fail(body, head)
        self._needed = len(head) + body
        return True if self._needed <= MAX_MESSAGE_BYTES else self._fail(Fault.TOO_LONG, head)

    def _fail(self, fault: Fault, head: bytes = b"") -> bool:
        self.fault = fault
        self.refused = head
        self._held.clear()
        return False


def _body_bytes(head: bytes) -> int | Fault:
    """What Content-Length says. The same length said twice is the parser's to refuse."""
    values = {value.strip() for value in _LENGTH.findall(head)}
    if not values:
        return Fault.NO_LENGTH
    text = values.pop()
    if values or not text.isdigit():
        return Fault.BAD_LENGTH
    digits = text.lstrip(b"0")
    return int(digits or b"0") if len(digits) <= _LONGEST_NUMBER else Fault.TOO_LONG
