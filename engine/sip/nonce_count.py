"""Which nonce counts were used: the protection against replay.

RFC 7616 §3.4 (nc), §5.5. Kept only for nonces that came with right credentials, so strangers can't fill the memory.

Surprising: two generations instead of a queue. A generation is dropped when a younger one has lasted a lifetime, and by then
all its nonces have expired. If one fills up sooner, it is dropped sooner, and nonces older than what is still known
count as stale: their phones are challenged again, but nothing can be replayed.
"""

from __future__ import annotations

from typing import Final

from engine.sip.nonce import Nonce

WINDOW: Final = 64
"""A count may come this much late: a phone's requests overtake each other."""

HIGHEST_COUNT: Final = 16**8 - 1
_MASK: Final = (1 << WINDOW) - 1
# Counts from 1 to WINDOW as a bitmap below the highest count: value = highest << WINDOW | bitmap; bit 0 is the highest.
_FIRST: Final = 1
_USED_ONCE: Final = 1 << WINDOW | _FIRST  # one number for the many nonces that are used once


class NonceCounts:
    """`lifetime_s`: of a nonce; `kept`: nonces a generation holds at most."""

    __slots__ = ("_kept", "_lifetime_s", "_new", "_old", "_since", "valid_from")

    def __init__(self, lifetime_s: float, kept: int = 100_000) -> None:
        self._lifetime_s = lifetime_s
        self._kept = kept
        self._new: dict[int, int] = {}
        self._old: dict[int, int] = {}
        self._since: float | None = None  # begin of the new generation
        self.valid_from: float | None = None  # nonces issued before are not known any more

    def use(self, nonce: Nonce, count: int, now: float) -> bool:
        """Note the use of a count (1 or more). False if it was used before, or is too far behind to tell."""
        self._rotate(now)
        if self.valid_from is not None and nonce.issued_at <= self.valid_from:
            return False
        generation = self._old if nonce.ident in self._old else self._new
        seen = generation.get(nonce.ident)
        if seen is None:
            generation[nonce.ident] = _USED_ONCE if count == 1 else count << WINDOW | _FIRST
            return True
        highest, bitmap = seen >> WINDOW, seen & _MASK
        if count > highest:
            shifted = bitmap << (count - highest) if count - highest < WINDOW else 0
            generation[nonce.ident] = count << WINDOW | (shifted & _MASK) | _FIRST
            return True
        bit = 1 << (highest - count) if highest - count < WINDOW else 0
        if not bit or bitmap & bit:
            return False
        generation[nonce.ident] = seen | bit
        return True

    def __len__(self) -> int:
        """How many nonces are known."""
        return len(self._new) + len(self._old)

    def _rotate(self, now: float) -> None:
        since = self._since
        if since is None:
            self._since = now
        elif now - since >= self._lifetime_s:
            # Nobody came for two lifetimes: what is in the new generation has expired too.
            self._old = self._new if now - since < 2 * self._lifetime_s else {}
            self._new = {}
            self._since = now
        elif len(self._new) >= self._kept:
            if self._old:
                self.valid_from = since
            self._old, self._new = self._new, {}
            self._since = now
