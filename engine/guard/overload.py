"""When to refuse new work: while the socket is never found empty, what waits in it grows older than callers have
patience for.

Feature A8 in its first form. A turn that takes all that the loop allows and still leaves datagrams waiting is a full
one; full turns without a break for `patience_s` mean overload, and it is over after as long a time without one. New
REGISTER and INVITE then get 503 with Retry-After; calls go on.
"""

from __future__ import annotations


class Overload:
    """Ask `is_overloaded` after `note_turn`. Seconds, monotonic."""

    __slots__ = ("_calm_since", "_full_since", "_patience_s", "is_overloaded")

    def __init__(self, patience_s: float = 0.5) -> None:
        self._patience_s = patience_s
        self._full_since: float | None = None
        self._calm_since: float | None = None
        self.is_overloaded = False

    def note_turn(self, now: float, *, full: bool) -> None:
        """A turn is over; `full`: datagrams still waited when it had taken its share."""
        if full:
            self._calm_since = None
            if self._full_since is None:
                self._full_since = now
            elif now - self._full_since >= self._patience_s:
                self.is_overloaded = True
            return
        self._full_since = None
        if not self.is_overloaded:
            return
        if self._calm_since is None:
            self._calm_since = now
        elif now - self._calm_since >= self._patience_s:
            self.is_overloaded = False
            self._calm_since = None
