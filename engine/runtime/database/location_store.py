"""Bindings in SQL: `LocationStore` of `engine.ports`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, Table, bindparam, delete, select

from engine.ports import BindingKey, StoredBinding, WebhookMessage
from engine.runtime.database.database import Database
from engine.runtime.database.outbox_store import insert_messages
from engine.runtime.database.tables import BindingRow
from engine.runtime.database.upsert import Row, insert_or_replace
from engine.runtime.locations import BINDING_COLUMNS

_BINDING: Final[Table] = BindingRow.metadata.tables["binding"]
_KEY: Final = ("tenant", "number", "contact")


class SqlLocationStore:
    """Satisfies `LocationStore`. All errors are JournalError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(
        self,
        upserts: Iterable[StoredBinding],
        deletes: Iterable[BindingKey],
        messages: Sequence[WebhookMessage] = (),
    ) -> None:
        """All of it or nothing."""
        rows = [_row(binding) for binding in upserts]
        gone = [{f"_{name}": value for name, value in zip(_KEY, key, strict=True)} for key in deletes]
        await self._database.run(lambda connection: _save(connection, rows, gone, messages))

    def load(self) -> Mapping[BindingKey, StoredBinding]:
        """All of them; waits. Where the database is SQLite, `warm_bindings` does the same without SQLAlchemy."""
        return self._database.run_now(_load)


def _save(
    connection: Connection, rows: list[Row], gone: list[dict[str, str]], messages: Sequence[WebhookMessage]
) -> None:
    insert_or_replace(connection, _BINDING, rows)
    if gone:
        conditions = [_BINDING.c[name] == bindparam(f"_{name}") for name in _KEY]
        connection.execute(delete(_BINDING).where(*conditions), gone)
    insert_messages(connection, messages)


def _load(connection: Connection) -> dict[BindingKey, StoredBinding]:
    query = select(*[_BINDING.c[name] for name in BINDING_COLUMNS])
    bindings = [StoredBinding(**row) for row in connection.execute(query).mappings()]
    return {(binding.tenant, binding.number, binding.contact): binding for binding in bindings}


def _row(binding: StoredBinding) -> Row:
    return {name: getattr(binding, name) for name in BINDING_COLUMNS}
