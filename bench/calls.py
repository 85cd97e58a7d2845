"""Calls: INVITE, 401, ACK, INVITE with digest, 180, 200, ACK, held a while, BYE, 200; the same on the called phone's leg.

Both phones offer and answer SDP with addresses of their own and check that the server put its own in place; ports are taken from the
real media backend, the journal is written. No RTP flows: that is `bench.relay`.

Beside it Kamailio as stateful proxy with digest and Record-Route. That is not the same work: a proxy passes one dialog through, we keep
two, rewrite SDP, take four ports, decide with a trace, write a journal and a record. It says what a call costs at least, not who is better.

What limits it: the interpreter, for thirteen messages a call of which each is parsed or built. Offered more than one core can do, the
overload guard refuses new calls, so that those begun are finished: that is what *rate kept* below the offered rate means. Quoted, not
measured here (on another machine of two virtual cores, before this project): Asterisk 4.6-7.3 ms and 375/s, Kamailio with rtpengine
for media 1.7-2.5 ms and 750/s.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing

from bench import conditions
from bench.contestants import Contestant, Runs, contestants, doubt_of, figures
from bench.place import place
from bench.registration import Phones
from bench.row import Row
from bench.server import DOMAIN, Server
from bench.sip_generator import Lane, Outcome, Person, Tally, play, value_of

TARGET_CPU_US = 700.0
TARGET_RATE = 1_000.0
TARGET_FAILED_PERCENT = 0.1
TARGET_P99_MS = 50.0
"""Nobody was promised this one."""
HELD_S = 0.5

_PHONE_RTP = 4000
_BRANCH = b"branch=z9hG4bKc"
_SUPPORT = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE\r\nSupported: timer, replaces\r\n"


class CallLoad:
    """Callers behind one socket, called phones (all registered) behind another.

    `is_proxied`: the SDP passes unchanged, and what follows an INVITE takes the route that was recorded.

    Call `index` is known by the caller's branches, z9hG4bKc<run><index>x<step>; step 1 and 2 are INVITE, 3 is BYE.
    """

    def __init__(
        self,
        callers: Lane,
        called: Lane,
        people: list[Person],
        numbers: list[str],
        run: int,
        tally: Tally,
        *,
        is_proxied: bool = False,
    ) -> None:
        self.lanes = [callers, called]
        self._host = place().phones.encode()
        self._is_proxied = is_proxied
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
        self._contact = f"Contact: <sip:{place().phones}:{called.port}>\r\n{_SUPPORT}".encode()
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
            b"%b %b SIP/2.0\r\nVia: SIP/2.0/UDP %b:%d;branch=%b;rport\r\nMax-Forwards: 70\r\n%bFrom: %b\r\nTo: %b\r\n"
            b"Call-ID: %b\r\nCSeq: %d %b\r\nUser-Agent: Bench phone 1.0\r\nContent-Length: 0\r\n\r\n"
        ) % (
            method,
            target,
            self._host,
            self._callers.port,
            branch,
            b"Route: %b\r\n" % value_of(response, b"Record-Route") if self._is_proxied and cseq > 1 else b"",
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
        if self._is_proxied:
            return
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
        if line.startswith((b"Via: ", b"From: ", b"To: ", b"Call-ID: ", b"CSeq: ", b"Record-Route: "))
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
    host = place().phones
    head = (
        f"INVITE sip:{callee}@{DOMAIN} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bKc%02d%07dx%d;rport\r\n"
        "Max-Forwards: 70\r\n"
        f'From: "Person {caller}" <sip:{caller}@{DOMAIN}>;tag=f%d\r\n'
        f"To: <sip:{callee}@{DOMAIN}>\r\n"
        f"Call-ID: call-%d-%d@{host}\r\n"
        "CSeq: %d INVITE\r\n"
        f"Contact: <sip:{caller}@{host}:{port}>\r\n"
        "User-Agent: Bench phone 1.0\r\n"
        f"{_SUPPORT}"
        "Content-Type: application/sdp\r\n"
    )
    return head.encode(), b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def measure(*, extensions: int, rate: float, seconds: float, runs: int) -> list[Row]:
    """Rows for CPU time, the rate kept, failures, and set-up. RuntimeError if the server's account of the calls differs."""
    half = extensions // 2
    with ExitStack() as open_:
        cores = open_.enter_context(conditions.generating())
        running = open_.enter_context(contestants(extensions, cores.server))
        found = {who: Runs(contestant.name) for who, contestant in running.items()}
        lanes: dict[str, tuple[Lane, Lane]] = {}
        for who, contestant in running.items():
            callers, called = (open_.enter_context(closing(Lane(contestant.port))) for _ in range(2))
            lanes[who] = callers, called
            phones = Phones(extensions, called)
            phones.register_once()
        numbers = [person.number for person in phones.people]
        # The digest covers the Request-URI, and each caller always calls the same number.
        people = [Person(i, "INVITE", f"sip:{numbers[half + i]}@{DOMAIN}") for i in range(half)]
        for run in range(1, runs + 1):
            for who, contestant in running.items():
                play_one(contestant, lanes[who], people, numbers[half:], run, rate, seconds, found[who])
    return rows_of(rate, seconds, found, "call", TARGET_CPU_US)


def play_one(
    contestant: Contestant,
    lanes: tuple[Lane, Lane],
    people: list[Person],
    numbers: list[str],
    run: int,
    rate: float,
    seconds: float,
    into: Runs,
) -> None:
    """One run of one contestant; what it says it did has to agree with what the phones saw."""
    tally = Tally()
    load = CallLoad(*lanes, people, numbers, run, tally, is_proxied=not isinstance(contestant, Server))
    before = answered(contestant)
    outcome = into.measure(contestant, lambda: play(load, tally, rate, seconds))
    if isinstance(contestant, Server):
        compare(outcome, load, answered(contestant) - before)


def answered(contestant: Contestant) -> int:
    return contestant.counters().get("call ended: ANSWERED", 0) if isinstance(contestant, Server) else 0


def compare(outcome: Outcome, load: CallLoad, recorded: int) -> None:
    if not outcome.completed <= recorded <= outcome.begun:
        raise RuntimeError(
            f"{outcome.completed} of {outcome.begun} calls were completed, the server recorded {recorded}"
        )
    if not outcome.failed and load.called_saw_end != outcome.completed:
        raise RuntimeError(f"{outcome.completed} calls, but the called phones saw {load.called_saw_end} end")


def rows_of(rate: float, seconds: float, found: Mapping[str, Runs], bench: str, target_us: float) -> list[Row]:
    """Cost, rate kept, failures, set-up."""

    def row(quantity: str, unit: str, target: float, of: Callable[[Runs], float], *, at_most: bool, detail: str) -> Row:
        figure = figures(found, of)
        return Row(
            bench=bench,
            quantity=quantity,
            unit=unit,
            target=target,
            measured=figure.measured,
            plain=figure.plain,
            peer=figure.peer,
            peer_name=figure.peer_name,
            at_most=at_most,
            detail=detail,
            doubt=doubt_of(found),
        )

    runs = len(next(iter(found.values())).outcomes)
    detail = f"{runs} runs of {seconds:g} s each at {rate:,.0f}/s, by turns, held {HELD_S:g} s. " + ". ".join(
        each.described(rate) for each in found.values()
    )
    return [
        row("CPU of our process", "us", target_us, lambda each: each.cost_us, at_most=True, detail=detail),
        row("rate kept", "/s", min(rate, TARGET_RATE), lambda each: each.kept, at_most=False, detail=""),
        row(
            "failed",
            "%",
            TARGET_FAILED_PERCENT,
            lambda each: 100 * each.whole.failed / each.whole.begun,
            at_most=True,
            detail="",
        ),
        row(
            "set-up, p99",
            "ms",
            TARGET_P99_MS,
            lambda each: each.p99_ms,
            at_most=True,
            detail="from the INVITE with digest to the 200, through both legs",
        ),
    ]
