"""Tokens, sessions and the audit trail in SQL: `AccessStore` of `engine.ports`, but for its `problem`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from engine.ports import AuditEntry, AuditFilter, StoredToken
from engine.runtime.database.database import Database
from engine.runtime.database.tables import AuditRow, TokenRow
from engine.runtime.database.upsert import insert_or_replace

_TOKEN: Final[Table] = TokenRow.metadata.tables["token"]
_AUDIT: Final[Table] = AuditRow.metadata.tables["audit"]
_TOKEN_COLUMNS: Final = tuple(field.name for field in fields(StoredToken))


class SqlAccessStore:
    """All errors are JournalError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tokens(self) -> Sequence[StoredToken]:
        query = select(*[_TOKEN.c[name] for name in _TOKEN_COLUMNS])
        return await self._database.read(
            lambda connection: [StoredToken(**row) for row in connection.execute(query).mappings()]
        )

    async def put_token(self, token: StoredToken) -> None:
        await self._database.run(lambda connection: insert_or_replace(connection, _TOKEN, [asdict(token)]))

    async def tokens_used(self, used: Mapping[str, datetime]) -> None:
        rows = [{"_id": id_, "_at": at} for id_, at in used.items()]
        statement = update(_TOKEN).where(_TOKEN.c.id == bindparam("_id")).values(last_used_at=bindparam("_at"))
        if rows:
            await self._database.run(lambda connection: connection.execute(statement, rows))

    async def remove_tokens(self, ids: Sequence[str]) -> None:
        statement = delete(_TOKEN).where(_TOKEN.c.id.in_(ids))
        await self._database.run(lambda connection: connection.execute(statement))

    async def add_audit(self, entries: Sequence[AuditEntry]) -> None:
        rows = [_row(entry) for entry in entries]
        if rows:
            await self._database.run(lambda connection: connection.execute(insert(_AUDIT), rows))

    async def audit(self, wanted: AuditFilter) -> Sequence[AuditEntry]:
        query = select(_AUDIT).order_by(_AUDIT.c.seq.desc()).limit(wanted.limit)
        if wanted.tenant is not None:
            query = query.where(_AUDIT.c.tenant == _stored(wanted.tenant))
        if wanted.since is not None:
            query = query.where(_AUDIT.c.at >= wanted.since)
        if wanted.before is not None:
            query = query.where(_AUDIT.c.seq < wanted.before)
        return await self._database.read(
            lambda connection: [AuditEntry(**row) for row in connection.execute(query).mappings()]
        )

    async def clear_audit(self, before: datetime) -> int:
        statement = delete(_AUDIT).where(_AUDIT.c.at < before)

        def clear(connection: Connection) -> int:
            return connection.execute(statement).rowcount

        return await self._database.run(clear)


def _row(entry: AuditEntry) -> dict[str, object]:
    row = asdict(entry)
    del row["seq"]
    return {name: _stored(value) if isinstance(value, str) else value for name, value in row.items()}


def _stored(text: str) -> str:
    """Without what no database takes."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
