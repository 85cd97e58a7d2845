"""Closed calls in SQL: `RecordStore` of `engine.ports`.

Reading is done beside inserting, on connections of its own (`record_search`). Surprising: whoever makes records of many documents holds
the interpreter, and with it the loop that answers phones; so it pauses every few of them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Table, select

from engine.cdr import CallDetailRecord
from engine.cdr_filter import CdrFilter, stored_text
from engine.cdr_json import decode_record, encode_record
from engine.errors import NotFound
from engine.identity import CallId
from engine.ports import Documents, LedgerLine, WebhookMessage
from engine.runtime.balances import charges_of
from engine.runtime.database.balance_store import write_lines
from engine.runtime.database.database import Database
from engine.runtime.database.outbox_store import insert_messages
from engine.runtime.database.record_search import page
from engine.runtime.database.tables import CdrRow
from engine.runtime.database.upsert import Row, insert_unknown
from engine.runtime.recovery import charged_call

_CDR: Final[Table] = CdrRow.metadata.tables["cdr"]
_AFTER_ALL: Final = "g"
"""Comes after whatever an id goes on with: digits, a to f, and dashes."""
_AT_ONCE: Final = 16
MOST_COST: Final = 2**62
"""As much as a column holds; the record itself has it all."""
_PAUSE_S: Final = 0.0005


class SqlRecordStore:
    """Satisfies `RecordStore`. All errors are JournalError, or NotFound of `cdr`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(
        self,
        records: Sequence[CallDetailRecord],
        documents: Sequence[str | None] = (),
        messages: Sequence[WebhookMessage] = (),
    ) -> None:
        """All of them or none; known ones stay as they are, and nobody is told of them, or charged for them, again."""
        texts = documents or [None] * len(records)
        charged = [call for call in map(charged_call, records) if call is not None]
        charges = [line for call in charged for line in charges_of(call)]
        await self._database.run(
            lambda connection: _insert(
                connection, [_row(one, text) for one, text in zip(records, texts, strict=True)], messages, charges
            )
        )

    async def cdrs(self, wanted: CdrFilter) -> Sequence[CallDetailRecord]:
        return await self._database.read(lambda connection: _records(connection, wanted))

    async def documents(self, wanted: CdrFilter) -> Documents:
        return await self._database.read(lambda connection: _documents(connection, wanted))

    async def cdr(self, call_id: CallId) -> CallDetailRecord:
        query = select(_CDR.c.document).where(_CDR.c.call_id == stored_text(call_id))
        document = await self._database.read(lambda connection: connection.execute(query).scalar_one_or_none())
        if document is None:
            raise NotFound(f"no record of call {call_id}")
        return decode_record(str(document))

    async def call_ids(self, beginning: str, tenant: str | None) -> Sequence[CallId]:
        # A range, and no LIKE: the primary key finds it.
        first, after = stored_text(beginning), stored_text(beginning) + _AFTER_ALL
        query = select(_CDR.c.call_id).where(_CDR.c.call_id >= first, _CDR.c.call_id < after).limit(2)
        if tenant is not None:
            query = query.where(_CDR.c.tenant == tenant)
        found = await self._database.read(lambda connection: connection.execute(query).scalars().all())
        return [CallId(one) for one in found]


def _insert(
    connection: Connection, rows: Sequence[Row], messages: Sequence[WebhookMessage], charges: Sequence[LedgerLine]
) -> None:
    # A record that is known has had its message, which may be delivered and gone since.
    told_of = {message.call_id for message in messages}
    query = select(_CDR.c.call_id).where(_CDR.c.call_id.in_(told_of))
    known = set(connection.execute(query).scalars()) if told_of else set()
    insert_unknown(connection, _CDR, rows)
    insert_messages(connection, [message for message in messages if message.call_id not in known])
    if charges:
        write_lines(connection, charges, {})


def _records(connection: Connection, wanted: CdrFilter) -> list[CallDetailRecord]:
    records: list[CallDetailRecord] = []
    for found in page(connection, wanted):
        if records and len(records) % _AT_ONCE == 0:
            time.sleep(_PAUSE_S)
        records.append(decode_record(found.document))
    return records


def _documents(connection: Connection, wanted: CdrFilter) -> Documents:
    found = page(connection, wanted)
    lines = "".join([f"{one.document}\n" for one in found])
    return Documents(lines.encode("ascii", "backslashreplace"), len(found), found[-1].place if found else None)


def _row(record: CallDetailRecord, document: str | None) -> Row:
    return {
        "call_id": record.call_id,
        "tenant": record.tenant,
        "caller": stored_text(record.caller),
        "callee": stored_text(record.callee),
        "answered_by": None if record.answered_by is None else stored_text(record.answered_by),
        "outcome": record.cause.outcome.value,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "talk_s": record.talk_s,
        "document": encode_record(record) if document is None else document,
        "direction": record.direction.value,
        "trunk": stored_text(record.trunk),
        "cost": min(record.cost, MOST_COST),
    }
