"""A whole list of the API on standard output, as a table or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from cli.client import control_client
from cli.output import Output
from cli.pages import Json, items_of
from cli.table import table


def print_all(
    data: Path, path: str, columns: Sequence[str], row: Callable[[Json], Sequence[str]], output: Output
) -> None:
    """Ask the running server on `data` for all of it. ClientError if it does not answer."""
    with control_client(data) as client:
        items, _ = items_of(client, path, {})
    if output is Output.JSON:
        sys.stdout.write(json.dumps(items, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(table(tuple(columns), [row(item) for item in items]))
