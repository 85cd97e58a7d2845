"""The open-loop generator: starts transactions at a constant rate whatever the server does, and times every answer.

It builds messages from templates and looks for a few bytes in what comes back; the engine's parser is not used, so a mistake in
it can't hide here. Nothing is ever sent again: one lost datagram is one failure.

Surprising: arrivals are evenly spaced, not in bursts, which is the harder case for the server (bursts are cheaper, they share
system calls). A generator that can't keep its rate says so in `Outcome.doubt`.
"""

from __future__ import annotations

import gc
import select
import socket
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import md5
from typing import Protocol

from bench.place import place
from bench.server import DOMAIN, number, password
from engine.runtime.udp_batch import Datagram, open_batch

_BURST = 32
_BUFFER_BYTES = 8 * 1024 * 1024
_LATE_S = 0.05
_BUSIEST = 0.9


class Lane:
    """One socket of the generator, with what waits to be sent to the server."""

    def __init__(self, server_port: int, host: str = "") -> None:
        self.host = host or place().phones
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self.socket.bind((self.host, 0))
        self.port = int(self.socket.getsockname()[1])
        self._batch = open_batch(self.socket)
        self._server = (place().server, server_port)
        self._outbox: list[Datagram] = []

    def aim(self, server_port: int) -> None:
        """Send to that port from now on."""
        self._server = (place().server, server_port)

    def send(self, data: bytes) -> None:
        self._outbox.append((data, self._server))

    def receive(self) -> list[Datagram]:
        return self._batch.receive()

    def flush(self, is_lost: Callable[[], bool] | None = None) -> None:
        """Send what waits; `is_lost` is asked for each whether it gets lost on its way."""
        if self._outbox and is_lost is not None:
            self._outbox = [each for each in self._outbox if not is_lost()]
        if self._outbox:
            sent = self._batch.send(self._outbox)
            del self._outbox[:sent]

    def close(self) -> None:
        self.socket.close()


class Load(Protocol):
    """What is played. `pending`: begun and not over; `lanes`: its sockets."""

    lanes: list[Lane]

    @property
    def pending(self) -> int: ...

    def begin(self, index: int, now: float) -> None:
        """Send what begins transaction number `index`."""

    def receive(self, lane: Lane, data: bytes, now: float) -> None:
        """One datagram came."""

    def tick(self, now: float) -> None:
        """Do what is due by the clock."""


@dataclass(slots=True)
class Tally:
    """What a load counts while it plays. `times_s`: of each answer; `surprises`: what should not have come, by what it was."""

    completed: int = 0
    times_s: list[float] = field(default_factory=list)
    surprises: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One run. `asked_rate`, `rate`: what was to be begun a second, and what was; `late_share`: begun more than 50 ms late;
    `busy`: share of the generator's core that it used."""

    asked_rate: float
    rate: float
    begun: int
    completed: int
    took_s: float
    late_share: float
    busy: float
    times_s: list[float]
    surprises: Counter[str]

    @classmethod
    def of(cls, runs: list[Outcome]) -> Outcome:
        """Several runs as one: answers together, the worst of lag and load."""
        return cls(
            asked_rate=statistics.median(run.asked_rate for run in runs),
            rate=statistics.median(run.rate for run in runs),
            begun=sum(run.begun for run in runs),
            completed=sum(run.completed for run in runs),
            took_s=sum(run.took_s for run in runs),
            late_share=max(run.late_share for run in runs),
            busy=max(run.busy for run in runs),
            times_s=[time_s for run in runs for time_s in run.times_s],
            surprises=sum((run.surprises for run in runs), start=Counter[str]()),
        )

    @property
    def kept(self) -> float:
        """Completed a second: of the offered rate the share that succeeded; of what was really offered, where the generator lagged."""
        offered = self.rate if self.late_share else self.asked_rate
        return offered * self.completed / max(1, self.begun)

    @property
    def failed(self) -> int:
        return self.begun - self.completed

    def time_ms(self, share: float) -> float:
        """The answer time that this share of the answers kept, in milliseconds."""
        ordered = sorted(self.times_s)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")

    @property
    def doubt(self) -> str:
        if self.late_share > 0.001:
            return f"the generator lagged: {self.late_share:.1%} were begun more than {_LATE_S * 1000:.0f} ms late"
        return f"the generator was {self.busy:.0%} busy" if self.busy > _BUSIEST else ""


def play(load: Load, tally: Tally, rate: float, seconds: float, grace_s: float = 3.0) -> Outcome:
    """Begin `rate` transactions a second for so long, then wait until all are over, at most `grace_s`."""
    clock = time.perf_counter
    sockets = [lane.socket for lane in load.lanes]
    total = int(rate * seconds)
    begun = late = 0
    gc.collect()
    gc.disable()
    try:
        cpu = time.process_time()
        start = clock()
        ended = give_up = 0.0
        while True:
            now = clock()
            due = min(total, int((now - start) * rate) + 1)
            until = min(due, begun + _BURST)
            for index in range(begun, until):
                if now - start - index / rate > _LATE_S:
                    late += 1
                load.begin(index, now)
            begun = until
            load.tick(now)
            heard = False
            for lane in load.lanes:
                lane.flush()
                received = lane.receive()
                if received:
                    heard = True
                    now = clock()
                    for data, _ in received:
                        load.receive(lane, data, now)
                    lane.flush()
            if begun == total:
                if not ended:
                    ended, give_up = now, now + grace_s
                if not load.pending or now > give_up:
                    break
            if not heard and begun == due:
                next_at = start + begun / rate if begun < total else now + 0.001
                select.select(sockets, (), (), min(0.001, max(0.0, next_at - clock())))
        busy = (time.process_time() - cpu) / (clock() - start)
    finally:
        gc.enable()
    return Outcome(
        asked_rate=rate,
        rate=begun / (ended - start),
        begun=begun,
        completed=tally.completed,
        took_s=ended - start,
        late_share=late / max(1, begun),
        busy=busy,
        times_s=tally.times_s,
        surprises=tally.surprises,
    )


class Person:
    """An extension as its phone knows it: its half of every digest is computed ahead."""

    def __init__(self, index: int, method: str, uri: str) -> None:
        self.number = number(index)
        self._ha1 = md5(f"{self.number}:{DOMAIN}:{password(index)}".encode()).hexdigest().encode()
        self._ha2 = md5(f"{method}:{uri}".encode()).hexdigest().encode()
        self._uri = uri.encode()

    def authorization(self, challenge: bytes) -> bytes:
        """The value of Authorization for a 401 (RFC 7616 §3.4, MD5, qop=auth)."""
        at = challenge.index(b'nonce="') + 7
        nonce = challenge[at : challenge.index(b'"', at)]
        answer = md5(b"%b:%b:00000001:0a4f113b:auth:%b" % (self._ha1, nonce, self._ha2)).hexdigest()
        return (
            b'Digest username="%b",realm="%b",nonce="%b",uri="%b",response="%b",algorithm=MD5,cnonce="0a4f113b",qop=auth,nc=00000001'
            % (self.number.encode(), DOMAIN.encode(), nonce, self._uri, answer.encode())
        )


def value_of(data: bytes, name: bytes) -> bytes:
    """The value of the first header of that name; b"" if there is none."""
    at = data.find(b"\r\n" + name + b": ")
    if at < 0:
        return b""
    at += len(name) + 4
    return data[at : data.index(b"\r\n", at)]
