"""Balances across a restart: what is stored, and what calls cost that are over and not stored yet.

`warm_balances` reads them at start with the standard library alone, as bindings are: SIP answers before SQLAlchemy is imported. What a call
cost goes into the database with its record, in one transaction; until then the journal has it. So the balance is what is stored, less what
the journal's calls cost, as far as the ledger does not know them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.call.balances import BalanceRow
from engine.cdr import Bill
from engine.identity import CallId
from engine.ports import LedgerLine
from engine.runtime.recovery import ChargedCall

CALL: Final = "call"
_ASKED_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmBalances:
    """`problem`: why nothing is known, for the log; None also where there is no database yet."""

    rows: tuple[BalanceRow, ...]
    problem: str | None


def charges_of(call: ChargedCall) -> list[LedgerLine]:
    """What its balances pay; always with the same ids."""
    return [
        LedgerLine(
            id=_charge_id(call.call_id, bill),
            at=call.at,
            tenant=call.tenant,
            name=bill.account,
            kind=CALL,
            amount=-bill.cost,
            who=call.call_id,
        )
        for bill in call.bills
    ]


def warm_balances(path: Path, calls: Iterable[ChargedCall]) -> WarmBalances:
    """All balances of an SQLite database, after these calls. Blocking."""
    charges = [line for call in calls for line in charges_of(call)]
    rows: list[BalanceRow] = []
    known: set[str] = set()
    if path.exists():
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=2.0)) as connection:
                if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'balance'").fetchall():
                    found = connection.execute("SELECT tenant, name, balance, written FROM balance").fetchall()
                    rows = [BalanceRow(*row) for row in found]
                    known = _known(connection, [line.id for line in charges])
        except sqlite3.Error as error:
            return WarmBalances(
                rows=(),
                problem=f"balances in {path} can't be read: {error}; until it is repaired and the server restarted, who has a balance "
                "makes no calls that are billed",
            )
    return WarmBalances(rows=_after(rows, [line for line in charges if line.id not in known]), problem=None)


def _after(rows: Sequence[BalanceRow], charges: Sequence[LedgerLine]) -> tuple[BalanceRow, ...]:
    found = {(row.tenant, row.name): row for row in rows}
    for line in charges:
        key = (line.tenant, line.name)
        before = found.get(key, BalanceRow(*key, 0, None))
        found[key] = before._replace(balance=before.balance + line.amount)
    return tuple(found.values())


def _known(connection: sqlite3.Connection, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(ids), _ASKED_AT_ONCE):
        part = ids[start : start + _ASKED_AT_ONCE]
        marks = ", ".join("?" * len(part))
        found.update(row[0] for row in connection.execute(f"SELECT id FROM ledger WHERE id IN ({marks})", part))  # noqa: S608 - marks only
    return found


def _charge_id(call_id: CallId, bill: Bill) -> str:
    return f"call-{call_id}-{'in' if bill.is_incoming else 'out'}"
