"""Ten minutes of figures, kept in virtual time whether somebody watches or not."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.call.figures import CallFigures
from engine.live_event import Figures
from engine.runtime.rate_history import SECONDS, RateHistory
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


def test_a_thousand_tenants_have_their_seconds_too() -> None:
    async def story(at: Counting) -> None:
        names = [f"t{number}" for number in range(1_000)]
        at.phones = dict.fromkeys(names, 2)
        await asyncio.sleep(1.5)
        at.figures.begin("t7")
        at.live["t7"] = 1
        await asyncio.sleep(1)
        del at.phones["t7"]
        at.figures.end(record(1, tenant="t7"))
        del at.live["t7"]
        await asyncio.sleep(2)
        quiet = Figures(registrations=2)
        assert [one for _, one in at.history.recent("t8")] == [quiet] * 4
        assert [one for _, one in at.history.recent("t7")] == [quiet, Figures(1, 2, 1), Figures(ended=1), Figures()]
        everything = [one for _, one in at.history.recent(None)]
        assert everything[1:] == [Figures(1, 2_000, 1), Figures(0, 1_998, ended=1), Figures(0, 1_998)]

    in_virtual_time(story)


def test_how_a_tenant_stands_is_known_though_nothing_of_it_was_otherwise_for_long() -> None:
    async def story(at: Counting) -> None:
        await asyncio.sleep(SECONDS + 100.5)
        kept = at.history.recent("acme")
        assert len(kept) == SECONDS
        assert {one for _, one in kept} == {Figures(registrations=3)}
        assert [one for _, one in at.history.recent("nobody")] == [Figures()] * SECONDS
        at.phones = {}
        await asyncio.sleep(SECONDS + 1)
        assert {one for _, one in at.history.recent("acme")} == {Figures()}

    in_virtual_time(story)


def test_where_very_much_happens_tenants_reach_back_less_far_and_say_what_was() -> None:
    async def story(at: Counting) -> None:
        at.history.stop()
        at.history = RateHistory(at, at.now, most_rows=100)
        at.history.start()
        at.phones = {}
        for _ in range(30):
            for number in range(10):
                at.figures.begin(f"t{number}")
            await asyncio.sleep(1)
        kept = at.history.recent("t1")
        assert [one for _, one in kept] == [Figures(started=1)] * 10
        assert kept[-1][0] == at.history.recent(None)[-1][0]
        assert len(at.history.recent(None)) == 30

    in_virtual_time(story)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from(["acme", "beta", "gamma"]), st.sampled_from(["call", "end", "phone", "no phone"])
            ),
            max_size=4,
        ),
        min_size=1,
        max_size=20,
    )
)
def test_each_tenant_is_told_what_it_would_be_if_all_was_kept(seconds: list[list[tuple[str, str]]]) -> None:
    async def story(at: Counting) -> None:
        at.phones = {}
        expected: dict[str, list[Figures]] = {"acme": [], "beta": [], "gamma": []}
        await asyncio.sleep(0.5)
        for second in seconds:
            begun: Counter[str] = Counter()
            ended: Counter[str] = Counter()
            for tenant, what in second:
                if what == "call":
                    at.figures.begin(tenant)
                    at.live[tenant] = at.live.get(tenant, 0) + 1
                    begun[tenant] += 1
                elif what == "end" and at.live.get(tenant):
                    at.figures.end(record(1, tenant=tenant))
                    at.live[tenant] -= 1
                    ended[tenant] += 1
                elif what == "phone":
                    at.phones[tenant] = at.phones.get(tenant, 0) + 1
                elif what == "no phone":
                    at.phones.pop(tenant, None)
            for tenant, told in expected.items():
                told.append(
                    Figures(at.live.get(tenant, 0), at.phones.get(tenant, 0), begun[tenant], 0, ended[tenant], 0, 0)
                )
            await asyncio.sleep(1)
        for tenant, told in expected.items():
            assert [one for _, one in at.history.recent(tenant)] == told

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
