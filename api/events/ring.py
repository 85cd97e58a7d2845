"""The last events, so many and so large at most. Places are counted from the beginning of the epoch and never used twice."""

from __future__ import annotations

from typing import Final

from api.events.entry import Entry

MOST_ENTRIES: Final = 20_000
MOST_BYTES: Final = 16 * 1024 * 1024
_TIDY: Final = 1024


class Ring:
    """`end`: the place behind the last event; `start`: that of the oldest one kept."""

    def __init__(self, most_entries: int = MOST_ENTRIES, most_bytes: int = MOST_BYTES) -> None:
        self._most_entries = most_entries
        self._most_bytes = most_bytes
        self._entries: list[Entry | None] = []
        self._gone = 0  # of the front of the list
        self._before = 0  # places before the list
        self.size = 0

    @property
    def start(self) -> int:
        return self._before + self._gone

    @property
    def end(self) -> int:
        return self._before + len(self._entries)

    def append(self, entry: Entry) -> None:
        self._entries.append(entry)
        self.size += entry.size
        while self.size > self._most_bytes or self.end - self.start > self._most_entries:
            self._drop()

    def at(self, place: int) -> Entry:
        """Of a place from `start` on, before `end`."""
        found = self._entries[place - self._before]
        assert found is not None  # noqa: S101 - only what is before `start` is None
        return found

    def _drop(self) -> None:
        oldest = self._entries[self._gone]
        assert oldest is not None  # noqa: S101 - as above
        self.size -= oldest.size
        self._entries[self._gone] = None
        self._gone += 1
        if self._gone >= _TIDY and self._gone * 2 >= len(self._entries):
            del self._entries[: self._gone]
            self._before += self._gone
            self._gone = 0
