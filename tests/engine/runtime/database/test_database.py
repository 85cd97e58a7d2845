"""Opening a database: for the owner only, safe against power failure, with a clear word where it can't be."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from engine.errors import JournalError
from engine.runtime.database.database import Database


def test_new_file_is_for_the_owner_only_and_syncs_each_commit(tmp_path: Path) -> None:
    subject = Database.open(tmp_path / "data" / "t.db")
    try:

        def settings(connection: Connection) -> tuple[object, object]:
            return (
                connection.execute(text("PRAGMA journal_mode")).scalar(),
                connection.execute(text("PRAGMA synchronous")).scalar(),
            )

        assert subject.run_now(settings) == ("wal", 2)
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()}
        assert modes["t.db"] == 0o600
        assert set(modes.values()) == {0o600}
    finally:
        subject.close()


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to look at" * 30, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_broken_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.db"
    path.write_bytes(content)
    with pytest.raises(JournalError, match=r"t\.db can't be opened: .*; repair it, or move it away"):
        Database.open(path)
    assert path.read_bytes() == content


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="can't be opened: Is a directory"):
        Database.open(tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "oracle://u:hunter2@h/d",
        "postgresql+pg8000://u:hunter2@127.0.0.1:1/d",
        "postgresql+nodriver://u:hunter2@127.0.0.1:1/d",
        "sqlite:////nowhere/x.db",
    ],
)
def test_a_bad_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(JournalError, match="can't be opened") as raised:
        Database.open(url)
    assert "hunter2" not in str(raised.value)


def test_failed_work_is_undone_and_says_no_values(tmp_path: Path) -> None:
    subject = Database.open(tmp_path / "t.db")
    try:

        def half(connection: Connection) -> None:
            connection.execute(text("CREATE TABLE t (x TEXT PRIMARY KEY)"))
            for _ in range(2):
                connection.execute(text("INSERT INTO t VALUES (:x)"), {"x": "hunter2"})

        with pytest.raises(JournalError, match=r"UNIQUE constraint failed: t\.x") as raised:
            asyncio.run(_run(subject, half))
        assert "hunter2" not in str(raised.value)
    finally:
        subject.close()
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE name = 't'").fetchall() == []


@pytest.mark.parametrize("value", ["\udcff", 2**70])
def test_values_that_sqlite_can_not_hold_are_an_error_of_the_family(tmp_path: Path, value: object) -> None:
    subject = Database.open(tmp_path / "t.db")
    try:
        with pytest.raises(JournalError):
            subject.run_now(lambda connection: connection.execute(text("SELECT :x"), {"x": value}).scalar())
    finally:
        subject.close()


async def _run(subject: Database, work: object) -> None:
    await subject.run(work)  # type: ignore[arg-type]  # a function of a connection


def test_a_locked_database_is_an_error_not_a_hang(tmp_path: Path) -> None:
    subject = Database.open(tmp_path / "t.db")
    try:
        subject.run_now(lambda connection: connection.execute(text("SELECT 1")).scalar())
        with closing(sqlite3.connect(tmp_path / "t.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")

            def write(connection: Connection) -> None:
                connection.execute(text("PRAGMA busy_timeout = 10"))
                connection.execute(text("DELETE FROM cdr"))

            with pytest.raises(JournalError, match="database is locked"):
                subject.run_now(write)
    finally:
        subject.close()


def test_a_long_question_holds_up_nothing_that_is_written(tmp_path: Path) -> None:
    """It sees the database as it was when it began; what is written meanwhile is there for the next one."""
    subject = Database.open(tmp_path / "t.db")
    began, may_end = threading.Event(), threading.Event()
    count = text("SELECT count(*) FROM upkeep")

    def slow(connection: Connection) -> tuple[int, int]:
        before = connection.execute(count).scalar_one()
        began.set()
        assert may_end.wait(10)
        return before, connection.execute(count).scalar_one()

    async def story() -> tuple[tuple[int, int], int]:
        asking = asyncio.create_task(subject.read(slow))
        await asyncio.to_thread(began.wait, 10)
        for name in "abc":
            await subject.run(lambda c, name=name: c.execute(text(f"INSERT INTO upkeep VALUES ('{name}', '')")))  # type: ignore[misc]  # a default
        now = await subject.read(lambda connection: connection.execute(count).scalar_one())
        may_end.set()
        return await asking, int(now)

    try:
        assert asyncio.run(story()) == ((0, 0), 3)
    finally:
        subject.close()
