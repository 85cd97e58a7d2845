"""Bindings are kept, replaced and deleted by their key, and read back the same with and without SQLAlchemy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Final

import pytest

from engine.ports import LocationStore, StoredBinding
from engine.runtime.database.database import Database
from engine.runtime.database.location_store import SqlLocationStore
from engine.runtime.database.tables import BindingRow
from engine.runtime.locations import BINDING_COLUMNS, warm_bindings

ONE: Final = StoredBinding(
    tenant="acme",
    number="101",
    contact="sip:101@192.0.2.7",
    call_id="a@phone",
    cseq=2**31 - 1,
    listener="main",
    transport="udp",
    host="192.0.2.7",
    port=5062,
    user_agent="Tel\xe9fono 1.0",
    registered_at=1_700_000_000.25,
    refreshed_at=1_700_000_100.5,
    expires_at=1_700_000_700.125,
    instance="<urn:uuid:0>",
    q=0.5,
)
TWO: Final = replace(ONE, contact="sip:101@192.0.2.8", instance="")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "t.db")
    yield opened
    opened.close()


def loaded(store: LocationStore) -> list[StoredBinding]:
    return sorted(store.load().values(), key=lambda binding: binding.contact)


def test_save_and_load(database: Database, tmp_path: Path) -> None:
    store: LocationStore = SqlLocationStore(database)
    asyncio.run(store.save([TWO, ONE], []))
    assert loaded(store) == [ONE, TWO]
    assert sorted(warm_bindings(tmp_path / "t.db").bindings, key=lambda binding: binding.contact) == [ONE, TWO]


def test_the_same_contact_is_replaced_and_a_deleted_one_goes(database: Database) -> None:
    store = SqlLocationStore(database)
    asyncio.run(store.save([ONE, TWO], []))
    newer = replace(ONE, cseq=7, expires_at=1.0, host="192.0.2.99")
    asyncio.run(store.save([newer], [("acme", "101", TWO.contact), ("acme", "101", "sip:unknown")]))
    assert loaded(store) == [newer]


def test_nothing_to_save_is_fine(database: Database) -> None:
    store = SqlLocationStore(database)
    asyncio.run(store.save([], []))
    assert loaded(store) == []


def test_columns_are_the_fields_and_the_table() -> None:
    assert tuple(field.name for field in fields(StoredBinding)) == BINDING_COLUMNS
    assert tuple(BindingRow.metadata.tables["binding"].columns.keys()) == BINDING_COLUMNS
