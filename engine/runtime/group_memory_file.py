"""What ring groups remember, on disk: who was rung last and who has talked how long go on after a restart where they were.

One small JSON file, written anew as a whole, in a thread, a few seconds after it changed. `kill -9` may lose those seconds: then a
member is first again who was first already.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from engine.routing.group_memory import GroupMemory, GroupMemoryRow

NAME: Final = "ring-groups.json"
_EVERY_S: Final = 5.0
_VERSION: Final = 1
_MOST_BYTES: Final = 64 * 1024 * 1024
_LONGEST_NAME: Final = 256
_MOST_SECONDS: Final = 1e12
_MOST_RUNG: Final = 2**62

_log: Final = logging.getLogger("trunkline.storage")


class GroupMemoryFile:
    """`load` before the first call, `keep_house` every second, `close` at the end."""

    def __init__(self, data: Path, memory: GroupMemory, every_s: float = _EVERY_S) -> None:
        self._path = data / NAME
        self._memory = memory
        self._every_s = every_s
        self._next_at = 0.0
        self._writing: asyncio.Task[None] | None = None
        self.problem: str | None = None

    async def load(self) -> None:
        rows, problem = await asyncio.to_thread(read_rows, self._path)
        if problem is not None:
            _log.warning("%s; ring groups begin anew", problem)
        self._memory.restore(rows)

    def keep_house(self, now: float) -> None:
        """Write what changed, unless that was just done or is being done."""
        if self._memory.is_changed and self._writing is None and now >= self._next_at:
            self._next_at = now + self._every_s
            self._writing = asyncio.get_running_loop().create_task(self._write(), name="ring-groups")

    async def close(self) -> None:
        """Write what is left."""
        if self._writing is not None:
            await self._writing
        if self._memory.is_changed:
            await self._write()

    async def _write(self) -> None:
        rows = self._memory.rows()
        try:
            await asyncio.to_thread(write_rows, self._path, rows)
        except OSError as error:
            self._memory.is_changed = True
            if self.problem is None:
                _log.warning("%s can't be written: %s; ring groups remember in memory", self._path, error.strerror)
            self.problem = str(error)
        else:
            self.problem = None
        finally:
            self._writing = None


def read_rows(path: Path) -> tuple[list[GroupMemoryRow], str | None]:
    """Those of the last run; none, with the reason, if the file can't be read. Blocking."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ValueError(f"it is longer than {_MOST_BYTES} bytes")
        document = json.loads(data)
        if not isinstance(document, dict) or document.get("version") != _VERSION:
            raise ValueError(f"it is no memory of version {_VERSION}")
        return [_row(row) for row in document["members"]], None
    except FileNotFoundError:
        return [], None
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        return [], f"{path} can't be read: {why}"


def write_rows(path: Path, rows: Sequence[GroupMemoryRow]) -> None:
    """Replace the file. Blocking; OSError leaves the old one as it was."""
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        # Line by line: one `dumps` of all would hold the interpreter.
        file.write(f'{{"version": {_VERSION}, "members": [')
        for count, row in enumerate(rows):
            file.write(",\n" if count else "\n")
            file.write(json.dumps(row))
        file.write("\n]}\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _row(row: object) -> GroupMemoryRow:
    """ValueError or TypeError for what is none."""
    match row:
        case [str(tenant), str(group), str(number), int(last_rung), int() | float() as talk_s]:
            if max(len(tenant), len(group), len(number)) > _LONGEST_NAME:
                raise ValueError("a name is too long")
            if not 0 <= last_rung <= _MOST_RUNG or not (math.isfinite(talk_s) and 0 <= talk_s <= _MOST_SECONDS):
                raise ValueError("a figure is none that can be")
            return GroupMemoryRow(tenant, group, number, int(last_rung), float(talk_s))
    raise TypeError("a row is not [tenant, group, number, last rung, seconds]")
