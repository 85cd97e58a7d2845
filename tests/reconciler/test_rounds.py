"""When rounds happen: at once when asked, by the interval when not, later and later after failures; never two at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

from engine.config.ref import Revision
from reconciler.errors import WorkerLost
from reconciler.loop import INTERVAL_S, LONGEST_RETRY_S, Reconciler
from reconciler.restore import nothing
from reconciler.state import Held
from reconciler.worker.frames import Committed, NotTold, PlanTold, Question, Told
from reconciler.worker.order import Hold, Order
from reconciler.worker.verdict import Findings, Round
from tests.support.fake_engine import FakeEngine
from tests.support.virtual_loop import VirtualLoop

LOOK_S = 0.5


class ScriptedWorker:
    """Quiet rounds that take `LOOK_S`; fails for the first `failures` of them."""

    def __init__(self, failures: int = 0, lost_holds: int = 0) -> None:
        self.failures = failures
        self.lost_holds = lost_holds
        self.held: list[Hold | None] = []
        self.looks: list[float] = []
        self.at_once = 0
        self.on_look: Callable[[], object] = lambda: None

    async def look(self, held: Held, order: Order | None = None) -> Round:
        self.at_once += 1
        assert self.at_once == 1
        self.looks.append(asyncio.get_running_loop().time())
        self.on_look()
        await asyncio.sleep(LOOK_S)
        self.at_once -= 1
        if len(self.looks) <= self.failures:
            raise WorkerLost("it ended")
        return Round(number=len(self.looks), found=Findings())

    async def commit(self, number: int, revision: Revision, at: str, duration_s: float) -> Committed:
        return Committed(None)

    async def hold(self, hold: Hold | None) -> str | None:
        if self.lost_holds:
            self.lost_holds -= 1
            raise WorkerLost("it ended")
        self.held.append(hold)
        return None

    async def plan(self, sequence: int | None = None) -> PlanTold | NotTold:
        return NotTold("nothing is planned here")

    async def tell(self, question: Question) -> Told | NotTold:
        return NotTold("nothing is told here")

    async def close(self) -> None: ...


def follow(worker: ScriptedWorker, for_s: float, story: Callable[[Reconciler], Awaitable[None]] | None = None) -> None:
    """Let the reconciler run for that long, with `story` beside it."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        reconciler = Reconciler(
            engine=FakeEngine(),
            worker=worker,
            restored=nothing(),
            clock=lambda: datetime(2026, 11, 20, tzinfo=UTC),
            monotonic=loop.time,
            jitter=lambda: 1.0,
        )
        task = asyncio.create_task(reconciler.run())
        beside = asyncio.create_task(_nothing() if story is None else _told(story, reconciler))
        await asyncio.sleep(for_s)
        for running in (task, beside):
            running.cancel()
        await asyncio.gather(task, beside, return_exceptions=True)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())


async def _nothing() -> None: ...


async def _told(story: Callable[[Reconciler], Awaitable[None]], reconciler: Reconciler) -> None:
    await story(reconciler)


def pauses(worker: ScriptedWorker) -> list[float]:
    """Seconds between the end of a look and the next one."""
    return [round(after - before - LOOK_S, 3) for before, after in zip(worker.looks, worker.looks[1:], strict=False)]


def test_unasked_it_looks_by_the_interval() -> None:
    worker = ScriptedWorker()
    follow(worker, 3 * INTERVAL_S + 3)
    assert worker.looks[0] == 0.0
    assert pauses(worker) == [INTERVAL_S] * 3


def test_asked_it_looks_at_once_and_once() -> None:
    worker = ScriptedWorker()

    async def story(reconciler: Reconciler) -> None:
        await asyncio.sleep(2.0)
        for _ in range(5):
            reconciler.request()

    follow(worker, 4.0, story)
    assert worker.looks == [0.0, 2.0]


def test_an_edit_during_a_round_leads_to_another() -> None:
    worker = ScriptedWorker()

    async def story(reconciler: Reconciler) -> None:
        await asyncio.sleep(LOOK_S / 2)
        reconciler.request()

    follow(worker, 2.0, story)
    assert worker.looks == [0.0, LOOK_S]


def test_changes_of_the_source_ask() -> None:
    worker = ScriptedWorker()

    async def changes() -> AsyncIterator[None]:
        for _ in range(2):
            await asyncio.sleep(1.0)
            yield None

    async def story(reconciler: Reconciler) -> None:
        await reconciler.follow(changes())

    follow(worker, 4.0, story)
    assert worker.looks == [0.0, 1.0, 2.0]


def test_failures_are_tried_again_later_and_later() -> None:
    worker = ScriptedWorker(failures=8)
    follow(worker, 400.0)
    assert pauses(worker)[:9] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, LONGEST_RETRY_S, LONGEST_RETRY_S, INTERVAL_S]


def test_a_change_of_the_source_does_not_wait_for_the_next_try() -> None:
    worker = ScriptedWorker(failures=6)

    async def story(reconciler: Reconciler) -> None:
        await asyncio.sleep(40.0)
        reconciler.request()

    follow(worker, 41.0, story)
    assert worker.looks[-1] == 40.0


def test_a_child_that_ends_while_following_is_resumed_is_told_once_more() -> None:
    worker = ScriptedWorker(lost_holds=1)

    async def story(reconciler: Reconciler) -> None:
        await reconciler.resume("ada")

    follow(worker, 2.0, story)
    assert worker.held == [None]


def test_a_child_that_ends_twice_is_no_answer_to_resume() -> None:
    worker, told = ScriptedWorker(lost_holds=2), []

    async def story(reconciler: Reconciler) -> None:
        try:
            await reconciler.resume("ada")
        except WorkerLost as error:
            told.append(str(error))

    follow(worker, 2.0, story)
    assert (told, worker.held) == (["it ended"], [])
