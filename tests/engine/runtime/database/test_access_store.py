"""Tokens and the audit trail in SQLite: what was put in comes out, by every filter."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.ports import AuditEntry, AuditFilter, StoredToken
from engine.runtime.database.access_store import SqlAccessStore
from engine.runtime.database.database import Database

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TOKEN = StoredToken(
    id="a1",
    kind="token",
    secret_sha256="f" * 64,
    name="grafana",
    scope="read",
    tenant="acme",
    created_at=NOW,
    expires_at=NOW + timedelta(days=90),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlAccessStore]:
    database = Database.open(tmp_path / "records.db")
    yield SqlAccessStore(database)
    database.close()


def test_tokens_come_back(store: SqlAccessStore) -> None:
    async def story() -> None:
        other = replace(TOKEN, id="b2", tenant=None, kind="session", opened_by="a1")
        await store.put_token(TOKEN)
        await store.put_token(other)
        assert sorted(await store.tokens(), key=lambda one: one.id) == [TOKEN, other]
        revoked = replace(TOKEN, revoked_at=NOW)
        await store.put_token(revoked)
        await store.tokens_used({"a1": NOW, "unknown": NOW})
        await store.tokens_used({})
        await store.remove_tokens(["b2"])
        assert await store.tokens() == [replace(revoked, last_used_at=NOW)]

    asyncio.run(story())


def entry(minute: int, tenant: str | None = None) -> AuditEntry:
    at = NOW + timedelta(minutes=minute)
    return AuditEntry(at=at, who="ada", what="hang up", target=f"call \ud800{minute}", tenant=tenant, result="done")


def test_the_audit_trail_is_read_newest_first(store: SqlAccessStore) -> None:
    async def story() -> None:
        await store.add_audit([entry(1), entry(2, "acme")])
        await store.add_audit([entry(3, "acme"), entry(4, "zebra")])
        await store.add_audit([])

        async def found(**wanted: object) -> list[int]:
            return [one.at.minute for one in await store.audit(AuditFilter(**wanted))]  # type: ignore[arg-type]

        assert await found() == [4, 3, 2, 1]
        assert await found(tenant="acme") == [3, 2]
        assert await found(since=NOW + timedelta(minutes=3)) == [4, 3]
        assert await found(limit=2) == [4, 3]
        second = (await store.audit(AuditFilter(limit=2)))[-1]
        assert await found(before=second.seq) == [2, 1]
        assert await store.clear_audit(NOW + timedelta(minutes=3)) == 2
        assert await found() == [4, 3]

    asyncio.run(story())
