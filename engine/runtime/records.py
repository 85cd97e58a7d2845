"""Closed calls on their way from the journal to the record store, off the call path.

Batches; a store that fails is tried again with growing pauses while the journal keeps what waits. Surprising: after a failure
batches shrink down to one record, and one that fails alone goes to the end: a single record that the store can't take
holds up no other. What is told of a call goes into the store with its record, in one transaction.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Final

from engine.cdr import CallDetailRecord
from engine.errors import EngineError
from engine.ports import RecordStore, WebhookMessage
from engine.runtime.journal import Journal
from engine.webhooks.announcer import Announcer

_log: Final = logging.getLogger("trunkline.storage")
_BATCH: Final = 500
_IDLE_S: Final = 0.2
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 10.0


class RecordWriter:
    """Run `run` as a task; cancel it and `drain` at the end. `counters`: stored, failures.

    `announcer`: who is told of a call; `told`: is given what has been stored for that.
    """

    def __init__(
        self,
        journal: Journal,
        store: RecordStore,
        announcer: Announcer | None = None,
        told: Callable[[Sequence[WebhookMessage]], None] | None = None,
        *,
        idle_s: float = _IDLE_S,
    ) -> None:
        self._journal = journal
        self._store = store
        self._announcer = announcer
        self._told = told
        self._idle_s = idle_s
        self._waiting: deque[CallDetailRecord] = deque()
        self._batch = _BATCH
        self._pause_s = 0.0
        self.problem: str | None = None
        self.counters: Counter[str] = Counter()

    async def run(self) -> None:
        """Until cancelled. What was taken and not stored by then is still known to `drain`, and to the journal."""
        while True:
            found = await self.step()
            # A batch costs a commit, whatever is in it: for a few records it is not worth one at once.
            hurries = found and (self.problem is not None or bool(self._waiting) or self._journal.waiting >= _BATCH)
            await asyncio.sleep(self._pause_s if hurries else self._idle_s)

    async def drain(self, timeout_s: float) -> int:
        """Store what is left, as far as it goes in that time; how many calls stay in the journal for the next start."""
        try:
            async with asyncio.timeout(timeout_s):
                while await self.step():
                    await asyncio.sleep(self._pause_s)
        except TimeoutError:
            pass
        return self._journal.unconfirmed

    async def step(self) -> bool:
        """One batch; whether there was anything to do. Nothing is stored before it is known whom to tell."""
        if self._announcer is not None and not self._announcer.is_ready:
            return False
        room = _BATCH - len(self._waiting)
        if room > 0:
            self._waiting.extend(self._journal.take_closed(room))
        if not self._waiting:
            return await self._refill()
        batch = [self._waiting[index] for index in range(min(self._batch, len(self._waiting)))]
        messages = await self._messages(batch)
        try:
            documents = [self._journal.document(record.call_id) for record in batch]
            await self._store.insert(batch, documents, messages)
        except EngineError as error:
            self._failed(batch, error)
            return True
        for _ in batch:
            self._waiting.popleft()
        self._journal.stored([record.call_id for record in batch])
        self.counters["stored"] += len(batch)
        if messages and self._told is not None:
            self._told(messages)
        self._batch = min(_BATCH, self._batch * 8)
        self._pause_s = 0.0
        if self.problem is not None:
            _log.warning("call records are stored again")
            self.problem = None
        return True

    async def _messages(self, batch: list[CallDetailRecord]) -> list[WebhookMessage]:
        announcer = self._announcer
        if announcer is None:
            return []
        wanted = [record for record in batch if announcer.wants(record)]
        if not wanted:
            return []
        # In a thread: hundreds of them are tens of milliseconds, for which the loop has no time.
        return await asyncio.to_thread(lambda: [one for one in map(announcer.of_record, wanted) if one is not None])

    async def _refill(self) -> bool:
        spill = self._journal.spilled()
        if spill is None:
            return False
        try:
            found = await asyncio.to_thread(self._journal.scan_spill, spill)
        except EngineError as error:
            self._say(error)
            return True
        self._journal.refill(spill, found)
        return True

    def _failed(self, batch: list[CallDetailRecord], error: EngineError) -> None:
        self._say(error)
        if len(batch) > 1:
            self._batch = max(1, len(batch) // 8)
        else:
            self._waiting.rotate(-1)

    def _say(self, error: EngineError) -> None:
        self.counters["failures"] += 1
        self._pause_s = min(_LONGEST_PAUSE_S, max(_FIRST_PAUSE_S, self._pause_s * 2))
        if self.problem is None:
            _log.error("call records can't be stored: %s; they wait in the journal", error)
        self.problem = str(error)
