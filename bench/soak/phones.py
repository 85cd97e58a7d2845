"""Phones of a mixed day: registrations that are refreshed, calls with media, held, over a trunk, cancelled, to a busy phone, to nobody.

Two desks of phones are called; each is switched off and on in turn (another socket, registered anew, calls forgotten). The callers stay.
"""

from __future__ import annotations

import random
import select
import socket
import time
from collections import Counter
from collections.abc import Callable

from bench.place import place
from bench.server import DOMAIN, number
from bench.sip_generator import Lane, Person, value_of
from bench.soak.dialogs import Answering, Wire, media_of, sdp

KINDS = {"talk": 40, "hold": 15, "trunk": 20, "cancel": 10, "busy": 6, "offline": 4, "wrong": 3, "unknown caller": 2}
"""How often, of a hundred."""
DESKS = 2
AT_A_DESK = 20
CALLERS = 20
BUSY = 5
"""The last of each desk are busy, the ones before ring on."""
RINGING = 5
OUTSIDE_NUMBERS = 300
"""So many are called over the trunk, all in the first half-hour. What is kept of up to 8,192 of them is no growth to be found."""
REFRESH_S = 20.0
RESTART_S = 45.0
_TICK_S = 0.02
_RTP = bytes((0x80, 8)) + bytes(10) + bytes((0xD5,)) * 160


class Media:
    """One socket that sends a packet every 20 ms to each place it is told of, and throws away what comes."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind((place().phones, 0))
        self.port = int(self.socket.getsockname()[1])
        self.sent = self.received = self._sequence = 0

    def send(self, places: list[tuple[str, int]]) -> None:
        self._sequence = (self._sequence + 1) % 65536
        packet = bytearray(_RTP)
        packet[2:4] = self._sequence.to_bytes(2, "big")
        packet[4:8] = (self._sequence * 160).to_bytes(4, "big")
        for each in places:
            try:
                self.socket.sendto(packet, each)
                self.sent += 1
            except OSError:
                continue

    def drain(self) -> None:
        try:
            while True:
                self.socket.recv(2048)
                self.received += 1
        except OSError:
            return


class Phones:
    """All of them; `run` until a time. `rate`: calls begun a second; `loss`: share of the packets that get lost each way.

    `counters`: what calls and registrations came to.
    """

    def __init__(self, server_port: int, carrier: Lane) -> None:
        self.counters: Counter[str] = Counter()
        self.wire = Wire(self.counters)
        self._server_port = server_port
        self._chance = random.Random(5)
        self._outside = [self._chance.randrange(10**9, 10**10) for _ in range(OUTSIDE_NUMBERS)]
        self._callers = Lane(server_port)
        self._carrier = carrier
        self._media = [Media(), Media()]
        self._desks = [Lane(server_port) for _ in range(DESKS)]
        self._at_desk = [Answering(self.wire, self._media[1].port, _behaviour) for _ in range(DESKS)]
        self._at_carrier = Answering(self.wire, self._media[1].port, _carrier_behaviour)
        self._talking: dict[int, tuple[str, int]] = {}
        self._calls = 0
        self._serial = int(time.time())
        self.rate = 0.0
        self.loss = 0.0

    @property
    def in_calls(self) -> int:
        return len(self._talking)

    def start(self, now: float) -> None:
        for index in range(CALLERS):
            self._register(index, self._callers, now + 0.02 * index)
        for desk in range(DESKS):
            for phone in range(AT_A_DESK):
                self._register(CALLERS + desk * AT_A_DESK + phone, None, now + 0.02 * phone, desk)
            self.wire.at(now + RESTART_S * (desk + 1), self._restarting(desk))

    def close(self) -> None:
        for lane in (self._callers, *self._desks):
            lane.close()
        for media in self._media:
            media.socket.close()

    def run(self, until: float) -> None:
        """Answer, and begin `rate` calls a second, until that time of the monotonic clock."""
        clock = time.monotonic
        next_call = next_tick = clock()
        while (now := clock()) < until:
            if self.rate and now >= next_call:
                next_call = max(now, next_call) + self._chance.expovariate(self.rate)
                self._call(now)
            if now >= next_tick:
                next_tick = max(now - _TICK_S, next_tick) + _TICK_S
                self._media[0].send(list(self._talking.values()))
                answering = (*self._at_desk, self._at_carrier)
                self._media[1].send([each for side in answering for each in side.media.values()])
                for media in self._media:
                    media.drain()
            self.wire.tick(now)
            lanes = [self._callers, self._carrier, *self._desks]
            for lane in lanes:
                lane.flush(self._lost)
            select.select([lane.socket for lane in lanes], (), (), max(0.0, min(until, next_tick) - clock()))
            for lane in lanes:
                for data, _ in lane.receive():
                    if not self._lost():
                        self._receive(lane, data, clock())
                lane.flush(self._lost)

    def _lost(self) -> bool:
        return self.loss > 0 and self._chance.random() < self.loss

    def _receive(self, lane: Lane, data: bytes, now: float) -> None:
        if data.startswith(b"SIP/2.0 "):
            self.wire.response(data)
        elif lane is self._carrier:
            self._at_carrier.request(lane, data, now)
        elif lane in self._desks:
            self._at_desk[self._desks.index(lane)].request(lane, data, now)
        elif not data.startswith(b"ACK "):
            # BYE of the other side, or a look whether the caller is still there.
            self._hung_up(data)
            Answering(self.wire, self._media[0].port, lambda _: "answer", 1.0).request(lane, data, now)

    def _hung_up(self, data: bytes) -> None:
        call_id = value_of(data, b"Call-ID")
        if data.startswith(b"BYE ") and call_id.startswith(b"soak-call-"):
            self._talking.pop(int(call_id.split(b"-")[2]), None)

    # Registrations.

    def _register(self, index: int, lane: Lane | None, at: float, desk: int = 0) -> None:
        person = Person(index, "REGISTER", f"sip:{DOMAIN}")

        def ask(now: float, credentials: bytes = b"") -> None:
            using = lane or self._desks[desk]
            self._serial += 1
            head = (
                f"REGISTER sip:{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/UDP {place().phones}:{using.port};branch=z9hG4bKs{self._serial};rport\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:{person.number}@{DOMAIN}>;tag=r{self._serial}\r\nTo: <sip:{person.number}@{DOMAIN}>\r\n"
                f"Call-ID: soak-phone-{index}-{using.port}\r\nCSeq: {self._serial} REGISTER\r\n"
                f"Contact: <sip:{person.number}@{place().phones}:{using.port}>\r\nExpires: 60\r\n"
            ).encode()

            def answered(status: int, message: bytes) -> None:
                if status == 401 and not credentials:
                    ask(time.monotonic(), b"Authorization: %b\r\n" % person.authorization(message))
                elif status >= 200:
                    self.counters[f"REGISTER {status}"] += 1
                    self.wire.at(time.monotonic() + REFRESH_S, ask)

            self.wire.request(using, head + credentials + b"Content-Length: 0\r\n\r\n", answered, now)

        self.wire.at(at, ask)

    def _restarting(self, desk: int) -> Callable[[float], None]:
        def restart(now: float) -> None:
            self.counters["desks switched off and on"] += 1
            self._desks[desk].close()
            self._desks[desk] = Lane(self._server_port)
            self._at_desk[desk].forget()
            self.wire.at(now + RESTART_S * DESKS, restart)

        return restart

    # Calls.

    def _call(self, now: float) -> None:
        self._calls += 1
        kind = self._chance.choices(list(KINDS), list(KINDS.values()))[0]
        _Call(self, self._calls, kind, now)

    def callee(self, kind: str) -> str:
        first = CALLERS + AT_A_DESK * self._chance.randrange(DESKS)
        good = AT_A_DESK - BUSY - RINGING
        match kind:
            case "trunk":
                return f"00{self._chance.choice(self._outside)}"
            case "busy":
                return number(first + AT_A_DESK - 1 - self._chance.randrange(BUSY))
            case "cancel":
                return number(first + good + self._chance.randrange(RINGING))
            case "offline":
                return number(CALLERS + DESKS * AT_A_DESK + self._chance.randrange(20))
            case "wrong":
                return "7777"
        return number(first + self._chance.randrange(good))

    def talks(self, call: int, media: tuple[str, int] | None) -> None:
        if media is not None:
            self._talking[call] = media

    def falls_silent(self, call: int) -> None:
        self._talking.pop(call, None)

    @property
    def callers(self) -> Lane:
        return self._callers

    @property
    def rtp_port(self) -> int:
        return self._media[0].port


class _Call:
    """The caller's side of one."""

    def __init__(self, phones: Phones, index: int, kind: str, now: float) -> None:
        self._phones = phones
        self._index = index
        self._kind = kind
        caller = index % CALLERS
        # Somebody who is not there tries, too.
        self._caller = number(caller) if kind != "unknown caller" else "nobody"
        self._uri = f"sip:{phones.callee(kind)}@{DOMAIN}"
        self._person = Person(caller, "INVITE", self._uri)
        self._cseq = 0
        self._to = f"<{self._uri}>".encode()
        self._target = self._uri.encode()
        self._branch = b""
        self._is_over = False
        self._invite(now, b"")

    def _head(self, method: str, target: bytes, branch: bytes, cseq: int) -> bytes:
        host, port = place().phones, self._phones.callers.port
        return b"%b %b SIP/2.0\r\nVia: SIP/2.0/UDP %b:%d;branch=%b;rport\r\nMax-Forwards: 70\r\n" % (
            method.encode(),
            target,
            host.encode(),
            port,
            branch,
        ) + (
            b"From: <sip:%b@%b>;tag=c%d\r\nTo: %b\r\nCall-ID: soak-call-%d-%d\r\nCSeq: %d %b\r\nContact: <sip:%b@%b:%d>\r\n"
            % (
                self._caller.encode(),
                DOMAIN.encode(),
                self._index,
                self._to,
                self._index,
                port,
                cseq,
                method.encode(),
                self._caller.encode(),
                host.encode(),
                port,
            )
        )

    def _invite(self, now: float, credentials: bytes, direction: str = "sendrecv") -> None:
        self._cseq += 1
        self._branch = b"z9hG4bKi%dx%d" % (self._index, self._cseq)
        body = sdp(self._phones.rtp_port, direction)
        head = self._head("INVITE", self._target, self._branch, self._cseq) + credentials
        cseq, branch, target = self._cseq, self._branch, self._target

        def answered(status: int, message: bytes) -> None:
            self._invited(status, message, cseq, branch, target, bool(credentials))

        data = head + b"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        self._phones.wire.request(self._phones.callers, data, answered, now)

    def _invited(self, status: int, message: bytes, cseq: int, branch: bytes, target: bytes, has_proved: bool) -> None:
        now = time.monotonic()
        if status < 200:
            if status == 180 and self._kind == "cancel" and not self._is_over:
                self._is_over = True
                self._phones.wire.at(now + 1.0, lambda later: self._cancel(later, cseq, branch, target))
            return
        if status >= 300:
            self._acknowledge(message, cseq, branch, target)
        if status == 401 and not has_proved and self._caller != "nobody":
            self._invite(now, b"Authorization: %b\r\n" % self._person.authorization(message))
        elif status == 200:
            is_first = self._to == f"<{self._uri}>".encode()
            self._to = value_of(message, b"To")
            self._target = value_of(message, b"Contact").strip(b"<>")
            self._acknowledge(message, cseq, b"z9hG4bKa%dx%d" % (self._index, cseq), self._target)
            self._phones.talks(self._index, media_of(message))
            if is_first:
                self._phones.counters[f"{self._kind}: answered"] += 1
                self._go_on(now)
        else:
            self._phones.counters[f"{self._kind}: {status}"] += 1
            self._phones.falls_silent(self._index)

    def _go_on(self, now: float) -> None:
        wire = self._phones.wire
        if self._kind == "hold":
            wire.at(now + 1.0, lambda later: self._invite(later, b"", "sendonly"))
            wire.at(now + 2.5, lambda later: self._invite(later, b""))
        wire.at(now + 4.0 + 2.0 * (self._index % 3), self._bye)

    def _acknowledge(self, message: bytes, cseq: int, branch: bytes, target: bytes) -> None:
        if message:
            to, self._to = self._to, value_of(message, b"To")
            data = self._head("ACK", target, branch, cseq) + b"Content-Length: 0\r\n\r\n"
            self._to = to
            invite = b"z9hG4bKi%dx%d" % (self._index, cseq)
            self._phones.wire.acknowledge(self._phones.callers, invite, data, time.monotonic())

    def _cancel(self, now: float, cseq: int, branch: bytes, target: bytes) -> None:
        data = self._head("CANCEL", target, branch, cseq) + b"Content-Length: 0\r\n\r\n"
        # Of the same branch as its INVITE (RFC 3261 §9.1), which still waits: it is sent a few times, its own answer is not needed.
        for delay_s in (0.0, 0.5, 1.0):
            self._phones.wire.at(now + delay_s, lambda _: self._phones.callers.send(data))

    def _bye(self, now: float) -> None:
        self._phones.falls_silent(self._index)
        self._cseq += 1
        branch = b"z9hG4bKb%dx%d" % (self._index, self._cseq)
        data = self._head("BYE", self._target, branch, self._cseq) + b"Content-Length: 0\r\n\r\n"

        def answered(status: int, _: bytes) -> None:
            if status >= 200:
                self._phones.counters[f"BYE {status}"] += 1

        self._phones.wire.request(self._phones.callers, data, answered, now)


def _behaviour(invite: bytes) -> str:
    user = invite.split(b" ", 2)[1].partition(b":")[2].partition(b"@")[0]
    try:
        place_at_desk = (int(user) - int(number(CALLERS))) % AT_A_DESK
    except ValueError:
        return "answer"
    if place_at_desk >= AT_A_DESK - BUSY:
        return "busy"
    return "ring" if place_at_desk >= AT_A_DESK - BUSY - RINGING else "answer"


def _carrier_behaviour(invite: bytes) -> str:
    return "busy" if invite.split(b" ", 2)[1].partition(b"@")[0].endswith(b"7") else "answer"
