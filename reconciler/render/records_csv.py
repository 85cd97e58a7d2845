"""Call records as CSV (RFC 4180): a header, CRLF, UTF-8, a line for each call.

What phones and callers send must not become a formula in a spreadsheet (OWASP: CSV injection): text that begins with `= + - @`, their
full-width forms, a tab or a line break gets an apostrophe in front, unless it is a plain number in international form, `+` and digits,
which is harmless and has to stay dialable. Text that begins with apostrophes before such a character gets one more, so that taking off
one that `schema.tables.cell.unguarded` takes gives back exactly what was there.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from engine.cdr import Bill, CallDetailRecord
from engine.cdr_filter import stored_text
from engine.config.money import amount_text
from reconciler.decided_by import decided_by
from schema.tables.cell import guarded

_DIALABLE: Final = re.compile(r"\+[0-9]{1,40}", re.ASCII)


def text_cell(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula; a number with its + is none."""
    return text if not text or text[0].isalnum() or _DIALABLE.fullmatch(text) else guarded(text)


def _text(text: str | None) -> str:
    return "" if text is None else text_cell(stored_text(text))


def _instant(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _billed(told: Callable[[Bill], str]) -> Callable[[CallDetailRecord], str]:
    """Empty for a call that is not billed."""
    return lambda record: "" if record.bill is None else told(record.bill)


COLUMNS: Final[Mapping[str, Callable[[CallDetailRecord], str]]] = {
    "call_id": lambda record: record.call_id,
    "tenant": lambda record: _text(record.tenant),
    "direction": lambda record: record.direction.value,
    "trunk": lambda record: _text(record.trunk),
    "caller": lambda record: _text(record.caller),
    "caller_display": lambda record: _text(record.caller_display),
    "callee": lambda record: _text(record.callee),
    "answered_by": lambda record: _text(record.answered_by),
    "started_at": lambda record: _instant(record.started_at),
    "answered_at": lambda record: _instant(record.answered_at),
    "ended_at": lambda record: _instant(record.ended_at),
    "talk_s": lambda record: f"{record.talk_s:.3f}",
    "outcome": lambda record: record.cause.outcome.value,
    "sip_status": lambda record: str(record.cause.sip_status),
    "q850": lambda record: str(record.cause.q850),
    "ended_by": lambda record: record.cause.party.value,
    "reason": lambda record: _text(record.cause.reason),
    "decided_by": lambda record: _text(decided_by(record.trace)),
    "revision": lambda record: _text(record.revision),
    "targets": lambda record: str(len(record.targets)),
    "went_on_to": lambda record: _text("; ".join([onward.to for onward in record.onward])),
    "prefix": _billed(lambda bill: f"+{bill.prefix}"),
    "rate": _billed(lambda bill: amount_text(bill.rate)),
    "rate_unit_s": _billed(lambda bill: str(bill.unit_s)),
    "cost": lambda record: "" if record.bill is None else amount_text(record.cost),
    "currency": _billed(lambda bill: bill.currency),
    "paid_by": lambda record: _text("; ".join(dict.fromkeys([bill.payer for bill in record.bills if bill.payer]))),
    "sip_call_id": lambda record: _text(record.sip_call_id),
}


def cells(record: CallDetailRecord) -> list[str]:
    """The record's line, in the order of `COLUMNS`."""
    return [cell(record) for cell in COLUMNS.values()]


def header() -> bytes:
    """The first line."""
    return _lines([list(COLUMNS)])


def lines(records: Iterable[CallDetailRecord]) -> bytes:
    """Theirs, one after the other."""
    return _lines(cells(record) for record in records)


def _lines(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
