"""What the API keeps about those who ask, behind a database that may not be open yet: `AccessStore` of `engine.ports`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from engine.errors import JournalError
from engine.ports import AuditEntry, AuditFilter, StoredToken

if TYPE_CHECKING:
    from engine.runtime.database.access_store import SqlAccessStore
    from engine.runtime.storage import Storage


class AccessRecords:
    """JournalError from all of it while the database is not open."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @property
    def problem(self) -> str | None:
        return self._storage.problem

    async def tokens(self) -> Sequence[StoredToken]:
        return await self._store().tokens()

    async def put_token(self, token: StoredToken) -> None:
        await self._store().put_token(token)

    async def tokens_used(self, used: Mapping[str, datetime]) -> None:
        await self._store().tokens_used(used)

    async def remove_tokens(self, ids: Sequence[str]) -> None:
        await self._store().remove_tokens(ids)

    async def add_audit(self, entries: Sequence[AuditEntry]) -> None:
        await self._store().add_audit(entries)

    async def audit(self, wanted: AuditFilter) -> Sequence[AuditEntry]:
        return await self._store().audit(wanted)

    async def clear_audit(self, before: datetime) -> int:
        return await self._store().clear_audit(before)

    def _store(self) -> SqlAccessStore:
        store = self._storage.access_store
        if store is None:
            raise JournalError(f"tokens and the audit trail can't be reached now: {self._storage.problem}")
        return store
