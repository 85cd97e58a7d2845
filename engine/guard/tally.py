"""How often each source did something within the last period.

Time is cut into slots of a tenth of the period: what is counted is the slot under way and the nine before it. So a count covers
nine tenths of the period at least, and memory is bounded: a slot takes so many sources and counts no further ones, which only
helps who sends from very many.
"""

from __future__ import annotations

from collections import deque
from typing import Final

SLOTS: Final = 10
_KEPT_A_SLOT: Final = 10_000


class Tally:
    """`now` in seconds, monotonic. `uncounted`: how often a slot was full."""

    __slots__ = ("_kept", "_slot", "_slot_s", "_slots", "_totals", "period_s", "uncounted")

    def __init__(self, period_s: float, kept: int = _KEPT_A_SLOT) -> None:
        self.period_s = period_s
        self._slot_s = period_s / SLOTS
        self._kept = kept
        self._slot = 0
        self._slots: deque[dict[str, int]] = deque([{}])
        self._totals: dict[str, int] = {}
        self.uncounted = 0

    def add(self, source: str, now: float) -> int:
        """Count once more; how often it was within the period. 0 if there is no room to count it."""
        self._move_to(now)
        current = self._slots[-1]
        seen = current.get(source)
        if seen is None and len(current) >= self._kept:
            self.uncounted += 1
            return 0
        current[source] = (seen or 0) + 1
        total = self._totals[source] = self._totals.get(source, 0) + 1
        return total

    def take_back(self, source: str, now: float) -> None:
        """The latest one does not count after all; nothing if there is none."""
        self._move_to(now)
        if source not in self._totals:
            return
        latest = self._slots[-1]
        if source not in latest:
            latest = next(slot for slot in reversed(self._slots) if source in slot)
        _lower(latest, source, 1)
        _lower(self._totals, source, 1)

    def count(self, source: str, now: float) -> int:
        """How often it was within the period."""
        self._move_to(now)
        return self._totals.get(source, 0)

    def forget(self, source: str) -> None:
        """As if that source had done nothing yet."""
        if self._totals.pop(source, None) is not None:
            for slot in self._slots:
                slot.pop(source, None)

    def __len__(self) -> int:
        """How many entries are held."""
        return sum(map(len, self._slots))

    def _move_to(self, now: float) -> None:
        slot = int(now // self._slot_s)
        passed = slot - self._slot
        if passed <= 0:
            return
        self._slot = slot
        for _ in range(min(passed, SLOTS)):
            self._slots.append({})
            if len(self._slots) > SLOTS:
                for source, count in self._slots.popleft().items():
                    _lower(self._totals, source, count)


def _lower(counts: dict[str, int], source: str, by: int) -> None:
    """Zero is not kept."""
    left = counts[source] - by
    if left:
        counts[source] = left
    else:
        del counts[source]
