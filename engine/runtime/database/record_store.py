"""Closed calls in SQL: `RecordStore` of `engine.ports`.

Pages run by `call_id`, newest first; a UUIDv7 is ordered by time, so no offset and no sort.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, select, union

from engine.cdr import CallDetailRecord
from engine.cdr_json import decode_record, encode_record
from engine.errors import NotFound
from engine.identity import CallId
from engine.ports import CdrFilter
from engine.runtime.database.database import Database
from engine.runtime.database.tables import CdrRow
from engine.runtime.database.upsert import Row, insert_unknown

_CDR: Final[Table] = CdrRow.metadata.tables["cdr"]
_MOST: Final = 1000


class SqlRecordStore:
    """Satisfies `RecordStore`. All errors are JournalError, or NotFound of `cdr`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(self, records: Sequence[CallDetailRecord], documents: Sequence[str | None] = ()) -> None:
        """All of them or none; known ones stay as they are."""
        texts = documents or [None] * len(records)
        await self._database.run(
            lambda connection: insert_unknown(
                connection, _CDR, [_row(one, text) for one, text in zip(records, texts, strict=True)]
            )
        )

    async def cdrs(self, wanted: CdrFilter) -> Sequence[CallDetailRecord]:
        """Newest first. `number`: as caller, callee or who answered; `since` inclusive, `until` exclusive, of the start."""
        return await self._database.run(lambda connection: _find(connection, wanted))

    async def cdr(self, call_id: CallId) -> CallDetailRecord:
        query = select(_CDR.c.document).where(_CDR.c.call_id == call_id)
        document = await self._database.run(lambda connection: connection.execute(query).scalar_one_or_none())
        if document is None:
            raise NotFound(f"no record of call {call_id}")
        return decode_record(str(document))


def _find(connection: Connection, wanted: CdrFilter) -> list[CallDetailRecord]:
    limit = max(1, min(wanted.limit, _MOST))
    conditions = _conditions(wanted)
    query = select(_CDR.c.document).order_by(_CDR.c.call_id.desc()).limit(limit)
    if wanted.number is None:
        query = query.where(*conditions)
    else:
        # An OR over three columns would walk the whole table; three walks along an index of their own do not.
        number = _column_text(wanted.number)
        walks = [
            select(_CDR.c.call_id).where(*conditions, column == number).order_by(_CDR.c.call_id.desc()).limit(limit)
            for column in (_CDR.c.caller, _CDR.c.callee, _CDR.c.answered_by)
        ]
        query = query.where(_CDR.c.call_id.in_(union(*[select(walk.subquery()) for walk in walks])))
    return [decode_record(document) for document in connection.execute(query).scalars()]


def _conditions(wanted: CdrFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.tenant is not None:
        conditions.append(_CDR.c.tenant == wanted.tenant)
    if wanted.outcome is not None:
        conditions.append(_CDR.c.outcome == wanted.outcome.value)
    if wanted.since is not None:
        conditions.append(_CDR.c.started_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(_CDR.c.started_at < wanted.until)
    if wanted.before is not None:
        conditions.append(_CDR.c.call_id < wanted.before)
    return conditions


def _row(record: CallDetailRecord, document: str | None) -> Row:
    return {
        "call_id": record.call_id,
        "tenant": record.tenant,
        "caller": _column_text(record.caller),
        "callee": _column_text(record.callee),
        "answered_by": None if record.answered_by is None else _column_text(record.answered_by),
        "outcome": record.cause.outcome.value,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "talk_s": record.talk_s,
        "document": encode_record(record) if document is None else document,
    }


def _column_text(text: str) -> str:
    """Without what no database takes: bytes that were not UTF-8 (lone surrogates here) and NUL. The document keeps them."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
