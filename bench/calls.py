"""Calls: INVITE, 401, ACK, INVITE with digest, 180, 200, ACK, held a while, BYE, 200; the same on the called phone's leg.

Both phones offer and answer SDP with addresses of their own and check that the server put its own in place; ports are taken from the
real media backend, the journal is written. No RTP flows: that is `bench.relay`.
"""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Callable
from contextlib import closing

from bench import conditions
from bench.registration import Phones
from bench.row import Row
from bench.server import DOMAIN, HOST, Server, cpu_between
from bench.sip_generator import Lane, Outcome, Person, Tally, play, value_of

TARGET_CPU_US = 700.0
TARGET_RATE = 1_000.0
TARGET_FAILED_PERCENT = 0.1
HELD_S = 0.5

_PHONE_RTP = 4000
_BRANCH = b"branch=z9hG4bKc"
_SUPPORT = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE\r\nSupported: timer, replaces\r\n"


class CallLoad:
    """Callers behind one socket, called phones (all registered) behind another.

    Call `index` is known by the caller's branches, z9hG4bKc<run><index>x<step>; step 1 and 2 are INVITE, 3 is BYE.
    """

    def __init__(self, callers: Lane, called: Lane, people: list[Person], numbers: list[str], run: int, tally: Tally):
        self.lanes = [callers, called]
        self._begun = 0
        self.called_saw_end = 0
        self._callers = callers
        self._people = people
        self._tally = tally
        self._run = run
        self._asked_at: dict[int, float] = {}
        self._held: deque[tuple[float, bytes]] = deque()
        self._ringing: dict[bytes, bytes] = {}
        self._invites = [
            _invite(person.number, numbers[i % len(numbers)], callers.port) for i, person in enumerate(people)
        ]
        self._answer_body = _sdp("answer")
        self._contact = f"Contact: <sip:{HOST}:{called.port}>\r\n{_SUPPORT}".encode()
        self._by_method: dict[bytes, Callable[[Lane, bytes], None]] = {
            b"INVITE": self._ring,
            b"ACK sip": self._note_ack,
            b"BYE sip": self._hang_up,
        }

    @property
    def pending(self) -> int:
        """Calls that one of the two phones does not know the end of."""
        return self._begun - min(self._tally.completed, self.called_saw_end)

    def begin(self, index: int, now: float) -> None:
        self._begun += 1
        self._asked_at[index] = now
        self._send_invite(index, 1, b"")

    def tick(self, now: float) -> None:
        held = self._held
        while held and held[0][0] <= now:
            self._callers.send(held.popleft()[1])

    def receive(self, lane: Lane, data: bytes, now: float) -> None:
        if lane is self._callers:
            self._receive_at_caller(data, now)
        else:
            act = self._by_method.get(data[:7].rstrip())
            if act is None:
                self._surprise(data, "at the called phone")
            else:
                act(lane, data)

    # The caller.

    def _receive_at_caller(self, data: bytes, now: float) -> None:
        at = data.find(_BRANCH) + len(_BRANCH)
        index, step, status = int(data[at + 2 : at + 9]), data[at + 10 : at + 11], data[8:11]
        if status in (b"100", b"180"):
            return
        asked_at = self._asked_at.get(index)
        if asked_at is None:
            self._surprise(data, "after the end")
        elif (step, status) == (b"1", b"401"):
            self._send_ack(index, data, 1, b"z9hG4bKc%02d%07dx1" % (self._run, index), b"sip:%b" % DOMAIN.encode())
            credentials = self._people[index % len(self._people)].authorization(data)
            self._asked_at[index] = now
            self._send_invite(index, 2, b"Authorization: %b\r\n" % credentials)
        elif (step, status) == (b"2", b"200"):
            self._tally.times_s.append(now - asked_at)
            self._check_media(data)
            target = value_of(data, b"Contact").strip(b"<>")
            self._send_ack(index, data, 2, b"z9hG4bKa%02d%07dx1" % (self._run, index), target)
            self._held.append((now + HELD_S, self._bye(index, data, target)))
        elif (step, status) == (b"3", b"200"):
            self._tally.completed += 1
            del self._asked_at[index]
        else:
            self._surprise(data, f"to step {step.decode()}")

    def _send_invite(self, index: int, step: int, credentials: bytes) -> None:
        head, tail = self._invites[index % len(self._people)]
        self._callers.send(head % (self._run, index, step, index, self._run, index, step) + credentials + tail)

    def _send_ack(self, index: int, response: bytes, cseq: int, branch: bytes, target: bytes) -> None:
        self._callers.send(self._in_dialog(b"ACK", response, cseq, branch, target))

    def _bye(self, index: int, response: bytes, target: bytes) -> bytes:
        return self._in_dialog(b"BYE", response, 3, b"z9hG4bKc%02d%07dx3" % (self._run, index), target)

    def _in_dialog(self, method: bytes, response: bytes, cseq: int, branch: bytes, target: bytes) -> bytes:
        return (
            b"%b %b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=%b;rport\r\nMax-Forwards: 70\r\nFrom: %b\r\nTo: %b\r\n"
            b"Call-ID: %b\r\nCSeq: %d %b\r\nUser-Agent: Bench phone 1.0\r\nContent-Length: 0\r\n\r\n"
        ) % (
            method,
            target,
            self._callers.port,
            branch,
            value_of(response, b"From"),
            value_of(response, b"To"),
            value_of(response, b"Call-ID"),
            cseq,
            method,
        )

    # The called phone.

    def _ring(self, lane: Lane, data: bytes) -> None:
        call_id = value_of(data, b"Call-ID")
        if call_id in self._ringing:
            self._tally.surprises["INVITE again"] += 1
            return
        self._ringing[call_id] = b""
        self._check_media(data)
        copied = _copied(data, b";tag=b%d" % len(self._ringing))
        lane.send(b"SIP/2.0 180 Ringing\r\n%b%bContent-Length: 0\r\n\r\n" % (copied, self._contact))
        lane.send(
            b"SIP/2.0 200 OK\r\n%b%bContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%b"
            % (copied, self._contact, len(self._answer_body), self._answer_body)
        )

    def _note_ack(self, lane: Lane, data: bytes) -> None:
        call_id = value_of(data, b"Call-ID")
        if self._ringing.get(call_id) != b"":
            self._surprise(data, "without a call")
        self._ringing[call_id] = b"acknowledged"

    def _hang_up(self, lane: Lane, data: bytes) -> None:
        if self._ringing.get(value_of(data, b"Call-ID")) != b"acknowledged":
            self._surprise(data, "without a call")
        self.called_saw_end += 1
        lane.send(b"SIP/2.0 200 OK\r\n%bContent-Length: 0\r\n\r\n" % _copied(data, b""))

    # Both.

    def _check_media(self, data: bytes) -> None:
        """The server's own address and port must stand in place of the phones'."""
        at = data.find(b"\r\nm=audio ")
        if at < 0 or data.startswith(b"%d " % _PHONE_RTP, at + 10) or b"198.51.100." in data:
            self._tally.surprises["SDP not rewritten"] += 1

    def _surprise(self, data: bytes, where: str) -> None:
        self._tally.surprises[f"{data[: data.find(b' ', 8)].decode(errors='replace')} {where}"] += 1


def _copied(request: bytes, tag: bytes) -> bytes:
    """What a response repeats of its request (RFC 3261 §8.2.6.2)."""
    lines = request[: request.index(b"\r\n\r\n")].split(b"\r\n")[1:]
    kept = [
        line + tag if line.startswith(b"To: ") else line
        for line in lines
        if line.startswith((b"Via: ", b"From: ", b"To: ", b"Call-ID: ", b"CSeq: "))
    ]
    return b"\r\n".join(kept) + b"\r\n"


def _sdp(session: str) -> bytes:
    lines = [
        "v=0",
        f"o=- {len(session)} 1 IN IP4 198.51.100.7",
        f"s={session}",
        "c=IN IP4 198.51.100.7",
        "t=0 0",
        f"m=audio {_PHONE_RTP} RTP/AVP 9 8 0 101",
        "a=rtpmap:9 G722/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-16",
        "a=ptime:20",
        "a=sendrecv",
        "",
    ]
    return "\r\n".join(lines).encode()


def _invite(caller: str, callee: str, port: int) -> tuple[bytes, bytes]:
    """An INVITE as a desk phone writes it, open for: run, index, step, tag, run, Call-ID, CSeq."""
    body = _sdp("offer")
    head = (
        f"INVITE sip:{callee}@{DOMAIN} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {HOST}:{port};branch=z9hG4bKc%02d%07dx%d;rport\r\n"
        "Max-Forwards: 70\r\n"
        f'From: "Person {caller}" <sip:{caller}@{DOMAIN}>;tag=f%d\r\n'
        f"To: <sip:{callee}@{DOMAIN}>\r\n"
        f"Call-ID: call-%d-%d@{HOST}\r\n"
        "CSeq: %d INVITE\r\n"
        f"Contact: <sip:{caller}@{HOST}:{port}>\r\n"
        "User-Agent: Bench phone 1.0\r\n"
        f"{_SUPPORT}"
        "Content-Type: application/sdp\r\n"
    )
    return head.encode(), b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def measure(*, extensions: int, rate: float, seconds: float, runs: int) -> list[Row]:
    """Rows for CPU time, for the rate kept, and for failures. RuntimeError if the server's account of the calls differs."""
    half = extensions // 2
    costs: list[float] = []
    outcomes: list[Outcome] = []
    with (
        conditions.generating() as cores,
        Server(extensions, cores.server) as server,
        closing(Lane(server.port)) as callers,
        closing(Lane(server.port)) as called,
    ):
        phones = Phones(extensions, called)
        phones.register_once()
        numbers = [person.number for person in phones.people]
        # The digest covers the Request-URI, and each caller always calls the same number.
        people = [Person(i, "INVITE", f"sip:{numbers[half + i]}@{DOMAIN}") for i in range(half)]
        for run in range(1, runs + 1):
            tally = Tally()
            load = CallLoad(callers, called, people, numbers[half:], run, tally)
            before, ended = server.cpu_s(), answered(server)
            outcome = play(load, tally, rate, seconds)
            costs.append(1e6 * cpu_between(before, server.cpu_s()) / max(1, outcome.completed))
            outcomes.append(outcome)
            compare(outcome, load, answered(server) - ended)
    return rows_of(rate, seconds, outcomes, costs, "call", TARGET_CPU_US)


def answered(server: Server) -> int:
    return server.counters().get("call ended: ANSWERED", 0)


def compare(outcome: Outcome, load: CallLoad, recorded: int) -> None:
    if not outcome.completed <= recorded <= outcome.begun:
        raise RuntimeError(
            f"{outcome.completed} of {outcome.begun} calls were completed, the server recorded {recorded}"
        )
    if not outcome.failed and load.called_saw_end != outcome.completed:
        raise RuntimeError(f"{outcome.completed} calls, but the called phones saw {load.called_saw_end} end")


def rows_of(
    rate: float, seconds: float, outcomes: list[Outcome], costs: list[float], bench: str, target_us: float
) -> list[Row]:
    """Cost, rate kept, failures."""
    cost = statistics.median(costs)
    begun = sum(outcome.begun for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    kept = statistics.median(outcome.kept for outcome in outcomes)
    whole = Outcome.of(outcomes)
    detail = (
        f"{len(outcomes)} runs of {seconds:g} s at {rate:,.0f}/s, held {HELD_S:g} s: {min(costs):.0f}-{max(costs):.0f} us, "
        f"server {cost * rate / 1e4:.0f} % busy; INVITE to 200 through both legs in "
        f"p50 {whole.time_ms(0.5):.2f} ms, p99 {whole.time_ms(0.99):.2f} ms; generator {whole.busy:.0%} busy"
    )
    unexpected = f"; unexpected: {dict(whole.surprises)}" if whole.surprises else ""
    return [
        Row(
            bench=bench,
            quantity="CPU of our process",
            unit="us",
            target=target_us,
            measured=cost,
            at_most=True,
            detail=detail,
            doubt=whole.doubt,
        ),
        Row(
            bench=bench,
            quantity="rate kept",
            unit="/s",
            target=min(rate, TARGET_RATE),
            measured=kept,
            at_most=False,
            detail="",
            doubt=whole.doubt,
        ),
        Row(
            bench=bench,
            quantity="failed",
            unit="%",
            target=TARGET_FAILED_PERCENT,
            measured=100 * failed / begun,
            at_most=True,
            detail=f"{failed} of {begun}{unexpected}",
            doubt=whole.doubt,
        ),
    ]
