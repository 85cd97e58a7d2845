"""Tokens, sessions and the audit trail in memory. Satisfies `AccessStore`; `problem`: why all of it fails, None = it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from engine.errors import JournalError
from engine.ports import AuditEntry, AuditFilter, StoredToken


class MemoryAccess:
    def __init__(self) -> None:
        self.kept: dict[str, StoredToken] = {}
        self.trail: list[AuditEntry] = []
        self.problem: str | None = None
        self.asked = 0

    async def tokens(self) -> Sequence[StoredToken]:
        self._check()
        return list(self.kept.values())

    async def put_token(self, token: StoredToken) -> None:
        self._check()
        self.kept[token.id] = token

    async def tokens_used(self, used: Mapping[str, datetime]) -> None:
        self._check()
        for id_, at in used.items():
            self.kept[id_] = replace(self.kept[id_], last_used_at=at)

    async def remove_tokens(self, ids: Sequence[str]) -> None:
        self._check()
        for id_ in ids:
            self.kept.pop(id_, None)

    async def add_audit(self, entries: Sequence[AuditEntry]) -> None:
        self._check()
        self.trail += [replace(entry, seq=len(self.trail) + count) for count, entry in enumerate(entries, 1)]

    async def audit(self, wanted: AuditFilter) -> Sequence[AuditEntry]:
        self._check()
        found = [
            entry
            for entry in reversed(self.trail)
            if (wanted.tenant is None or entry.tenant == wanted.tenant)
            and (wanted.since is None or entry.at >= wanted.since)
            and (wanted.before is None or entry.seq < wanted.before)
        ]
        return found[: wanted.limit]

    async def clear_audit(self, before: datetime) -> int:
        self._check()
        kept = [entry for entry in self.trail if entry.at >= before]
        gone = len(self.trail) - len(kept)
        self.trail = kept
        return gone

    def _check(self) -> None:
        self.asked += 1
        if self.problem is not None:
            raise JournalError(self.problem)
