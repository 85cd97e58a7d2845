"""The migrations make exactly the tables that the code uses, wholly or not at all."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from alembic import command, op
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from dialing.number import E164, Number
from engine.cause import Outcome
from engine.cdr import Direction
from engine.cdr_filter import CdrFilter, microseconds
from engine.cdr_json import encode_record
from engine.errors import JournalError
from engine.runtime.database import migration
from engine.runtime.database.database import Database
from engine.runtime.database.record_store import SqlRecordStore
from engine.runtime.database.tables import CdrRow
from engine.runtime.upkeep import Upkeep
from tests.support.call_records import record

SCRIPTS: Final = Path(migration.__file__).parent / "migrations"


@contextmanager
def database(path: Path) -> Iterator[Database]:
    opened = Database.open(path)
    try:
        yield opened
    finally:
        opened.close()


def names(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")}


def test_tables_made_by_migrations_are_those_of_the_code(tmp_path: Path) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), CdrRow.metadata))

    with database(tmp_path / "t.db") as subject:
        assert subject.run_now(differences) == []


def test_head_is_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [migration.HEAD]


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with database(path) as subject:
        assert subject.run_now(migration.current) == migration.HEAD
    before = names(path)
    with database(path) as subject:
        assert subject.run_now(migration.current) == migration.HEAD
    assert names(path) == before >= {"cdr", "binding", "cdr_caller", "alembic_version"}


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.db"
    create_table = op.create_table
    made: list[str] = []

    def failing(name: str, *columns: object) -> object:
        if made:
            raise OSError("power failure")
        made.append(name)
        return create_table(name, *columns)  # type: ignore[arg-type]  # columns, as they come

    monkeypatch.setattr(op, "create_table", failing)
    with pytest.raises(JournalError, match="power failure"):
        Database.open(path)
    monkeypatch.undo()
    assert made == ["cdr"]
    assert names(path) == set()
    with database(path):
        assert "cdr" in names(path)


def test_records_of_the_first_tables_are_found_by_all_that_is_newer(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    old = record(1, callee="+442079460100")
    query = replace(old.query, callee=Number("+442079460100", E164("+442079460100")))
    old = replace(old, version=1, query=query)
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text(
                "INSERT INTO cdr VALUES (:id, 'acme', '101', '+442079460100', NULL, 'ANSWERED', :at, :at, 60.5, :document)"
            ),
            {"id": old.call_id, "at": microseconds(old.started_at), "document": encode_record(old)},
        )
    engine.dispose()
    with database(path) as subject:
        store = SqlRecordStore(subject)
        assert list(asyncio.run(store.cdrs(CdrFilter(tenant="acme", outcome=Outcome.ANSWERED)))) == [old]
        asyncio.run(Upkeep(subject, dict, lambda: 0.0).correct())
        assert list(asyncio.run(store.cdrs(CdrFilter(direction=Direction.OUTBOUND)))) == [old]
        assert list(asyncio.run(store.cdrs(CdrFilter(direction=Direction.INTERNAL)))) == []


def test_tables_of_a_newer_version_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with database(path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
        connection.commit()
    with pytest.raises(JournalError, match=f"tables of version 0999, and this Trunkline knows up to {migration.HEAD}"):
        Database.open(path)
