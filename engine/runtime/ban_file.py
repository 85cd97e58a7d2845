"""Bans on disk, so that a restart pardons nobody: one small JSON file, written anew as a whole when they change.

Who is banned is a live fact and no configuration: nothing is lost but bans if the file is.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.guard.ban import Reason

NAME: Final = "bans.json"
_VERSION: Final = 1
_MOST_BYTES: Final = 16 * 1024 * 1024
_LONGEST_SOURCE: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBan:
    """A ban as it survives a restart. `since`, `until`: UNIX seconds, for the monotonic clock does not survive."""

    source: str
    reason: Reason
    since: float
    until: float
    count: int
    dropped: int


@dataclass(frozen=True, slots=True)
class StoredBans:
    """`problem`: why there are none, for the log; None also where there is no file yet."""

    bans: tuple[StoredBan, ...]
    problem: str | None = None


def read_bans(path: Path) -> StoredBans:
    """Those of the last run; none, with the reason, if the file can't be read. Blocking."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ValueError(f"it is longer than {_MOST_BYTES} bytes")
        document = json.loads(data)
        if not isinstance(document, dict) or document.get("version") != _VERSION:
            raise ValueError(f"it is no list of bans of version {_VERSION}")
        return StoredBans(tuple(_ban(row) for row in document.get("bans", ())))
    except FileNotFoundError:
        return StoredBans(())
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        return StoredBans((), f"{path} can't be read: {why}; who was banned before is not banned any more")


def write_bans(path: Path, bans: Sequence[StoredBan]) -> None:
    """Replace the file. Blocking; OSError leaves the old one as it was."""
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        # Line by line: one `dumps` of twenty thousand would hold the interpreter for tens of milliseconds.
        file.write(f'{{"version": {_VERSION}, "bans": [')
        for count, ban in enumerate(bans):
            file.write(",\n" if count else "\n")
            file.write(json.dumps({name: getattr(ban, name) for name in StoredBan.__slots__}))
        file.write("\n]}\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _ban(row: object) -> StoredBan:
    """ValueError, TypeError or KeyError for what is none."""
    if not isinstance(row, dict):
        raise TypeError("a ban is no mapping")
    source, since, until = row["source"], float(row["since"]), float(row["until"])
    if not isinstance(source, str) or not 0 < len(source) <= _LONGEST_SOURCE:
        raise ValueError("a ban has no source")
    if not (math.isfinite(since) and math.isfinite(until)):
        raise ValueError("a ban has no time")
    return StoredBan(
        source=source,
        reason=Reason(row["reason"]),
        since=since,
        until=until,
        count=int(row["count"]),
        dropped=int(row["dropped"]),
    )
