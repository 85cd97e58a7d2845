"""The clocks of the machine: monotonic for the protocol, wall time for records.

The wall time of a monotonic instant is taken by the difference of the two now, read again each second: a wall clock
that is set while calls live moves what is recorded from then on, and no duration.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

_READ_AGAIN_S: Final = 1.0


class Clock:
    __slots__ = ("_read_at", "_shift")

    def __init__(self) -> None:
        self._read_at = time.monotonic()
        self._shift = time.time() - self._read_at

    def now(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def unix(self, at: float) -> float:
        """UNIX seconds of a monotonic instant."""
        if at - self._read_at > _READ_AGAIN_S:
            self._read_at = time.monotonic()
            self._shift = time.time() - self._read_at
        return at + self._shift

    def utc(self, at: float) -> datetime:
        """Aware UTC of a monotonic instant."""
        return datetime.fromtimestamp(self.unix(at), UTC)
