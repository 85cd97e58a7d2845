"""Who may ask: tokens and sessions, one-time links, the audit trail, and where the API is served. One for all servers of an app."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from api.audit import Audit
from api.gate_refusal import GateRefusal
from api.links import Links
from api.public_url import PublicUrl
from api.tokens import Tokens
from engine.errors import JournalError
from engine.ports import AccessStore, AuditEntry, AuditFilter, StoredToken


def _wall() -> datetime:
    return datetime.now(UTC)


class Access:
    """`start`, then `stop`, on one loop. `url`: where the page is served, None while it is not; `public`: what browsers call it,
    where that is something else; `refusals`: whom the gate sent away, by
    reason."""

    def __init__(
        self,
        store: AccessStore,
        wall: Callable[[], datetime] = _wall,
        now: Callable[[], float] = time.monotonic,
        public: PublicUrl | None = None,
    ) -> None:
        self.store = store
        self.tokens = Tokens(store, wall)
        self.links = Links(now)
        self.audit = Audit(store, wall)
        self.url: str | None = None
        self.public = public
        self.refusals: Counter[GateRefusal] = Counter()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self.tokens.run(), name="tokens"),
            asyncio.create_task(self.audit.run(), name="audit"),
        ]

    async def revoke(self, token: StoredToken) -> Sequence[StoredToken]:
        """End a token, with the links that it asked for and the sessions that those opened, which are returned. EngineError."""
        self.links.end_of(token.id)
        ended = await self.tokens.revoke(token)
        for session in ended:
            self.links.end_of(session.id)
        return ended

    async def stop(self) -> None:
        """Store what is not stored yet."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.tokens.note_use()
        await self.audit.write()


class NoStore:
    """Keeps nothing: no token is known, and none can be made."""

    problem: str | None = "there is no store of tokens"

    async def tokens(self) -> Sequence[StoredToken]:
        raise JournalError("there is no store of tokens")

    async def put_token(self, token: StoredToken) -> None:
        raise JournalError("there is no store of tokens")

    async def tokens_used(self, used: Mapping[str, datetime]) -> None:
        raise JournalError("there is no store of tokens")

    async def remove_tokens(self, ids: Sequence[str]) -> None:
        raise JournalError("there is no store of tokens")

    async def add_audit(self, entries: Sequence[AuditEntry]) -> None:
        raise JournalError("there is no audit trail")

    async def audit(self, wanted: AuditFilter) -> Sequence[AuditEntry]:
        raise JournalError("there is no audit trail")

    async def clear_audit(self, before: datetime) -> int:
        raise JournalError("there is no audit trail")


def _access(request: Request) -> Access:
    access = request.app.state.access
    assert isinstance(access, Access)  # noqa: S101  # create_app puts it there
    return access


AccessOf = Annotated[Access, Depends(_access)]
