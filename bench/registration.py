"""Registrations: REGISTER, 401, REGISTER with digest, 200; every one with a Call-ID of its own, by many extensions in turn."""

from __future__ import annotations

import statistics
import time
from array import array
from contextlib import closing

from bench import conditions
from bench.row import Row
from bench.server import DOMAIN, HOST, Server, cpu_between
from bench.sip_generator import Lane, Outcome, Person, Tally, play

TARGET_CPU_US = 150.0
TARGET_RATE = 5_000.0
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
    head = (
        f"REGISTER {_URI} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {HOST}:{port};branch=z9hG4bKr%02d%07dx%d;rport\r\n"
        "Max-Forwards: 70\r\n"
        f'From: "Person {number}" <sip:{number}@{DOMAIN}>;tag=f%d\r\n'
        f'To: "Person {number}" <sip:{number}@{DOMAIN}>\r\n'
        f"Call-ID: bench-%d-%d@{HOST}\r\n"
        "CSeq: %d REGISTER\r\n"
        f"Contact: <sip:{number}@{HOST}:{port};line={number}>\r\n"
        "Expires: 3600\r\n"
        "User-Agent: Bench phone 1.0\r\n"
        "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE\r\n"
        "Supported: path, outbound\r\n"
    )
    return head.encode(), b"Content-Length: 0\r\n\r\n"


def measure(*, extensions: int, rate: float, seconds: float, runs: int) -> list[Row]:
    """Rows for CPU time and for the rate kept without a failure."""
    costs: list[float] = []
    outcomes: list[Outcome] = []
    with (
        conditions.generating() as cores,
        Server(extensions, cores.server) as server,
        closing(Lane(server.port)) as lane,
    ):
        phones = Phones(extensions, lane)
        phones.register_once()
        for run in range(1, runs + 1):
            before = server.cpu_s()
            outcome = phones.register(rate, seconds, run)
            costs.append(1e6 * cpu_between(before, server.cpu_s()) / max(1, outcome.completed))
            outcomes.append(outcome)
        counters = server.counters()
    if counters["registrations"] != extensions:
        raise RuntimeError(f"the server holds {counters['registrations']} bindings, {extensions} phones registered")
    return _rows(rate, seconds, extensions, outcomes, costs)


def _rows(rate: float, seconds: float, extensions: int, outcomes: list[Outcome], costs: list[float]) -> list[Row]:
    cost = statistics.median(costs)
    kept = statistics.median(outcome.kept for outcome in outcomes)
    whole = Outcome.of(outcomes)
    unexpected = f"; unexpected: {dict(whole.surprises)}" if whole.surprises else ""
    return [
        Row(
            bench="registration",
            quantity="CPU of our process",
            unit="us",
            target=TARGET_CPU_US,
            measured=cost,
            at_most=True,
            detail=(
                f"{len(outcomes)} runs of {seconds:g} s at {rate:,.0f}/s, {extensions:,} extensions: "
                f"{min(costs):.0f}-{max(costs):.0f} us, server {cost * rate / 1e4:.0f} % busy; a request is answered in "
                f"p50 {whole.time_ms(0.5):.2f} ms, p99 {whole.time_ms(0.99):.2f} ms; generator {whole.busy:.0%} busy"
            ),
            doubt=whole.doubt,
        ),
        Row(
            bench="registration",
            quantity="rate without a failure",
            unit="/s",
            target=min(rate, TARGET_RATE),
            measured=0.0 if whole.failed else kept,
            at_most=False,
            detail=f"{whole.failed} of {whole.begun} failed{unexpected}",
            doubt=whole.doubt,
        ),
    ]
