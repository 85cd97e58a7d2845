"""The database beside the engine: brought in after SIP answers, fed by the two writers, asked for records.

A database that can't be opened stops no call: records wait in the journal, registrations in memory, and it is tried again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.cdr import CallDetailRecord
from engine.cdr_filter import CdrFilter
from engine.errors import EngineError, JournalError
from engine.identity import CallId
from engine.ports import Documents
from engine.registrar.registrar import Registrar
from engine.runtime.journal import Journal
from engine.runtime.locations import LocationWriter
from engine.runtime.records import RecordWriter
from engine.runtime.upkeep import Upkeep

if TYPE_CHECKING:
    from engine.runtime.database.database import Database
    from engine.runtime.database.record_store import SqlRecordStore

_log: Final = logging.getLogger(__name__)
_RETRY_S: Final = 10.0


class Storage:
    """Satisfies `CdrQuery`. `start` once the loop runs, `stop` before the journal is closed.

    `where`: an SQLite file or a database URL; `now`, `wall`: the engine's clocks, monotonic and UNIX seconds; `retention`: for how many
    days each tenant keeps its records, 0 = for ever.
    """

    def __init__(
        self,
        where: Path | str,
        journal: Journal,
        registrar: Registrar,
        *,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        retention: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self._where = where
        self._journal = journal
        self._registrar = registrar
        self._now = now
        self._wall = wall
        self._retention = retention
        self._database: Database | None = None
        self._records: SqlRecordStore | None = None
        self._writers: tuple[RecordWriter, LocationWriter] | None = None
        self._upkeep: Upkeep | None = None
        self._opening_problem: str | None = "the database is not open yet"
        self._task: asyncio.Task[None] | None = None

    @property
    def problem(self) -> str | None:
        """What keeps records or registrations from being stored now; None if nothing."""
        if self._writers is None:
            return self._opening_problem
        records, locations = self._writers
        return records.problem or locations.problem

    def start(self) -> None:
        """Open the database in the background and feed it."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="storage")

    async def stop(self, timeout_s: float = 10.0) -> None:
        """Store what is left, as far as it goes in that time; the rest of the records stays in the journal."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._writers is not None:
            records, locations = self._writers
            left, _ = await asyncio.gather(records.drain(timeout_s), locations.drain(timeout_s))
            if left:
                _log.warning("%d call records wait in the journal for the next start", left)
        if self._database is not None:
            await asyncio.to_thread(self._database.close)

    async def cdrs(self, wanted: CdrFilter) -> Sequence[CallDetailRecord]:
        """As `CdrQuery`; JournalError while the database is not open."""
        return await self._store().cdrs(wanted)

    async def documents(self, wanted: CdrFilter) -> Documents:
        """As `CdrQuery`; JournalError while the database is not open."""
        return await self._store().documents(wanted)

    async def cdr(self, call_id: CallId) -> CallDetailRecord:
        """As `CdrQuery`; JournalError while the database is not open."""
        return await self._store().cdr(call_id)

    def _store(self) -> SqlRecordStore:
        if self._records is None:
            raise JournalError(f"call records can't be read now: {self._opening_problem}")
        return self._records

    async def _run(self) -> None:
        while not await self._open():
            await asyncio.sleep(_RETRY_S)
        if self._writers is not None and self._upkeep is not None:
            records, locations = self._writers
            await asyncio.gather(records.run(), locations.run(), self._upkeep.run())

    async def _open(self) -> bool:
        opening = asyncio.get_running_loop().run_in_executor(None, _open_database, self._where)
        try:
            self._use(await asyncio.shield(opening))
        except asyncio.CancelledError:
            # The thread can't be stopped; what it opens is for `stop` to fill and close.
            try:
                self._use(await opening)
            except EngineError:
                pass
            raise
        except EngineError as error:
            if self._opening_problem != str(error):
                _log.error("%s; calls go on, their records wait in the journal", error)
            self._opening_problem = str(error)
            return False
        return True

    def _use(self, database: Database) -> None:
        from engine.runtime.database.location_store import SqlLocationStore
        from engine.runtime.database.record_store import SqlRecordStore

        self._database = database
        self._records = SqlRecordStore(database)
        self._writers = (
            RecordWriter(self._journal, self._records),
            LocationWriter(self._registrar, SqlLocationStore(database), now=self._now, wall=self._wall),
        )
        self._upkeep = Upkeep(database, self._retention, self._wall)
        self._opening_problem = None


def _open_database(where: Path | str) -> Database:
    # Imported here, in the thread: together these take about a second.
    from engine.runtime.database import location_store, record_store, upkeep  # noqa: F401
    from engine.runtime.database.database import Database

    return Database.open(where)
