"""Rates as a table: a row for each prefix, and one RateTable of all of them (feature C7).

A spreadsheet drops the + of a number, so `44` and `0044` are read as `+44`; a unit may be written in bare seconds. Where cells stand
between `;` or tabs, as Excel writes them in half of Europe, so may amounts be with a comma: `0,05`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Final

from schema.kinds.rate_table import RateTableSpec
from schema.manifest_set import parse_file
from schema.problem import Report
from schema.resource import AnyResource, Resource, specs_of
from schema.tables.cell import guarded
from schema.tables.reading import Reading, TableDocument, TableRead, scalar
from schema.tables.table import Column, Form, Table
from schema.tables.writing import TableWritten

KIND: Final = "RateTable"
RATES: Final = Table(
    "rates",
    KIND,
    (
        Column("name", ("name",), Form.TEXT, "what people call it"),
        Column("prefix", ("prefix",), Form.TEXT, "the first digits of the number outside", is_required=True),
        Column("incoming", ("incoming",), Form.TEXT, "the price of a unit of a call from there"),
        Column("outgoing", ("outgoing",), Form.TEXT, "the price of a unit of a call to there", is_required=True),
        Column("unit", ("unit",), Form.TEXT, "how long a unit is, in seconds"),
    ),
    "prefix",
)
AMOUNTS: Final = ("incoming", "outgoing")
_COMMA: Final = re.compile(r"[0-9]{1,9},[0-9]{1,6}", re.ASCII)
_AMOUNT: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?", re.ASCII)


def read_rates(file: str, content: bytes, tenant: str | None, name: str, currency: str | None) -> TableRead:
    """`file`: its name, for problems; `tenant`: whose table it is, None = shared; `name`: of the RateTable."""
    reading = _RateReading(RATES, file, tenant)
    reading.read(content)
    if reading.problems:
        return TableRead(Report.of(reading.problems))
    metadata = "" if tenant is None else f"tenant: {scalar(tenant)}, "
    told = "" if currency is None else f"  currency: {scalar(currency)}\n"
    head = (
        f"apiVersion: trunkline/v1\nkind: {KIND}\nmetadata: {{{metadata}name: {scalar(name)}}}\nspec:\n{told}  rates:\n"
    )
    text = head + "".join(f"    - {{{entry}}}\n" for entry in reading.entries)
    parsed = parse_file(file, text)
    problems = [problem for rejected in parsed.rejected for problem in rejected.problems]
    return TableRead(Report.of(problems), text, reading.count) if not problems else TableRead(Report.of(problems))


class _RateReading(Reading):
    """Rows become entries of one list."""

    def __init__(self, table: Table, name: str, tenant: str | None) -> None:
        super().__init__(table, name, tenant)
        self.entries: list[str] = []

    def key_of(self, cell: str) -> str:
        return _prefix(cell)

    def add(self, document: TableDocument, *, is_whole: bool = True) -> None:
        if not is_whole:
            return
        fields = {name: str(value) for name, value in document.tree.items() if name in _FIELDS}
        fields["prefix"] = _prefix(fields["prefix"])
        if self.has_decimal_commas:
            fields |= {
                name: fields[name].replace(",", ".") for name in AMOUNTS if _COMMA.fullmatch(fields.get(name, ""))
            }
        if fields.get("unit", "").isdecimal():
            fields["unit"] += "s"
        lines = "".join(f"      {name}: {_value(value)}\n" for name, value in fields.items())
        alone = f"apiVersion: trunkline/v1\nkind: {KIND}\nmetadata: {{name: rates}}\nspec:\n  rates:\n    -\n{lines}"
        for rejected in parse_file(self.name, alone).rejected:
            for problem in rejected.problems:
                field = tuple(fields)[max(problem.mark.line - 7, 0)]
                what = problem.message.replace(f"spec.rates[0].{field}", field)
                self.complain(document.line, document.place_of((field,)), what, problem.hint, problem.rule)
        self.entries.append(", ".join(f"{name}: {_value(value)}" for name, value in fields.items()))


_FIELDS: Final = frozenset(column.name for column in RATES.columns)


def _prefix(cell: str) -> str:
    digits = cell.replace(" ", "")
    return f"+{digits.removeprefix('00')}" if digits.isdecimal() else digits


def _value(text: str) -> str:
    return text if _AMOUNT.fullmatch(text) else scalar(text)


def rate_tables(resources: Iterable[AnyResource]) -> list[Resource[RateTableSpec]]:
    return specs_of(resources, RateTableSpec)


def write_rates(table: Resource[RateTableSpec]) -> TableWritten:
    """A row for each rate, in the manifest's order."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.name for column in RATES.columns])
    for rate in table.spec.rates:
        unit = str(int(rate.unit.total_seconds()))
        row = (rate.name or "", rate.prefix, f"{rate.incoming:f}", f"{rate.outgoing:f}", unit)
        writer.writerow([guarded(cell) for cell in row])
    return TableWritten(text.getvalue(), len(table.spec.rates), {})
