"""SIP of phones and of a carrier for the soak: requests are sent again until they are answered, answers to INVITE until they are
acknowledged, since packets are lost there. Messages are made from text; the engine's parser is not used.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.calls import _copied
from bench.place import place
from bench.sip_generator import Lane, value_of

_AGAIN_S = 0.5
_TRIES = 10
_REMEMBERED_S = 40.0
_MEDIA = re.compile(rb"\r\nc=IN IP4 ([^\r]+)\r\n(?:.*\r\n)*?m=audio (\d+) ")
_BRANCH = re.compile(rb"^Via: [^\r]*branch=([^;\r]+)", re.MULTILINE)

Answered = Callable[[int, bytes], None]


def sdp(port: int, direction: str = "sendrecv") -> bytes:
    host = place().phones
    return (
        f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 0 101\r\n"
        f"a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na={direction}\r\n"
    ).encode()


def media_of(message: bytes) -> tuple[str, int] | None:
    """Where the other side wants its packets."""
    found = _MEDIA.search(message)
    return (found[1].decode(), int(found[2])) if found else None


def status_of(message: bytes) -> int:
    return int(message[8:11])


def branch_of(message: bytes) -> bytes:
    found = _BRANCH.search(message)
    return found[1] if found else b""


@dataclass(slots=True)
class Waiting:
    """A request without its final answer."""

    lane: Lane
    data: bytes
    answered: Answered
    tries: int = 0


@dataclass(slots=True)
class Wire:
    """Sends, and sends again. `counters`: what came of it."""

    counters: Counter[str]
    _waiting: dict[bytes, Waiting] = field(default_factory=dict)
    _due: list[tuple[float, int, Callable[[float], object]]] = field(default_factory=list)
    _number: int = 0
    _acknowledged: dict[bytes, tuple[Lane, bytes]] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def at(self, when: float, act: Callable[[float], object]) -> None:
        self._number += 1
        heapq.heappush(self._due, (when, self._number, act))

    def tick(self, now: float) -> None:
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2](now)

    def request(self, lane: Lane, data: bytes, answered: Answered, now: float) -> None:
        """`answered` is called with each answer, provisional ones too; with 408 if there is none."""
        branch = branch_of(data) + data.split(b" ", 1)[0]
        self._waiting[branch] = Waiting(lane, data, answered)
        self._send(branch, now)

    def _send(self, branch: bytes, now: float) -> None:
        waiting = self._waiting.get(branch)
        if waiting is None:
            return
        waiting.tries += 1
        if waiting.tries > _TRIES:
            del self._waiting[branch]
            self.counters["no answer to " + waiting.data[:8].split(b" ")[0].decode()] += 1
            waiting.answered(408, b"")
            return
        waiting.lane.send(waiting.data)
        self.at(now + _AGAIN_S, lambda later: self._send(branch, later))

    def acknowledge(self, lane: Lane, branch: bytes, ack: bytes, now: float) -> None:
        """Send it, and again whenever the answer to that INVITE comes again."""
        key = branch + b"INVITE"
        self._acknowledged[key] = lane, ack
        self.at(now + _REMEMBERED_S, lambda _: self._acknowledged.pop(key, None))
        lane.send(ack)

    def response(self, message: bytes) -> None:
        """One came in."""
        status = status_of(message)
        branch = branch_of(message) + value_of(message, b"CSeq").rpartition(b" ")[2]
        waiting = self._waiting.get(branch)
        if waiting is None:
            lane, ack = self._acknowledged.get(branch, (None, b""))
            if lane is not None and status >= 200:
                lane.send(ack)
            return
        if status >= 200:
            del self._waiting[branch]
        elif waiting.data.startswith(b"INVITE"):
            waiting.tries = -10_000  # it rings: only the clock of the call ends it
        waiting.answered(status, message)


class Answering:
    """The called side: how it answers a number is said by `behaviour`, one of answer, busy, ring.

    What it holds of a call is forgotten some time after its end, or after `forget_s`.
    """

    def __init__(self, wire: Wire, rtp_port: int, behaviour: Callable[[bytes], str], forget_s: float = 60.0) -> None:
        self._wire = wire
        self._rtp_port = rtp_port
        self._behaviour = behaviour
        self._forget_s = forget_s
        self._answers: dict[bytes, bytes] = {}
        self._invites: dict[bytes, bytes] = {}
        self._unacknowledged: set[bytes] = set()
        self.media: dict[bytes, tuple[str, int]] = {}

    def forget(self) -> None:
        """As a phone that was switched off and on."""
        for known in (self._answers, self._invites, self._unacknowledged, self.media):
            known.clear()

    def request(self, lane: Lane, message: bytes, now: float) -> None:
        method = message.split(b" ", 1)[0]
        call_id = value_of(message, b"Call-ID")
        branch = branch_of(message)
        known = self._answers.get(branch + method)
        if method == b"ACK":
            self._unacknowledged.discard(call_id)
        elif known is not None:
            lane.send(known)
        elif method == b"INVITE":
            self._invite(lane, message, call_id, now)
        elif method == b"CANCEL":
            self._answer(lane, message, 200, "OK", now)
            ringing = self._invites.get(call_id)
            if ringing is not None and branch + b"INVITE" not in self._answers:
                self._answer(lane, ringing, 487, "Request Terminated", now)
        else:
            if method == b"BYE":
                self.media.pop(call_id, None)
            self._answer(lane, message, 200, "OK", now)

    def _invite(self, lane: Lane, message: bytes, call_id: bytes, now: float) -> None:
        is_again = b";tag=" in value_of(message, b"To")
        behaviour = "answer" if is_again else self._behaviour(message)
        if behaviour == "busy":
            self._answer(lane, message, 486, "Busy Here", now)
            return
        media = media_of(message)
        if not is_again:
            self._invites[call_id] = message
            ringing = _copied(message, self._tag(call_id))
            contact = f"Contact: <sip:{lane.host}:{lane.port}>\r\nContent-Length: 0\r\n\r\n".encode()
            lane.send(b"SIP/2.0 180 Ringing\r\n" + ringing + contact)
            self._wire.at(now + self._forget_s, lambda _: self._invites.pop(call_id, None))
        if behaviour == "answer":
            if media is not None:
                self.media[call_id] = media
                self._wire.at(now + self._forget_s, lambda _: self.media.pop(call_id, None))
            self._answer(lane, message, 200, "OK", now, sdp(self._rtp_port))
            self._unacknowledged.add(call_id)
            self._wire.at(now + _AGAIN_S, lambda later: self._again(lane, message, call_id, later, 1))

    def _again(self, lane: Lane, message: bytes, call_id: bytes, now: float, tries: int) -> None:
        known = self._answers.get(branch_of(message) + b"INVITE")
        if call_id not in self._unacknowledged or known is None or tries > _TRIES:
            self._unacknowledged.discard(call_id)
            return
        lane.send(known)
        self._wire.at(now + _AGAIN_S, lambda later: self._again(lane, message, call_id, later, tries + 1))

    def _answer(self, lane: Lane, request: bytes, status: int, reason: str, now: float, body: bytes = b"") -> None:
        call_id = value_of(request, b"Call-ID")
        has_tag = b";tag=" in value_of(request, b"To")
        head = _copied(request, b"" if has_tag else self._tag(call_id))
        more = b"Content-Type: application/sdp\r\n" if body else b""
        contact = f"Contact: <sip:{lane.host}:{lane.port}>\r\n".encode()
        made = b"SIP/2.0 %d %b\r\n%b%b%bContent-Length: %d\r\n\r\n%b" % (
            status,
            reason.encode(),
            head,
            contact,
            more,
            len(body),
            body,
        )
        key = branch_of(request) + request.split(b" ", 1)[0]
        self._answers[key] = made
        self._wire.at(now + self._forget_s, lambda _: self._answers.pop(key, None))
        lane.send(made)

    @staticmethod
    def _tag(call_id: bytes) -> bytes:
        return b";tag=u" + bytes(str(abs(hash(call_id))), "ascii")
