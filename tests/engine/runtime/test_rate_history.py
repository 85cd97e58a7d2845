"""Ten minutes of figures, kept in virtual time whether somebody watches or not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from engine.call.figures import CallFigures
from engine.live_event import Figures
from engine.runtime.rate_history import MOST_TENANTS, SECONDS, RateHistory
from tests.support.call_records import record
from tests.support.virtual_loop import VirtualLoop

BEGAN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Counting:
    def __init__(self) -> None:
        self.live: dict[str, int] = {}
        self.phones: dict[str, int] = {"acme": 3}
        self.figures = CallFigures()
        self.history = RateHistory(self, self.now)

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=round(asyncio.get_running_loop().time(), 3))

    def call_counts(self) -> dict[str, int]:
        return self.live

    def phone_counts(self) -> dict[str, int]:
        return self.phones

    def call_figures(self) -> CallFigures:
        return self.figures


def in_virtual_time(story: Callable[[Counting], Awaitable[None]]) -> None:
    async def main() -> None:
        at = Counting()
        at.history.start()
        await story(at)
        at.history.stop()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())


def test_each_second_has_what_happened_in_it() -> None:
    async def story(at: Counting) -> None:
        at.figures.begin("acme")
        at.figures.answer("acme", 0.1)
        at.live["acme"] = 1
        await asyncio.sleep(1.5)
        at.figures.end(record(1))
        at.figures.begin("beta")
        at.live["acme"] = 0
        await asyncio.sleep(1)
        seconds = [BEGAN + timedelta(seconds=1), BEGAN + timedelta(seconds=2)]
        assert at.history.recent(None) == [
            (seconds[0], Figures(1, 3, 1, 1, 0, 0, 0)),
            (seconds[1], Figures(0, 3, 1, 0, 1, 0, 0)),
        ]
        assert [one for _, one in at.history.recent("acme")][1] == Figures(0, 3, 0, 0, 1, 0, 0)
        assert [one for _, one in at.history.recent("beta")] == [Figures(), Figures(0, 0, 1)]

    in_virtual_time(story)


def test_ten_minutes_are_kept() -> None:
    async def story(at: Counting) -> None:
        await asyncio.sleep(SECONDS + 5.5)
        kept = at.history.recent(None)
        assert (len(kept), kept[-1][0] - kept[0][0]) == (SECONDS, timedelta(seconds=SECONDS - 1))

    in_virtual_time(story)


def test_with_many_tenants_the_sum_of_all_is_kept() -> None:
    async def story(at: Counting) -> None:
        at.phones = {f"t{number}": 1 for number in range(MOST_TENANTS + 1)}
        at.figures.begin("t1")
        await asyncio.sleep(1.5)
        assert at.history.recent("t1") == []
        del at.phones["t0"]
        at.figures.begin("t1")
        await asyncio.sleep(2)
        assert [one.registrations for _, one in at.history.recent(None)] == [
            MOST_TENANTS + 1,
            MOST_TENANTS,
            MOST_TENANTS,
        ]
        # What happened while nothing was kept of it is nobody's second.
        assert [one.started for _, one in at.history.recent("t1")] == [0, 0]

    in_virtual_time(story)


def test_a_loop_that_was_held_up_makes_up_for_nothing() -> None:
    async def story(at: Counting) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        await asyncio.sleep(1.5)
        loop._virtual.now += 5.0
        await asyncio.sleep(1.2)
        assert len(at.history.recent(None)) == 3

    in_virtual_time(story)
