"""Messages to tenants' webhooks in SQL, from the transaction that makes them until they are delivered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, Table, delete, func, select, update

from engine.ports import WebhookMessage
from engine.runtime.database.database import Database
from engine.runtime.database.tables import OutboxRow
from engine.runtime.database.upsert import insert_unknown
from engine.runtime.webhooks.outbox import Backlog, Dropped, Line, Waiting

_OUTBOX: Final[Table] = OutboxRow.metadata.tables["outbox"]


def insert_messages(connection: Connection, messages: Sequence[WebhookMessage]) -> None:
    """Put them at the end of their lines, within the connection's transaction; known ones are left as they are."""
    rows = [
        {
            "id": message.id,
            "tenant": message.tenant,
            "hook": message.hook,
            "at": datetime.fromtimestamp(message.at, UTC),
            "aside_us": 0,
            "body": message.body,
        }
        for message in messages
    ]
    insert_unknown(connection, _OUTBOX, rows)


class OutboxStore:
    """Satisfies `Outbox`. May be used on any loop. All errors are JournalError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def backlogs(self) -> dict[Line, Backlog]:
        """Of all lines that have one. Counts every message: for views, and now and then."""
        return await self._database.run(_backlogs)

    async def first(self, line: Line, at_most: int) -> list[Waiting]:
        """The first messages of a line, those that were set aside last."""
        query = (
            select(
                _OUTBOX.c.seq, _OUTBOX.c.id, _OUTBOX.c.at, _OUTBOX.c.body, (_OUTBOX.c.aside_us > 0).label("is_aside")
            )
            .where(_OUTBOX.c.tenant == line.tenant, _OUTBOX.c.hook == line.hook)
            .order_by(_OUTBOX.c.aside_us, _OUTBOX.c.seq)
            .limit(at_most)
        )
        rows = await self._database.run(lambda connection: connection.execute(query).all())
        return [Waiting(seq=row.seq, id=row.id, at=row.at, body=row.body, is_aside=row.is_aside) for row in rows]

    async def remove(self, seqs: Sequence[int]) -> None:
        """They are delivered, or given up."""
        statement = delete(_OUTBOX).where(_OUTBOX.c.seq.in_(seqs))
        await self._database.run(lambda connection: connection.execute(statement))

    async def set_aside(self, seq: int, at: datetime) -> None:
        """Let all others go first, also those that were set aside before `at`."""
        statement = update(_OUTBOX).where(_OUTBOX.c.seq == seq).values(aside_us=int(at.timestamp() * 1_000_000))
        await self._database.run(lambda connection: connection.execute(statement))

    async def drop(self, before: datetime, most: int) -> dict[Line, Dropped]:
        """Give up what happened before that, and the oldest of lines longer than `most`: how many of each line, for which reason."""
        return await self._database.run(lambda connection: _drop(connection, before, most))


def _backlogs(connection: Connection) -> dict[Line, Backlog]:
    query = select(
        _OUTBOX.c.tenant,
        _OUTBOX.c.hook,
        func.count(),
        func.count().filter(_OUTBOX.c.aside_us > 0),
        func.min(_OUTBOX.c.at),
    ).group_by(_OUTBOX.c.tenant, _OUTBOX.c.hook)
    return {
        Line(tenant, hook): Backlog(pending, aside, oldest)
        for tenant, hook, pending, aside, oldest in connection.execute(query)
    }


def _drop(connection: Connection, before: datetime, most: int) -> dict[Line, Dropped]:
    of_line = (_OUTBOX.c.tenant, _OUTBOX.c.hook)
    is_old = _OUTBOX.c.at < before
    old = {
        Line(tenant, hook): count
        for tenant, hook, count in connection.execute(select(*of_line, func.count()).where(is_old).group_by(*of_line))
    }
    if old:
        connection.execute(delete(_OUTBOX).where(is_old))
    over: dict[Line, int] = {}
    lengths = select(*of_line, func.count()).group_by(*of_line).having(func.count() > most)
    for tenant, hook, count in connection.execute(lengths).all():
        of_this = (_OUTBOX.c.tenant == tenant, _OUTBOX.c.hook == hook)
        last = select(_OUTBOX.c.seq).where(*of_this).order_by(_OUTBOX.c.seq).limit(1).offset(count - most - 1)
        connection.execute(delete(_OUTBOX).where(*of_this, _OUTBOX.c.seq <= last.scalar_subquery()))
        over[Line(tenant, hook)] = count - most
    return {line: Dropped(old.get(line, 0), over.get(line, 0)) for line in old.keys() | over.keys()}
