"""When to refuse new work: while a socket is never found empty, what waits in it grows older than callers have
patience for.

Feature A8 in its first form. A turn that takes all that the loop allows and still leaves datagrams waiting is a full
one, and so is one in which connections bring as many messages; full turns of one socket, or of all connections, without a
break for `patience_s` mean overload, and it is over as long after the last one.
New REGISTER and INVITE then get 503 with Retry-After; calls go on.
"""

from __future__ import annotations


class Overload:
    """Ask `is_overloaded` after `note_turn` and `rest`. Seconds, monotonic."""

    __slots__ = ("_full_since", "_last_full", "_patience_s", "is_overloaded")

    def __init__(self, patience_s: float = 0.5) -> None:
        self._patience_s = patience_s
        self._full_since: dict[str, float] = {}
        self._last_full = 0.0
        self.is_overloaded = False

    def note_turn(self, source: str, now: float, *, full: bool) -> None:
        """A turn of the socket `source` is over; `full`: datagrams still waited when it had taken its share."""
        if not full:
            self._full_since.pop(source, None)
            self.rest(now)
            return
        self._last_full = now
        if now - self._full_since.setdefault(source, now) >= self._patience_s:
            self.is_overloaded = True

    def rest(self, now: float) -> None:
        """To be called from time to time: where no datagram comes any more, no turn would ever say that it is over."""
        if self.is_overloaded and now - self._last_full >= self._patience_s:
            self.is_overloaded = False
            self._full_since.clear()
