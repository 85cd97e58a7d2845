"""The feed on the loop, in virtual time: ten looks a second, a storm in slices, a second's figures, and nothing while nobody watches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from engine.live_event import LiveEvent, Missed, Rates, RegistrationChanged
from engine.marks import Marks
from engine.runtime.feed import Feed
from engine.runtime.gathering import SLICE
from tests.support.pbx import EPOCH, Pbx
from tests.support.pbx_feed import PbxSources
from tests.support.virtual_loop import VirtualLoop

NUMBERS = tuple(str(number) for number in range(100, 120))


class Stand:
    """A PBX with twenty phones, and its feed."""

    def __init__(self) -> None:
        self.pbx = Pbx(*NUMBERS)
        self.sources = PbxSources(self.pbx)
        self.phones = [self.pbx.registered(number, 5000 + index) for index, number in enumerate(NUMBERS)]
        self.feed = Feed(self.sources, self._mark, lambda: datetime(2026, 1, 1, tzinfo=UTC))
        self.told: list[tuple[float, list[str]]] = []

    def _mark(self, marks: Marks | None) -> None:
        self.pbx.stack.marks = self.pbx.registrar.marks = marks

    def take(self, events: Sequence[LiveEvent]) -> None:
        names = [type(event).__name__ for event in events]
        self.told.append((round(asyncio.get_running_loop().time(), 3), names))


def in_virtual_time(story: Callable[[Stand], Awaitable[None]]) -> None:
    async def main() -> None:
        at = Stand()
        await story(at)
        at.feed.close()
        assert at.pbx.stack.marks is None

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())


def test_what_is_marked_is_told_within_a_tenth_of_a_second() -> None:
    async def story(at: Stand) -> None:
        at.feed.watch(at.take)
        await asyncio.sleep(0.25)
        at.phones[0].register()
        await asyncio.sleep(0.5)
        assert at.told == [(0.3, ["RegistrationChanged"])]

    in_virtual_time(story)


def test_each_second_has_its_rates() -> None:
    async def story(at: Stand) -> None:
        at.feed.watch(at.take)
        await asyncio.sleep(3.05)
        assert at.told == [(second, ["Rates"]) for second in (1.0, 2.0, 3.0)]

    in_virtual_time(story)


def test_a_storm_is_told_in_slices_between_which_the_loop_turns() -> None:
    async def story(at: Stand) -> None:
        at.feed.watch(at.take)
        marks = at.pbx.registrar.marks
        assert marks is not None
        for number in range(3 * SLICE):
            marks.registrations["acme", "101", f"sip:{number}"] = "expired"
        await asyncio.sleep(0.2)
        assert [(when, len(names)) for when, names in at.told] == [(0.1, SLICE), (0.11, SLICE), (0.12, SLICE)]

    in_virtual_time(story)


def test_looking_late_is_not_made_up_for() -> None:
    async def story(at: Stand) -> None:
        at.feed.watch(at.take)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop._virtual.now += 5.0  # the process was held up
        await asyncio.sleep(0.5)
        assert [names for _, names in at.told] == [["Rates"]]

    in_virtual_time(story)


def test_two_watch_and_the_end_of_one_is_not_that_of_the_other() -> None:
    async def story(at: Stand) -> None:
        others: list[LiveEvent] = []
        end = at.feed.watch(at.take)
        at.feed.watch(others.extend)
        end()
        end()  # twice is once
        at.phones[0].register()
        await asyncio.sleep(0.2)
        assert at.told == []
        assert [type(event) for event in others] == [RegistrationChanged]

    in_virtual_time(story)


def test_when_the_last_one_leaves_nothing_is_marked_and_no_timer_runs() -> None:
    async def story(at: Stand) -> None:
        end = at.feed.watch(at.take)
        at.phones[0].register()
        end()
        assert (at.pbx.stack.marks, at.pbx.registrar.marks) == (None, None)
        await asyncio.sleep(5)
        assert at.told == []
        at.feed.watch(at.take)
        await asyncio.sleep(0.2)
        assert at.told == []  # what went before was not for this one

    in_virtual_time(story)


def test_a_bug_in_who_is_told_ends_nothing() -> None:
    async def story(at: Stand) -> None:
        def broken(events: Sequence[LiveEvent]) -> None:
            raise ValueError("a bug")

        at.feed.watch(broken)
        at.feed.watch(at.take)
        await asyncio.sleep(2.05)
        assert [names for _, names in at.told] == [["Rates"], ["Rates"]]

    in_virtual_time(story)


def test_a_bug_of_ours_makes_all_look_anew() -> None:
    async def story(at: Stand) -> None:
        told: list[LiveEvent] = []
        at.feed.watch(told.extend)
        at.sources.live_registration = _broken  # type: ignore[assignment,method-assign]
        at.phones[0].register()
        await asyncio.sleep(0.2)
        assert told == [Missed(0)]
        await asyncio.sleep(1)
        assert isinstance(told[-1], Rates)

    in_virtual_time(story)


def _broken(_: object) -> None:
    raise ValueError("a bug")


def test_the_rates_are_those_of_the_pbx() -> None:
    async def story(at: Stand) -> None:
        told: list[LiveEvent] = []
        at.feed.watch(told.extend)
        await asyncio.sleep(1.05)
        (rates,) = told
        assert isinstance(rates, Rates)
        assert (rates.at, rates.all.registrations) == (EPOCH, len(NUMBERS))

    in_virtual_time(story)
