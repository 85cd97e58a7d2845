"""Memory: what registered phones and live calls take, configuration apart: resident memory of our process before and after, in millions
of bytes.

Phones register once, one contact each. Calls are the same as in `bench.calls`, answered and held, all live at one moment.

What limits it: Python objects of about a hundred bytes each, a dialog of two legs with their last messages being some hundreds of them.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from contextlib import closing

from bench import conditions
from bench.calls import CallLoad
from bench.registration import Phones
from bench.row import Row
from bench.server import DOMAIN, Server, forms
from bench.sip_generator import Lane, Person, Tally, play

PHONES = 10_000
CALLS = 1_000
TARGET_MB_OF_1000_PHONES = 2.0
TARGET_MB_OF_100_CALLS = 6.0
_RATE = 200.0
_KIB_MB = 1024 / 1e6
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
    """Two rows, each form of the protocol modules by turns. RuntimeError if not all calls were live at once."""
    found: dict[str, list[tuple[float, float]]] = {form: [] for form in forms()}
    for _ in range(runs):
        for form, each in found.items():
            each.append(_once(form))
    of_phones, of_calls = ([[once[place] for once in each] for each in found.values()] for place in (0, 1))
    return [
        _row("1,000 registered phones", TARGET_MB_OF_1000_PHONES, of_phones, f"{PHONES:,} phones"),
        _row("100 live calls", TARGET_MB_OF_100_CALLS, of_calls, f"{CALLS:,} calls, answered, both with media ports"),
    ]


def _once(form: str) -> tuple[float, float]:
    """MB of 1,000 phones, and of 100 calls."""
    with (
        conditions.generating() as cores,
        Server(PHONES, cores.server, form=form) as server,
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
        of_phones = (counters["memory_kib"] - empty) * _KIB_MB / ((PHONES - 100) / 1000)
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
        return of_phones, (held.peak_kib - before) * _KIB_MB / (CALLS / 100)


def _row(quantity: str, target: float, found: Sequence[Sequence[float]], what: str) -> Row:
    """`found`: of each form, the one that serves first."""
    serving, *others = found
    return Row(
        bench="memory",
        quantity=quantity,
        unit="MB",
        target=target,
        measured=statistics.median(serving),
        plain=statistics.median(others[0]) if others else None,
        at_most=True,
        detail=f"{what}; {len(serving)} runs: {min(serving):.2f}-{max(serving):.2f}",
    )
