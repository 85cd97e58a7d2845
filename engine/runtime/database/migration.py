"""Bringing a database to the tables of this version, in one transaction.

Alembic is only imported when there is something to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from engine.errors import JournalError

HEAD: Final = "0007"
_SCRIPTS: Final = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """To `HEAD`, within the connection's transaction. JournalError for a database of a newer Trunkline."""
    if current(connection) == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise JournalError(
            f"the database has tables of version {current(connection)}, and this Trunkline knows up to {HEAD}: {error}; "
            "use the newer Trunkline, or a backup from before it"
        ) from error


def current(connection: Connection) -> str | None:
    """The version of the tables there are; None before the first."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
