"""What people set, in SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.preferences import Preferences
from engine.runtime.database.database import Database
from engine.runtime.database.preference_store import SqlPreferenceStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlPreferenceStore]:
    database = Database.open(tmp_path / "records.db")
    yield SqlPreferenceStore(database)
    database.close()


def test_what_is_put_comes_back_until_it_is_removed(store: SqlPreferenceStore) -> None:
    async def story() -> None:
        away = Preferences(tenant="acme", extension="101", status="away")
        other = Preferences(tenant="zebra", extension="101", forwarding=())
        await store.put_preferences(away)
        await store.put_preferences(other)
        assert sorted(await store.preferences(), key=lambda one: one.key) == [away, other]
        busy = Preferences(tenant="acme", extension="101", status="doNotDisturb")
        await store.put_preferences(busy)
        await store.remove_preferences([other.key, ("acme", "nobody")])
        await store.remove_preferences([])
        assert await store.preferences() == [busy]

    asyncio.run(story())
