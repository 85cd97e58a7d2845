"""What people have set, in SQL: `PreferenceStore` of `engine.ports`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Table, bindparam, delete, select

from engine.ports import PreferenceStore
from engine.preferences import PreferenceKey, Preferences
from engine.runtime.database.database import Database
from engine.runtime.database.tables import PreferenceRow
from engine.runtime.database.upsert import insert_or_replace
from engine.runtime.preference_keeper import PREFERENCE_COLUMNS, readable

_PREFERENCE: Final[Table] = PreferenceRow.metadata.tables["preference"]


class SqlPreferenceStore(PreferenceStore):
    """All errors are JournalError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_preferences(self, preferences: Preferences) -> None:
        row = {"tenant": preferences.tenant, "extension": preferences.extension, "document": preferences.text}
        await self._database.run(lambda connection: insert_or_replace(connection, _PREFERENCE, [row]))

    async def remove_preferences(self, keys: Sequence[PreferenceKey]) -> None:
        rows = [{"_tenant": tenant, "_extension": extension} for tenant, extension in keys]
        statement = delete(_PREFERENCE).where(
            _PREFERENCE.c.tenant == bindparam("_tenant"), _PREFERENCE.c.extension == bindparam("_extension")
        )
        if rows:
            await self._database.run(lambda connection: connection.execute(statement, rows))

    async def preferences(self) -> Sequence[Preferences]:
        query = select(*[_PREFERENCE.c[name] for name in PREFERENCE_COLUMNS])
        rows = await self._database.read(lambda connection: [tuple(row) for row in connection.execute(query)])
        return readable(rows)
