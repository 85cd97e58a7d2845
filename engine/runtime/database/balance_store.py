"""Balances and their ledger in SQL: `BalanceStore` of `engine.ports`. A balance is the sum of its ledger, whatever came first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine.cdr_filter import stored_text
from engine.ports import LedgerFilter, LedgerLine
from engine.runtime.database.database import Database
from engine.runtime.database.tables import BalanceRow, LedgerRow
from engine.runtime.database.upsert import insert_unknown

_BALANCE: Final[Table] = BalanceRow.metadata.tables["balance"]
_LEDGER: Final[Table] = LedgerRow.metadata.tables["ledger"]
_ASKED_AT_ONCE: Final = 500

Key = tuple[str, str]


class SqlBalanceStore:
    """All errors are JournalError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, lines: Sequence[LedgerLine], written: Mapping[Key, int]) -> None:
        await self._database.run(lambda connection: write_lines(connection, lines, written))

    async def ledger(self, wanted: LedgerFilter) -> Sequence[LedgerLine]:
        query = select(_LEDGER).where(_LEDGER.c.tenant == wanted.tenant, _LEDGER.c.name == wanted.name)
        if wanted.before is not None:
            query = query.where(_LEDGER.c.seq < wanted.before)
        query = query.order_by(_LEDGER.c.seq.desc()).limit(wanted.limit)
        return await self._database.read(
            lambda connection: [LedgerLine(**row) for row in connection.execute(query).mappings()]
        )


def write_lines(connection: Connection, lines: Sequence[LedgerLine], written: Mapping[Key, int]) -> None:
    """Within the connection's transaction: those lines that are not known, their sums, and what manifests say."""
    known = _known(connection, [line.id for line in lines])
    new = {line.id: line for line in lines if line.id not in known}
    sums: dict[Key, int] = dict.fromkeys(written, 0)
    for line in new.values():
        sums[line.tenant, line.name] = sums.get((line.tenant, line.name), 0) + line.amount
    insert_unknown(connection, _LEDGER, [_row(line) for line in new.values()])
    _add(connection, sums)
    for (tenant, name), amount in written.items():
        account = (_BALANCE.c.tenant == tenant) & (_BALANCE.c.name == name)
        connection.execute(update(_BALANCE).where(account).values(written=amount))


def _add(connection: Connection, sums: Mapping[Key, int]) -> None:
    if not sums:
        return
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(_BALANCE)
    added = statement.on_conflict_do_update(
        index_elements=["tenant", "name"], set_={"balance": _BALANCE.c.balance + statement.excluded.balance}
    )
    rows = [{"tenant": tenant, "name": name, "balance": amount} for (tenant, name), amount in sums.items()]
    connection.execute(added, rows)


def _known(connection: Connection, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(ids), _ASKED_AT_ONCE):
        query = select(_LEDGER.c.id).where(_LEDGER.c.id.in_(ids[start : start + _ASKED_AT_ONCE]))
        found.update(connection.execute(query).scalars())
    return found


def _row(line: LedgerLine) -> dict[str, object]:
    return {
        "id": line.id,
        "at": line.at,
        "tenant": line.tenant,
        "name": line.name,
        "kind": line.kind,
        "amount": line.amount,
        "who": stored_text(line.who),
        "note": stored_text(line.note),
    }
