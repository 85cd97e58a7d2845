"""One database, the one thread that writes to it, and two that read.

Plain synchronous SQLAlchemy in threads of their own: a batch is one hop, where an asynchronous driver makes one of each statement. Readers
have connections of their own, so that a report that takes seconds holds up no record on its way in.

Surprising: SQLite syncs every commit (`synchronous=FULL`), since the journal forgets what is committed here; and Python's
implicit transactions are switched off, for they leave a half-made migration behind.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from engine.errors import JournalError
from engine.runtime.database.migration import upgrade

T = TypeVar("T")
_READERS: Final = 2


class Database:
    """Open, migrated. `run` and `read` from any coroutine; `close` at the end."""

    def __init__(self, url: URL, engine: Engine) -> None:
        self.url = url
        self._engine = engine
        self._waiting = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        self._readers = ThreadPoolExecutor(max_workers=_READERS, thread_name_prefix="database-reader")

    @classmethod
    def open(cls, where: Path | str) -> Database:
        """A file (SQLite; made if need be, for the owner only) or a URL. Blocking. JournalError says why it can't be."""
        try:
            url = URL.create("sqlite", database=str(where.absolute())) if isinstance(where, Path) else make_url(where)
            if isinstance(where, Path):
                where.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.close(os.open(where, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            if url.get_backend_name() not in ("sqlite", "postgresql"):
                raise JournalError(
                    f"database {_shown(where)} can't be opened: {url.get_backend_name()} is not served; "
                    "use sqlite or postgresql"
                )
            engine = create_engine(url, pool_pre_ping=url.get_backend_name() != "sqlite")
            if url.get_backend_name() == "sqlite":
                event.listen(engine, "connect", _set_up_sqlite)
                event.listen(engine, "begin", _begin)
            try:
                with engine.begin() as connection:
                    upgrade(connection)
            except BaseException:
                engine.dispose()
                raise
        except OSError as error:
            raise JournalError(f"database {where} can't be opened: {error.strerror or error}") from error
        except ImportError as error:
            raise JournalError(
                f"database {_shown(where)} can't be opened: its driver is not installed ({error})"
            ) from error
        except SQLAlchemyError as error:
            raise JournalError(
                f"database {_shown(where)} can't be opened: {_reason(error)}; repair it, or move it away to begin anew"
            ) from error
        return cls(url, engine)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do that in one transaction, in the database's thread. JournalError says what failed; then nothing of it was done."""
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._transaction, work)
        finally:
            self._waiting -= 1

    @property
    def waiting(self) -> int:
        """Writes that its thread has been given and has not done."""
        return self._waiting

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Look something up beside what `run` does, on the database as it was when this began. It must not write."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._transaction, work)

    def run_now(self, work: Callable[[Connection], T]) -> T:
        """The same for who has no loop; waits."""
        return self._thread.submit(self._transaction, work).result()

    def close(self) -> None:
        """Finish what is under way, then close. Blocking."""
        self._readers.shutdown(cancel_futures=True)
        self._thread.submit(self._engine.dispose).result()
        self._thread.shutdown()

    def _transaction(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            raise JournalError(f"database {self.url.render_as_string()}: {_reason(error)}") from error
        except (UnicodeError, OverflowError) as error:  # SQLite's driver, of values that it can't hold
            raise JournalError(f"database {self.url.render_as_string()}: {error}") from error


_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "busy_timeout = 5000",
    "temp_store = MEMORY",
    "cache_size = -1000",  # KiB of each connection, half of the usual: the kernel has the file's pages, too
)


def _set_up_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions are ours, see _begin
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _reason(error: SQLAlchemyError) -> str:
    # SQLAlchemy's own text has the statement with all its values, which belong in no log.
    return str(error.orig) if isinstance(error, DBAPIError) else str(error)


def _shown(where: Path | str) -> str:
    if isinstance(where, Path):
        return str(where)
    try:
        return make_url(where).render_as_string()
    except SQLAlchemyError:
        return "URL"
