"""The database beside the engine: brought in after SIP answers, fed by the two writers, asked for records, emptied by webhooks.

A database that can't be opened stops no call: records wait in the journal, registrations in memory, and it is tried again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from engine.cdr import CallDetailRecord
from engine.cdr_filter import CdrFilter
from engine.config.secret import NO_SECRETS, Secrets
from engine.config.snapshot import TenantSnapshot
from engine.errors import EngineError, JournalError
from engine.identity import CallId
from engine.ports import Documents, WebhookMessage
from engine.registrar.registrar import Registrar
from engine.runtime.balance_book import BalanceBook
from engine.runtime.identifiers import RandomIdentifiers
from engine.runtime.journal import Journal
from engine.runtime.locations import LocationWriter
from engine.runtime.records import RecordWriter
from engine.runtime.upkeep import Upkeep
from engine.runtime.webhooks.configured import configured, webhook_views
from engine.runtime.webhooks.delivery import Delivery
from engine.runtime.webhooks.outbox import Hook, Line
from engine.views import StorageFigures, WebhookView
from engine.webhooks.announcer import Announcer

if TYPE_CHECKING:
    from engine.runtime.database.access_store import SqlAccessStore
    from engine.runtime.database.balance_store import SqlBalanceStore
    from engine.runtime.database.database import Database
    from engine.runtime.database.outbox_store import OutboxStore
    from engine.runtime.database.preference_store import SqlPreferenceStore
    from engine.runtime.database.record_store import SqlRecordStore

_log: Final = logging.getLogger("trunkline.storage")
_RETRY_S: Final = 10.0

Tenants = Mapping[str, TenantSnapshot]


def _nobody() -> Tenants:
    return {}


def _no_secrets() -> Secrets:
    return NO_SECRETS


class Storage:
    """Satisfies `KeptCdrs` and `WebhookQuery`. `start` once the loop runs, `stop` before the journal is closed.

    `where`: an SQLite file or a database URL; `now`, `wall`: the engine's clocks, monotonic and UNIX seconds; `retention`: for how many
    days each tenant keeps its records, 0 = for ever; `tenants`, `secrets`: as configured at this moment, asked from two threads, None
    while nothing has been configured yet.
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
        tenants: Callable[[], Tenants | None] = _nobody,
        secrets: Callable[[], Secrets] = _no_secrets,
    ) -> None:
        self._where = where
        self._journal = journal
        self._registrar = registrar
        self._now = now
        self._wall = wall
        self._retention = retention
        self._tenants = tenants
        self._secrets = secrets
        self._epoch = token_hex(8)
        self._announcer = Announcer(tenants, RandomIdentifiers().uuid7)
        self.book: BalanceBook | None = None
        self._balance_store: SqlBalanceStore | None = None
        self._outbox: OutboxStore | None = None
        self.access_store: SqlAccessStore | None = None
        self.preference_store: SqlPreferenceStore | None = None
        self._delivery: Delivery | None = None
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
        return records.problem or locations.problem or (None if self.book is None else self.book.problem)

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
            if self.book is not None:
                await self.book.write()
            left, _ = await asyncio.gather(records.drain(timeout_s), locations.drain(timeout_s))
            if left:
                _log.warning("%d call records wait in the journal for the next start", left)
        if self._delivery is not None:
            await asyncio.to_thread(self._delivery.stop)
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

    async def call_ids(self, beginning: str, tenant: str | None) -> Sequence[CallId]:
        """As `CdrQuery`; JournalError while the database is not open."""
        return await self._store().call_ids(beginning, tenant)

    def version(self) -> str | None:
        """As `KeptCdrs`; this process alone writes, so what it has stored and taken away says it."""
        if self._writers is None or self._upkeep is None:
            return None
        return f"{self._epoch}-{self._writers[0].counters['stored']}-{self._upkeep.steps}"

    async def webhooks(self) -> Sequence[WebhookView]:
        """As `WebhookQuery`; JournalError while the database is not open."""
        if self._outbox is None or self._delivery is None:
            raise JournalError(f"webhooks can't be looked at now: {self._opening_problem}")
        return webhook_views(self._tenants() or {}, await self._outbox.backlogs(), self._delivery.states())

    def webhooks_changed(self) -> None:
        """Another configuration or other secrets are in force."""
        if self._delivery is not None:
            self._delivery.changed()

    def figures(self) -> StorageFigures:
        records, locations = self._writers or (None, None)
        return StorageFigures(
            problem=self.problem is not None or self._journal.problem is not None,
            unconfirmed=self._journal.unconfirmed,
            changes=0 if locations is None else locations.waiting,
            queue=0 if self._database is None else self._database.waiting,
            journal=dict(self._journal.counters),
            records={} if records is None else dict(records.counters),
            locations={} if locations is None else dict(locations.counters),
        )

    def webhook_counters(self) -> Counter[str]:
        """What came of webhooks since the start, ever rising."""
        return Counter() if self._delivery is None else self._delivery.counters()

    def _hook(self, line: Line) -> Hook | None:
        return configured(self._tenants() or {}, self._secrets(), line)

    def _told(self, messages: Sequence[WebhookMessage]) -> None:
        if self._delivery is not None:
            self._delivery.grown({Line(message.tenant, message.hook) for message in messages})

    def _store(self) -> SqlRecordStore:
        if self._records is None:
            raise JournalError(f"call records can't be read now: {self._opening_problem}")
        return self._records

    async def _run(self) -> None:
        while not await self._open():
            await asyncio.sleep(_RETRY_S)
        if self._writers is not None and self._upkeep is not None:
            records, locations = self._writers
            await asyncio.gather(records.run(), locations.run(), self._upkeep.run(), self._keep_book())

    async def _keep_book(self) -> None:
        if self.book is not None and self._balance_store is not None:
            await self.book.run(self._balance_store)

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
        from engine.runtime.database.access_store import SqlAccessStore
        from engine.runtime.database.balance_store import SqlBalanceStore
        from engine.runtime.database.location_store import SqlLocationStore
        from engine.runtime.database.outbox_store import OutboxStore
        from engine.runtime.database.preference_store import SqlPreferenceStore
        from engine.runtime.database.record_store import SqlRecordStore

        self._database = database
        self.access_store = SqlAccessStore(database)
        self._balance_store = SqlBalanceStore(database)
        self.preference_store = SqlPreferenceStore(database)
        self._outbox = OutboxStore(database)
        self._delivery = Delivery(self._outbox, self._hook)
        self._delivery.start()
        self._records = SqlRecordStore(database)
        self._writers = (
            RecordWriter(self._journal, self._records, self._announcer, self._told),
            LocationWriter(
                self._registrar,
                SqlLocationStore(database),
                self._announcer,
                self._told,
                now=self._now,
                wall=self._wall,
            ),
        )
        self._upkeep = Upkeep(database, self._retention, self._wall)
        self._opening_problem = None


def _open_database(where: Path | str) -> Database:
    # Imported here, in the thread: together these take about a second.
    from engine.runtime.database import access_store, location_store, preference_store, record_store, upkeep  # noqa: F401
    from engine.runtime.database.database import Database

    return Database.open(where)
