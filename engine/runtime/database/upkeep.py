"""Work on call records that are there already, in steps of some milliseconds each: what newer columns say of old rows, and retention.

Each function is one transaction in the thread that inserts records; between two of them records get in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Table, delete, select, text, update

from engine.cdr_filter import microseconds, stored_text
from engine.cdr_json import decode_record
from engine.errors import JournalError
from engine.runtime.database.tables import CdrRow, RetentionRow, UpkeepRow
from engine.runtime.database.upsert import insert_or_replace

GRACE: Final = timedelta(days=1)
"""A retention that is new, or another one, takes nothing away before it has been said for so long."""
_CDR: Final[Table] = CdrRow.metadata.tables["cdr"]
_UPKEEP: Final[Table] = UpkeepRow.metadata.tables["upkeep"]
_RETENTION: Final[Table] = RetentionRow.metadata.tables["cdr_retention"]
_DIRECTIONS: Final = "directions"
_ROWS: Final = 250
_DELETED: Final = 200
_TELLING: Final = ('"canonical":["e164"', '"canonical":["emergency"', '"trunk":"', '"OutboundRule"')
"""What stands in the document of every record that is not simply a call from extension to extension."""


@dataclass(frozen=True, slots=True)
class Due:
    """Records of `tenant` that began before `before` are to go."""

    tenant: str
    before: datetime


def correct_directions(connection: Connection) -> bool:
    """Direction and trunk of the next old rows, from their documents; False if there are none left."""
    place = connection.execute(select(_UPKEEP.c.place).where(_UPKEEP.c.name == _DIRECTIONS)).scalar_one_or_none()
    if place is None:
        return False
    rows = select(_CDR.c.call_id).where(_CDR.c.call_id > place).order_by(_CDR.c.call_id).limit(_ROWS)
    ids = list(connection.execute(rows).scalars())
    if not ids:
        connection.execute(delete(_UPKEEP).where(_UPKEEP.c.name == _DIRECTIONS))
        return False
    holds = "instr" if connection.dialect.name == "sqlite" else "strpos"
    telling = " OR ".join([f"{holds}(document, :telling{number}) > 0" for number in range(len(_TELLING))])
    query = text(f"SELECT call_id, document FROM cdr WHERE call_id > :place AND call_id <= :last AND ({telling})")  # noqa: S608  # our own
    values = {f"telling{number}": what for number, what in enumerate(_TELLING)}
    for call_id, document in connection.execute(query, {"place": place, "last": ids[-1], **values}).all():
        try:
            record = decode_record(str(document))
        except JournalError:
            continue  # whoever asks for it is told so
        columns = {"direction": record.direction.value, "trunk": stored_text(record.trunk)}
        connection.execute(update(_CDR).where(_CDR.c.call_id == call_id).values(columns))
    connection.execute(update(_UPKEEP).where(_UPKEEP.c.name == _DIRECTIONS).values(place=ids[-1]))
    return True


def heed_retention(connection: Connection, said: Mapping[str, int], now: datetime) -> list[Due]:
    """Note what tenants say, in days; what is to go now. A tenant that says nothing any more is taken at its last word."""
    known = {row.tenant: (row.days, row.since) for row in connection.execute(select(_RETENTION))}
    news = {tenant: (days, now) for tenant, days in said.items() if tenant not in known or known[tenant][0] != days}
    insert_or_replace(
        connection,
        _RETENTION,
        [{"tenant": tenant, "days": days, "since": since} for tenant, (days, since) in news.items()],
    )
    return [
        Due(tenant, now - timedelta(days=days))
        for tenant, (days, since) in sorted((known | news).items())
        if days and since <= now - GRACE
    ]


def delete_old(connection: Connection, due: Due) -> int:
    """The oldest of those that are to go; how many went. 0 = none is left."""
    index = "INDEXED BY cdr_tenant" if connection.dialect.name == "sqlite" else ""
    query = text(
        f"DELETE FROM cdr WHERE call_id IN (SELECT call_id FROM cdr {index} WHERE tenant = :tenant "  # noqa: S608  # our own names
        "AND started_at < :before ORDER BY started_at LIMIT :most)"
    )
    values = {"tenant": due.tenant, "before": microseconds(due.before), "most": _DELETED}
    return connection.execute(query, values).rowcount
