"""The audit trail: every command leaves a line in the log and an entry in the store, who gave it and what came of it (law 8).

A store that can't be reached stops no command: entries wait, as many as `MOST_WAITING`, and the log has them in any case.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

from fastapi import HTTPException

from api.caller import CONTROL_SOCKET, Caller
from engine.errors import EngineError
from engine.ports import AuditEntry, AuditStore
from reconciler.errors import ReconcileError

log = logging.getLogger("trunkline.audit")

KEPT: Final = timedelta(days=365)
MOST_WAITING: Final = 10_000
WRITE_S: Final = 2.0
TRY_AGAIN_S: Final = 10.0
CLEAR_S: Final = 86_400.0
LONGEST: Final = 500


class Audit:
    """`run` writes what waits and removes what is older than a year."""

    def __init__(self, store: AuditStore, wall: Callable[[], datetime]) -> None:
        self._store = store
        self._wall = wall
        self._waiting: deque[AuditEntry] = deque()
        self._writing = asyncio.Lock()
        self.lost = 0

    @asynccontextmanager
    async def order(
        self, caller: Caller, what: str, target: str, *, tenant: str | None = None, author: str = ""
    ) -> AsyncIterator[None]:
        """Around a command: what it raises is its result."""
        who = f"{caller.name}: {author}" if caller is CONTROL_SOCKET and author else caller.name
        try:
            yield
        except (EngineError, ReconcileError, HTTPException) as error:
            await self.note(who, what, target, tenant, f"refused: {error}")
            raise
        except BaseException as error:
            await self.note(who, what, target, tenant, f"failed: {type(error).__name__}")
            raise
        await self.note(who, what, target, tenant, "done")

    async def note(self, who: str, what: str, target: str, tenant: str | None, result: str) -> None:
        entry = AuditEntry(
            at=self._wall(),
            who=who[:LONGEST],
            what=what,
            target=target[:LONGEST],
            tenant=tenant,
            result=result[:LONGEST],
        )
        log.info("audit: who=%r what=%r target=%r tenant=%s result=%r", who, what, target, tenant or "-", entry.result)
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.lost += 1
        self._waiting.append(entry)
        try:
            await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(self.write())), WRITE_S)
        except TimeoutError:
            pass  # it goes on, and `run` tries again

    async def write(self) -> None:
        """What waits, as far as the store takes it."""
        async with self._writing:
            entries = list(self._waiting)
            if not entries:
                return
            try:
                await self._store.add_audit(entries)
            except EngineError as error:
                log.warning("%d audit entries wait: %s", len(entries), error)
                return
            for _ in entries:
                self._waiting.popleft()

    async def run(self) -> None:
        """Until cancelled."""
        since_clear = CLEAR_S
        while True:
            await self.write()
            if since_clear >= CLEAR_S:
                try:
                    await self._store.clear_audit(self._wall() - KEPT)
                    since_clear = 0.0
                except EngineError:
                    pass  # the database is not open yet
            await asyncio.sleep(TRY_AGAIN_S)
            since_clear += TRY_AGAIN_S
