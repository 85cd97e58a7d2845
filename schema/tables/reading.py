"""A CSV file into manifests: all that is wrong with it, by row and column, or the YAML that it comes to.

RFC 4180, and what spreadsheets make of it: UTF-8 with or without a byte order mark, UTF-16 with one, `,` `;` or tabs between cells, any
order of columns, headings in any spelling. A cell that was kept from being a formula (`'+44...`) is read without that mark.

The surprising thing: passwords in it never reach a manifest. They are handed back apart, each with the file that the manifest names.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from schema.destination import FORMS
from schema.manifest_set import parse_file
from schema.mark import Mark
from schema.nearest import one_of
from schema.problem import Problem, Report, shown
from schema.tables.cell import unguarded
from schema.tables.table import CellError, Column, Form, Table, Value

MOST_BYTES: Final = 16 * 1024 * 1024
MOST_ROWS: Final = 20_000
MOST_PROBLEMS: Final = 1_000
LONGEST_SECRET: Final = 1_024
_SEPARATOR: Final = re.compile('"?sep=([,;\t])"?', re.IGNORECASE)
_UNSAFE: Final = re.compile("[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class TableRead:
    """`yaml`: the manifests, "" if there are problems; `secrets`: by the file that a manifest names; `unset`: files that
    are named for rows without one, by their key."""

    report: Report
    yaml: str = ""
    rows: int = 0
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    unset: Mapping[str, str] = field(default_factory=dict)


def read_table(table: Table, name: str, content: bytes, tenant: str | None) -> TableRead:
    """`name`: of the file, for problems; `tenant`: whose resources they are, None = shared ones. Never raises, whatever the content."""
    reading = Reading(table, name, tenant)
    reading.read(content)
    if reading.problems:
        return TableRead(Report.of(reading.problems))
    return TableRead(Report(), "---\n".join(reading.documents), reading.count, reading.secrets, reading.unset)


class _Unreadable(Exception):
    def __init__(self, what: str, hint: str, line: int = 1) -> None:
        super().__init__(what)
        self.what, self.hint, self.line = what, hint, line


def _decoded(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise _Unreadable(f"the file has {len(content):,} bytes", f"split it; the most are {MOST_BYTES:,}")
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _Unreadable(
            "the file is not UTF-8", 'save it as "CSV UTF-8", or convert it: iconv -f WINDOWS-1252 -t UTF-8', line
        ) from None
    if "\0" in text:
        raise _Unreadable("the file holds a NUL", "save it as CSV; this is another sort of file")
    return text


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line that it begins at. A first line `sep=;`, as Excel has it, says what is between cells."""
    first, _, rest = text.partition("\n")
    line = 1
    if (said := _SEPARATOR.fullmatch(first.rstrip("\r"))) is not None:
        delimiter, text, line = said[1], rest, 2
    else:
        delimiter = delimiter_of(text)
    lines_before = line - 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _Unreadable(
                f"the row is no CSV: {error}",
                'double each " within a cell, and end each cell that begins with one',
                line,
            ) from None
        if any(cell.strip() for cell in row):
            yield line, row
        line = lines_before + reader.line_num + 1


def delimiter_of(text: str) -> str:
    """What is between the cells of the heading."""
    first = text.partition("\n")[0]
    said = _SEPARATOR.fullmatch(first.rstrip("\r"))
    return said[1] if said is not None else max(",;\t", key=first.count)


class Reading:
    """One table at work; used once."""

    def __init__(self, table: Table, name: str, tenant: str | None) -> None:
        self.table = table
        self.name = name
        self.tenant = tenant
        self.problems: list[Problem] = []
        self.documents: list[str] = []
        self.secrets: dict[str, str] = {}
        self.unset: dict[str, str] = {}
        self.count = 0
        self.has_decimal_commas = False
        """Nothing else is written with a comma, so an amount may be: 0,05."""
        self._seen: dict[str, int] = {}
        self._dids: dict[str, int] = {}

    def complain(self, line: int, column: int, what: str, hint: str, rule: str) -> None:
        self.problems.append(Problem(mark=Mark(self.name, line, column), message=what, hint=hint, rule=rule))

    def read(self, content: bytes) -> None:
        """All of a file."""
        try:
            text = _decoded(content)
            self.has_decimal_commas = delimiter_of(text) != ","
            self.take(_rows(text))
        except _Unreadable as error:
            self.complain(error.line, 1, error.what, error.hint, "table-form")

    def take(self, rows: Iterator[tuple[int, list[str]]]) -> None:
        head = next(rows, None)
        if head is None:
            self.complain(1, 1, "the file is empty", f"its first row names columns: {self._names()}", "table-form")
            return
        columns = self._columns(*head)
        for line, row in rows:
            if len(self.problems) >= MOST_PROBLEMS or self.count >= MOST_ROWS:
                what = f"there are {MOST_PROBLEMS} problems or more" if self.problems else "the table is too long"
                self.complain(line, 1, what, f"at most {MOST_ROWS:,} rows are read at once", "table-form")
                return
            self.count += 1
            if len(row) > len(columns) and any(cell.strip() for cell in row[len(columns) :]):
                what = f"the row has {len(row)} cells, and the heading {len(columns)}"
                self.complain(line, 1, what, "put a cell that holds a separator into quotes", "table-row")
                continue
            self._row(line, columns, row)
        if not self.count and not self.problems:
            self.complain(1, 1, "the table has no row", "write one for each, below the heading", "table-form")

    def _names(self) -> str:
        return ", ".join(column.name for column in self.table.columns)

    def _columns(self, line: int, head: Sequence[str]) -> list[Column | None]:
        found: list[Column | None] = []
        for place, cell in enumerate(head, start=1):
            column = self.table.column(cell)
            if column is None and cell.strip():
                hint = one_of(cell.strip(), [known.name for known in self.table.columns])
                self.complain(line, place, f"there is no column {shown(cell.strip())}", hint, "table-column")
            elif column is not None and column in found:
                self.complain(line, place, f"column {column.name} stands there twice", "leave one out", "table-column")
            found.append(column)
        for column in self.table.columns:
            if column.is_required and column not in found:
                self.complain(line, 1, f"column {column.name} is missing", f"add it: {column.about}", "table-column")
        return found

    # A row

    def _row(self, line: int, columns: Sequence[Column | None], row: Sequence[str]) -> None:
        cells = {
            column: (place, unguarded(cell.strip()))
            for place, (column, cell) in enumerate(zip(columns, row, strict=False), start=1)
            if column is not None and cell.strip()
        }
        for column in self.table.columns:
            if column.is_required and column in columns and column not in cells:
                self.complain(
                    line, columns.index(column) + 1, f"{column.name} is empty", f"write {column.about}", "table-cell"
                )
                return
        key = next((self.key_of(cells[column][1]) for column in cells if column.name == self.table.key), "")
        if not key:
            return  # the heading lacks it, which is said
        if key in self._seen:
            what = f"{self.table.key} {shown(key)} stands in line {self._seen[key]} already"
            self.complain(line, 1, what, "leave one of them out", "table-twice")
            return
        self._seen[key] = line
        document = TableDocument(self.table.kind, self.tenant, line)
        before = len(self.problems)
        for column, (place, text) in cells.items():
            self._cell(document, column, place, text, key)
        if self.table.secret and document.is_wanting(self.table.secret) and self._wants_secret(document):
            self.unset[key] = self._secret_file(key)
            document.put(self.table.secret, {"file": self.unset[key]}, 1)
        self.add(document, is_whole=len(self.problems) == before)

    def key_of(self, cell: str) -> str:
        """What may stand in one row only."""
        return cell

    def _wants_secret(self, document: TableDocument) -> bool:
        """A trunk without credentials has no password."""
        return len(self.table.secret) == 2 or not document.is_wanting(self.table.secret[:-1])

    def _cell(self, document: TableDocument, column: Column, place: int, text: str, key: str) -> None:
        try:
            value = column.value(text)
        except CellError as error:
            # Never the cell of a password.
            self.complain(document.line, place, f"{column.name} {shown(text)} {error.what}", error.hint, "table-cell")
            return
        match column.form:
            case Form.DID:
                self._did(document.line, place, [part.strip() for part in text.split(";") if part.strip()], key)
            case Form.SECRET:
                if len(text) > LONGEST_SECRET:
                    self.complain(document.line, place, f"{column.name} is too long", "make up another", "table-cell")
                elif not document.is_wanting(self.table.secret):
                    what = f"{column.name} stands beside a place where it is said to be"
                    self.complain(document.line, place, what, "write one of the two", "table-cell")
                else:
                    file = self._secret_file(key)
                    self.secrets[file] = text
                    document.put(self.table.secret, {"file": file}, place)
            case Form.SECRET_FILE | Form.SECRET_ENV if not document.is_wanting(column.path):
                what = f"{column.name} stands beside another place where the password is"
                self.complain(document.line, place, what, "write one of them", "table-cell")
            case _:
                document.put(column.path, value, place)

    def _secret_file(self, key: str) -> str:
        # Of tenant a, b-c must not have the file that c has of tenant a-b.
        owner, own = self.tenant or "shared", _UNSAFE.sub("_", key)
        return f"secrets/{owner}{'@' if '-' in own else '-'}{own}"

    def _did(self, line: int, place: int, numbers: Sequence[str], key: str) -> None:
        for number in numbers:
            if number in self._dids:
                what = f"did {shown(number)} stands in line {self._dids[number]} already"
                self.complain(
                    line, place, what, "a number goes to one extension; for several use a ring group", "table-twice"
                )
                return
            self._dids[number] = line
        rule = TableDocument("InboundRule", self.tenant, line)
        rule.put(("metadata", "name"), f"did-{key.lower()}", place)
        rule.put(("spec", "match", "did"), list(numbers), place)
        rule.put(("spec", "inHours"), {"extension": key}, place)
        self.add(rule)

    def add(self, document: TableDocument, *, is_whole: bool = True) -> None:
        """With what the kind itself says of it; without `is_whole` it lacks what could not be read, which is said already."""
        text = document.text()
        parsed = parse_file(self.name, text)
        found = [problem for rejected in parsed.rejected for problem in rejected.problems]
        if parsed.fault is not None:
            found.append(parsed.fault)
        for problem in found:
            if not is_whole and problem.rule == "missing-field":
                continue
            self.complain(document.line, document.place(problem.mark.line), problem.message, problem.hint, problem.rule)
        self.documents.append(text)


class TableDocument:
    """A manifest in the making; knows the column that each of its lines comes from."""

    def __init__(self, kind: str, tenant: str | None, line: int) -> None:
        self.line = line
        metadata: dict[str, object] = {} if tenant is None else {"tenant": tenant}
        self.tree: dict[str, object] = {
            "apiVersion": "trunkline/v1",
            "kind": kind,
            "metadata": metadata,
            "spec": {},
        }
        self._places: dict[tuple[str, ...], int] = {}
        self._lines: list[int] = []

    def put(self, path: tuple[str, ...], value: Value, place: int) -> None:
        node = self.tree
        for name in path[:-1]:
            below = node.setdefault(name, {})
            assert isinstance(below, dict)  # noqa: S101  # no column is above another
            node = below
        node[path[-1]] = value
        self._places[path] = place

    def is_wanting(self, path: tuple[str, ...]) -> bool:
        node: object = self.tree
        for name in path:
            if not isinstance(node, dict) or name not in node:
                return True
            node = node[name]
        return False

    def place_of(self, path: tuple[str, ...]) -> int:
        """The column that a field comes from, 1 if from none."""
        return self._places.get(path, 1)

    def place(self, line: int) -> int:
        """The column that a line of the text comes from, 1 if from none."""
        return self._lines[line - 1] if 0 < line <= len(self._lines) else 1

    def text(self) -> str:
        """One field a line, its value as JSON, which YAML reads as it is."""
        written: list[str] = []
        self._lines = []
        for path, key, value in _walk(self.tree, ()):
            indent = "  " * (len(path) - 1)
            told = "" if value is None else f" {scalar(value)}"
            written.append(f"{indent}{key}:{told}\n")
            self._lines.append(self._places.get(path, 1))
        return "".join(written)


def _walk(node: Mapping[str, object], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, object]]:
    """Mappings of fields come as None, and then what is in them; one that is empty is written so."""
    for key, value in node.items():
        path = (*above, key)
        if isinstance(value, dict) and value and not _is_reference(path, value):
            yield path, key, None
            yield from _walk(value, path)
        else:
            yield path, key, value


def _is_reference(path: tuple[str, ...], value: Mapping[str, object]) -> bool:
    """A value that is a mapping itself: a destination, or where a secret is."""
    return path[0] == "spec" and len(value) == 1 and next(iter(value)) in _LEAVES


_LEAVES: Final = frozenset({"file", "env", *FORMS})
_PLAIN: Final = re.compile("[A-Za-z][A-Za-z0-9/]*", re.ASCII)


def scalar(value: object) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in {"null", "true", "false"}:
        return value
    # YAML takes some of what JSON leaves as it is (NEL, line separators) for ends of lines.
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in json.dumps(value, ensure_ascii=False))
