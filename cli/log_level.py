"""`trunkline log-level`: from which level on modules of the running server log."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cli.client import ClientError, Misasked, ask, control_client, put
from cli.exit_code import Exit
from cli.instant import to_the_second
from cli.log import LEVELS
from cli.output import Output
from cli.table import table
from schema.problem import printable

_UNITS: Final = {"s": 1, "m": 60, "h": 3600}


def log_level(
    first: str | None, second: str | None, duration: str | None, data: Path, author: str, output: Output
) -> Exit:
    """`first`: a module, or the level for all of them; `second`: the level of that module."""
    module, level = (None, first) if first in LEVELS and second is None else (first, second)
    try:
        for_s = None if duration is None else seconds(duration)
        if level is not None and level not in LEVELS:
            raise ValueError(f'"{level}" is no log level; use one of {", ".join(LEVELS)}')
        if duration is not None and level is None:
            raise ValueError("--for says how long a level is set for; name the level, too")
    except ValueError as error:
        sys.stderr.write(f"trunkline log-level: {error}\n")
        return Exit.USAGE
    try:
        with control_client(data) as client:
            if level is None:
                told = ask(client, "/v1/log-levels", {})
            else:
                body = {"module": module, "level": level, "for_s": for_s, "author": author}
                told = put(client, "/v1/log-levels", body)
    except Misasked as error:
        sys.stderr.write(f"trunkline log-level: {error}\n")
        return Exit.USAGE
    except ClientError as error:
        sys.stderr.write(f"trunkline log-level: {error}\n")
        return Exit.PROBLEMS
    return _show(told, module if level is None else None, output)


def seconds(text: str) -> float:
    """`10m` as seconds. ValueError for anything else, 0, and more than a day."""
    found = re.fullmatch(r"(\d{1,6})([smh])", text)
    value = 0 if found is None else int(found[1]) * _UNITS[found[2]]
    if not 0 < value <= 86_400:
        raise ValueError(f'--for "{text}" is no time that a level can be set for; write 30s, 10m or 2h, at most 24h')
    return float(value)


def _show(told: Mapping[str, object], only: str | None, output: Output) -> Exit:
    items = told.get("items")
    rows = [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []
    if only is not None:
        rows = [one for one in rows if one.get("module") == only]
        if not rows:
            sys.stderr.write(f'trunkline log-level: no module "{printable(only)}" logs; without one all are listed\n')
            return Exit.PROBLEMS
    if output is Output.JSON:
        sys.stdout.write(json.dumps({"items": rows}, indent=2) + "\n")
        return Exit.FINE
    lines = [
        [str(one.get("module")), str(one.get("level")), to_the_second(one.get("until")), str(one.get("about"))]
        for one in rows
    ]
    sys.stdout.write(table(("MODULE", "LEVEL", "UNTIL", "SAYS"), lines))
    return Exit.FINE
