"""Registrations: REGISTER, 401, REGISTER with digest, 200; every one with a Call-ID of its own, by many extensions in turn.

Beside it Kamailio as registrar, configured by `peers/kamailio.cfg`: digest with nonce counts, bindings in memory. It writes nothing
down; our bindings are in a database besides. It is C, and what it saves is mostly what an interpreter costs for each message.

What limits it: about half of our time is the kernel's, for sending and receiving four datagrams; the rest is parsing two requests and
building two responses. Quoted, not measured here (on another machine of two virtual cores, before this project): Asterisk 475-870 us
and 3,500/s.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from functools import partial

from bench import conditions
from bench.contestants import Contestant, Runs, contestants, doubt_of, figures
from bench.place import place
from bench.row import Row
from bench.server import DOMAIN, Server
from bench.sip_generator import Lane, Outcome, Person, Tally, play

TARGET_CPU_US = 150.0
TARGET_RATE = 5_000.0
TARGET_P99_MS = 20.0
"""Nobody was promised this one."""
_WARM_UP_RATE = 1_000.0

_URI = f"sip:{DOMAIN}"
_BRANCH = b"branch=z9hG4bKr"


class Phones:
    """One phone for each extension, all behind one socket. A run gives them another Call-ID for each REGISTER."""

    def __init__(self, extensions: int, lane: Lane) -> None:
        self.lane = lane
        self.people = [Person(index, "REGISTER", _URI) for index in range(extensions)]
        self.templates = [_template(person.number, lane.port) for person in self.people]

    def register(self, rate: float, seconds: float, run: int) -> Outcome:
        """Everybody in turn, so many a second."""
        tally = Tally()
        return play(_Load(self, run, tally), tally, rate, seconds)

    def register_once(self) -> None:
        """Everybody once. RuntimeError if somebody is refused, thrice: a busy machine may be short of time once."""
        for run in range(90, 93):
            outcome = self.register(_WARM_UP_RATE, len(self.people) / _WARM_UP_RATE, run)
            if not outcome.failed:
                return
            time.sleep(1.0)
        if outcome.failed:
            raise RuntimeError(f"{outcome.failed} of {outcome.begun} could not register: {dict(outcome.surprises)}")


class _Load:
    """Transaction `index` is known by its branch, z9hG4bKr<run><index>x<attempt>: old ones are still remembered by the server."""

    def __init__(self, phones: Phones, run: int, tally: Tally) -> None:
        self.lanes = [phones.lane]
        self._begun = 0
        self._phones = phones
        self._tally = tally
        self._asked_at = array("d")
        self._is_over = bytearray()
        self._run = run

    @property
    def pending(self) -> int:
        return self._begun - self._tally.completed

    def begin(self, index: int, now: float) -> None:
        self._begun += 1
        self._asked_at.append(now)
        self._is_over.append(0)
        self._send(index, 1, b"")

    def receive(self, lane: Lane, data: bytes, now: float) -> None:
        at = data.find(_BRANCH) + len(_BRANCH)
        index = int(data[at + 2 : at + 9])
        attempt, status = data[at + 10 : at + 11], data[8:11]
        if (attempt, status) == (b"1", b"401"):
            self._tally.times_s.append(now - self._asked_at[index])
            self._asked_at[index] = now
            credentials = self._phones.people[index % len(self._phones.people)].authorization(data)
            self._send(index, 2, b"Authorization: %b\r\n" % credentials)
        elif (attempt, status) == (b"2", b"200") and not self._is_over[index] and b"\r\nContact: " in data:
            self._tally.times_s.append(now - self._asked_at[index])
            self._tally.completed += 1
            self._is_over[index] = 1
        else:
            self._tally.surprises[f"{status!a} to REGISTER {attempt!a}"] += 1

    def tick(self, now: float) -> None:
        """Nothing waits here."""

    def _send(self, index: int, attempt: int, credentials: bytes) -> None:
        head, tail = self._phones.templates[index % len(self._phones.templates)]
        self.lanes[0].send(head % (self._run, index, attempt, index, self._run, index, attempt) + credentials + tail)


def _template(number: str, port: int) -> tuple[bytes, bytes]:
    """A REGISTER as a desk phone writes it, open for: run, index, attempt, tag, run, Call-ID, CSeq."""
    host = place().phones
    head = (
        f"REGISTER {_URI} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bKr%02d%07dx%d;rport\r\n"
        "Max-Forwards: 70\r\n"
        f'From: "Person {number}" <sip:{number}@{DOMAIN}>;tag=f%d\r\n'
        f'To: "Person {number}" <sip:{number}@{DOMAIN}>\r\n'
        f"Call-ID: bench-%d-%d@{host}\r\n"
        "CSeq: %d REGISTER\r\n"
        f"Contact: <sip:{number}@{host}:{port};line={number}>\r\n"
        "Expires: 3600\r\n"
        "User-Agent: Bench phone 1.0\r\n"
        "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE\r\n"
        "Supported: path, outbound\r\n"
    )
    return head.encode(), b"Content-Length: 0\r\n\r\n"


def measure(*, extensions: int, rate: float, seconds: float, runs: int) -> list[Row]:
    """Rows for CPU time, for the rate kept without a failure, and for the time of an answer."""
    with ExitStack() as open_:
        cores = open_.enter_context(conditions.generating())
        running = open_.enter_context(contestants(extensions, cores.server))
        phones = {
            who: Phones(extensions, open_.enter_context(closing(Lane(contestant.port))))
            for who, contestant in running.items()
        }
        for each in phones.values():
            each.register_once()
        found = {who: Runs(contestant.name) for who, contestant in running.items()}
        for run in range(1, runs + 1):
            for who, contestant in running.items():
                found[who].measure(contestant, partial(phones[who].register, rate, seconds, run))
        for contestant in running.values():
            _compare(contestant, extensions)
    return _rows(rate, seconds, extensions, found)


def _compare(contestant: Contestant, extensions: int) -> None:
    """RuntimeError if our account of the bindings differs from the phones'."""
    if isinstance(contestant, Server):
        held = contestant.counters()["registrations"]
        if held != extensions:
            raise RuntimeError(f"the server holds {held} bindings, {extensions} phones registered")


def _rows(rate: float, seconds: float, extensions: int, found: Mapping[str, Runs]) -> list[Row]:
    def row(quantity: str, unit: str, target: float, of: Callable[[Runs], float], *, at_most: bool, detail: str) -> Row:
        figure = figures(found, of)
        return Row(
            bench="registration",
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
    detail = f"{runs} runs of {seconds:g} s each at {rate:,.0f}/s, by turns, {extensions:,} extensions. " + ". ".join(
        each.described(rate) for each in found.values()
    )
    return [
        row("CPU of our process", "us", TARGET_CPU_US, lambda each: each.cost_us, at_most=True, detail=detail),
        row(
            "rate without a failure",
            "/s",
            min(rate, TARGET_RATE),
            lambda each: 0.0 if each.whole.failed else each.kept,
            at_most=False,
            detail="",
        ),
        row(
            "answer, p99",
            "ms",
            TARGET_P99_MS,
            lambda each: each.p99_ms,
            at_most=True,
            detail="each of the two requests",
        ),
    ]
