"""Resources into a CSV file that `read_table` reads again: what their manifests say in fields that have a column, and which have none.

No secret is written, for none is in a manifest: only where it is. A cell that a spreadsheet would take for a formula gets a `'` before it,
which reading takes away again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from schema.document import YamlValue
from schema.resource import AnyResource
from schema.tables.cell import guarded
from schema.tables.table import Column, Form, Table

_ABOUT_ITSELF: Final = frozenset({"apiVersion", "kind", "metadata.tenant", "metadata.name"})
_SECRETS: Final = {Form.SECRET_FILE: "file", Form.SECRET_ENV: "env"}


@dataclass(frozen=True, slots=True)
class TableWritten:
    """`left_out`: fields that are written somewhere and no column holds, as `spec.forwarding`, with how many resources have them."""

    text: str
    rows: int
    left_out: Mapping[str, int]


def write_table(table: Table, resources: Iterable[AnyResource]) -> TableWritten:
    """A row for each resource of the table's kind, by tenant and name. A field that is not written is an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    columns = [column for column in table.columns if column.form not in (Form.SECRET, Form.DID)]
    writer.writerow([column.name for column in columns])
    told = {column.path for column in columns}
    left_out: dict[str, int] = {}
    wanted = sorted((one for one in resources if one.ref.kind == table.kind), key=lambda one: one.ref.name)
    for resource in wanted:
        data = resource.document.data
        writer.writerow([guarded(_cell(column, _at(data, column.path))) for column in columns])
        for path in _untold(data, (), told):
            left_out[path] = left_out.get(path, 0) + 1
    return TableWritten(text.getvalue(), len(wanted), left_out)


def _at(data: YamlValue, path: tuple[str, ...]) -> YamlValue:
    for name in path:
        if not isinstance(data, dict):
            return None
        data = data.get(name)
    return data


def _cell(column: Column, value: YamlValue) -> str:
    secret = _SECRETS.get(column.form)
    match value:
        case None:
            return ""
        case dict() if secret is not None:
            return str(value.get(secret, ""))
        case dict():
            return ";".join(f"{kind}:{to}" for kind, to in value.items())
        case bool():
            return "yes" if value else "no"
        case list():
            return ";".join(str(part) for part in value)
        case _:
            return str(value)


def _untold(data: YamlValue, above: tuple[str, ...], told: set[tuple[str, ...]]) -> list[str]:
    """Paths that no column has."""
    if above in told:
        return []
    if isinstance(data, dict) and data:
        return [path for name, below in data.items() for path in _untold(below, (*above, str(name)), told)]
    path = ".".join(above)
    return [] if path in _ABOUT_ITSELF else [path]
