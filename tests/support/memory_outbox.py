"""An outbox in memory, in the order that the real one keeps. Satisfies `Outbox`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from engine.errors import JournalError
from engine.runtime.webhooks.outbox import Backlog, Dropped, Line, Waiting


class MemoryOutbox:
    """`is_down`: each use is refused."""

    def __init__(self) -> None:
        self.lines: dict[Line, list[Waiting]] = {}
        self.aside_at: dict[int, datetime] = {}
        self.is_down = False
        self.removals: list[list[int]] = []
        self._next = 1

    def put(self, line: Line, at: datetime, body: str) -> None:
        waiting = Waiting(seq=self._next, id=f"m{self._next}", at=at, body=body, is_aside=False)
        self.lines.setdefault(line, []).append(waiting)
        self._next += 1

    @property
    def left(self) -> list[str]:
        return [one.body for waiting in self.lines.values() for one in waiting]

    async def backlogs(self) -> dict[Line, Backlog]:
        self._check()
        return {
            line: Backlog(len(waiting), sum(one.is_aside for one in waiting), min(one.at for one in waiting))
            for line, waiting in self.lines.items()
            if waiting
        }

    async def first(self, line: Line, at_most: int) -> list[Waiting]:
        self._check()
        ordered = sorted(
            self.lines.get(line, []),
            key=lambda one: (one.seq in self.aside_at, self.aside_at.get(one.seq, one.at), one.seq),
        )
        return ordered[:at_most]

    async def remove(self, seqs: Sequence[int]) -> None:
        self._check()
        self.removals.append(list(seqs))
        for line, waiting in self.lines.items():
            self.lines[line] = [one for one in waiting if one.seq not in seqs]

    async def set_aside(self, seq: int, at: datetime) -> None:
        self._check()
        self.aside_at[seq] = at
        for line, waiting in self.lines.items():
            self.lines[line] = [replace(one, is_aside=True) if one.seq == seq else one for one in waiting]

    async def drop(self, before: datetime, most: int) -> dict[Line, Dropped]:
        self._check()
        old: Counter[Line] = Counter()
        over: Counter[Line] = Counter()
        for line, waiting in self.lines.items():
            young = [one for one in waiting if one.at >= before]
            kept = young[-most:] if most else []
            old[line], over[line] = len(waiting) - len(young), len(young) - len(kept)
            self.lines[line] = kept
        return {line: Dropped(old[line], over[line]) for line in self.lines if old[line] or over[line]}

    def _check(self) -> None:
        if self.is_down:
            raise JournalError("outbox is down")
