"""Memory: what registered phones and live calls take, configuration apart: resident memory of our process before and after.

Phones register once, one contact each. Calls are the same as in `bench.calls`, answered and held, all live at one moment.

What limits it: Python objects of about a hundred bytes each, a dialog of two legs with their last messages being some hundreds of them.
"""

from __future__ import annotations

import statistics
from contextlib import closing

from bench import conditions
from bench.calls import CallLoad
from bench.registration import Phones
from bench.row import Row
from bench.server import DOMAIN, Server
from bench.sip_generator import Lane, Person, Tally, play

PHONES = 10_000
CALLS = 1_000
TARGET_MIB_OF_1000_PHONES = 2.0
TARGET_MIB_OF_100_CALLS = 6.0
_RATE = 200.0
_WARM_UP_CALLS_S = 2.0


class _HeldCalls(CallLoad):
    """All calls are held until the last one is up; `peak_kib` is what the server then takes."""

    def watch(self, server: Server, total: int) -> None:
        self._server = server
        self._total = total
        self.peak_kib = 0
        self.live = 0

    def tick(self, now: float) -> None:
        if not self.peak_kib:
            if len(self._held) < self._total:
                return
            counters = self._server.counters()
            self.peak_kib, self.live = counters["memory_kib"], counters["calls"]
        super().tick(now)


def measure(*, runs: int) -> list[Row]:
    """Two rows. RuntimeError if not all calls were live at once."""
    of_phones: list[float] = []
    of_calls: list[float] = []
    for _ in range(runs):
        phones_mib, calls_mib = _once()
        of_phones.append(phones_mib)
        of_calls.append(calls_mib)
    return [
        _row("1,000 registered phones", TARGET_MIB_OF_1000_PHONES, of_phones, f"{PHONES:,} phones"),
        _row("100 live calls", TARGET_MIB_OF_100_CALLS, of_calls, f"{CALLS:,} calls, answered, both with media ports"),
    ]


def _once() -> tuple[float, float]:
    """MiB of 1,000 phones, and of 100 calls."""
    with (
        conditions.generating() as cores,
        Server(PHONES, cores.server) as server,
        closing(Lane(server.port)) as callers,
        closing(Lane(server.port)) as called,
    ):
        phones = Phones(PHONES, called)
        # What a few take the first time is no cost of each.
        few = Phones(100, called)
        few.register_once()
        empty = server.counters()["memory_kib"]
        phones.register_once()
        counters = server.counters()
        if counters["registrations"] != PHONES:
            raise RuntimeError(f"{counters['registrations']} of {PHONES} phones are registered")
        of_phones = (counters["memory_kib"] - empty) / 1024 / ((PHONES - 100) / 1000)
        numbers = [person.number for person in phones.people]
        half = PHONES // 2
        people = [Person(i, "INVITE", f"sip:{numbers[half + i]}@{DOMAIN}") for i in range(half)]
        tally = Tally()
        play(CallLoad(callers, called, people, numbers[half:], 1, tally), tally, _RATE, _WARM_UP_CALLS_S)
        before = server.counters()["memory_kib"]
        tally = Tally()
        held = _HeldCalls(callers, called, people, numbers[half:], 2, tally)
        held.watch(server, CALLS)
        outcome = play(held, tally, _RATE, CALLS / _RATE, grace_s=10.0)
        if held.live < CALLS or outcome.failed:
            raise RuntimeError(f"{held.live} of {CALLS} calls were live at once, {outcome.failed} failed")
        return of_phones, (held.peak_kib - before) / 1024 / (CALLS / 100)


def _row(quantity: str, target: float, found: list[float], what: str) -> Row:
    return Row(
        bench="memory",
        quantity=quantity,
        unit="MiB",
        target=target,
        measured=statistics.median(found),
        at_most=True,
        detail=f"{what}; {len(found)} runs: {min(found):.2f}-{max(found):.2f}",
    )
