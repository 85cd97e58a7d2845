"""All lines of webhooks: one task for each that has something to send, and the bounds on what waits.

Kept for seven days, and at most 200,000 messages a webhook: what is beyond is given up, counted and logged.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from engine.errors import EngineError
from engine.runtime.webhooks.http_post import MOST_CONNECTIONS
from engine.runtime.webhooks.line import DeliveryLine, LineState, Surroundings
from engine.runtime.webhooks.outbox import Hooks, Line, Outbox, Post

_log: Final = logging.getLogger("trunkline.webhooks")
KEPT: Final = timedelta(days=7)
MOST_WAITING: Final = 200_000
_LOOK_EVERY_S: Final = 60.0
_LAST_ANSWERS_S: Final = 1.0


class Dispatcher:
    """On one loop: `run` as a task, cancel it and `stop` at the end. `states` may be read from any thread.

    `counters`: delivered, failures (attempts that came to nothing), set aside, dropped: too old, dropped: too many.
    """

    def __init__(
        self,
        outbox: Outbox,
        post: Post,
        hooks: Hooks,
        *,
        wall: Callable[[], float],
        chance: Callable[[], float],
        turn: Callable[[], Awaitable[None]],
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._outbox = outbox
        self._wall = wall
        self._around = Surroundings(
            outbox=outbox,
            post=post,
            hooks=hooks,
            wall=wall,
            chance=chance,
            turn=turn,
            slots=asyncio.Semaphore(MOST_CONNECTIONS),
            stopping=asyncio.Event(),
            counters=self.counters,
        )
        self._lines: dict[Line, DeliveryLine] = {}
        self._tasks: dict[Line, asyncio.Task[None]] = {}
        self._look = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled: look after what waits, at first and every minute."""
        while True:
            self._look.clear()
            await self._look_after()
            try:
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self._look.wait()
            except TimeoutError:
                pass

    async def stop(self) -> None:
        """Begin nothing new; what is delivered within a second is confirmed, the rest goes on after the next start."""
        self._around.stopping.set()
        under_way = [task for line, task in self._tasks.items() if self._lines[line].is_posting]
        if under_way:
            await asyncio.wait(under_way, timeout=_LAST_ANSWERS_S)
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def grown(self, lines: Iterable[Line]) -> None:
        """More waits in these."""
        for line in lines:
            delivery = self._lines.get(line)
            if delivery is None:
                delivery = self._lines[line] = DeliveryLine(line, self._around)
            delivery.grown()
            if line not in self._tasks:
                task = asyncio.get_running_loop().create_task(delivery.run(), name=f"webhook {line}")
                self._tasks[line] = task
                task.add_done_callback(partial(self._ended, line))

    def changed(self) -> None:
        """Another configuration is in force."""
        for delivery in self._lines.values():
            delivery.changed()
        self._look.set()

    def states(self) -> dict[Line, LineState]:
        return {line: delivery.state for line, delivery in self._lines.copy().items()}

    def _ended(self, line: Line, task: asyncio.Task[None]) -> None:
        self._tasks.pop(line, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            # A bug of ours must not stop the others; the next look takes the line up again.
            _log.error("webhook %s: delivery failed", line, exc_info=error)

    async def _look_after(self) -> None:
        try:
            before = datetime.fromtimestamp(self._wall(), UTC) - KEPT
            for line, dropped in (await self._outbox.drop(before, MOST_WAITING)).items():
                self._note_dropped(line, dropped.old, "dropped: too old", f"they are older than {KEPT.days} days")
                self._note_dropped(line, dropped.over, "dropped: too many", f"more than {MOST_WAITING} wait")
            self.grown(await self._outbox.backlogs())
        except EngineError as error:
            _log.error("webhooks: the outbox can't be used: %s", error)

    def _note_dropped(self, line: Line, count: int, counter: str, why: str) -> None:
        if not count:
            return
        self.counters[counter] += count
        delivery = self._lines.setdefault(line, DeliveryLine(line, self._around))
        delivery.note_dropped(count)
        _log.error("webhook %s: %d messages are given up undelivered: %s", line, count, why)
