"""Python's collector of cycles, kept out of the calls' way.

Calls leave no cycles, so the collector finds nothing in them, and what it costs is the looking. It looks at each object once while that is
young, 10,000 at a time (some 3 ms; 50,000 would hold the loop for 20 under a large change). The second look, at all that had lived on
through 25 of those, held the loop of a busy server for 90 ms and more; it is taken by `tidy` instead, when little lives.
"""

from __future__ import annotations

import gc
from typing import Final

_YOUNG: Final = 10_000
_NEVER: Final = 1_000_000_000
_TIDY_EVERY_S: Final = 60.0
_FEW: Final = 500
_FEW_LOOKS: Final = 1


class Collector:
    """One a process, for its collector is the process's: `start`, `tidy` from time to time, `stop` leaves it as it was found."""

    def __init__(self) -> None:
        self._before: tuple[int, int, int] | None = None
        self._has_settled = False
        self._tidied_at: float | None = None

    def start(self) -> None:
        """What is there stays, and need not be looked through any more."""
        gc.collect()
        gc.freeze()
        self._before = gc.get_threshold()
        gc.set_threshold(_YOUNG, _NEVER, _NEVER)

    def set_aside(self) -> None:
        """All that lives now stays, as far as anybody can tell: ten thousand new configuration values would cost a look 40 ms.

        Cycles that nobody needs any more go first, for set aside they would stay for ever: each webhook and each request of the API leaves
        some. The young ones always; those that grew old where there are few (6 ms), which after a large change there are not.
        """
        gc.collect(1 if gc.get_count()[1] <= _FEW_LOOKS else 0)
        gc.freeze()

    def tidy(self, living: int, now: float) -> bool:
        """Look at what has grown old, once a minute, if `living` calls and transactions are few; whether it did.

        What grew old in the first minute is all that is imported once SIP answers, and stays.
        """
        if self._tidied_at is None:
            self._tidied_at = now
        if now - self._tidied_at < _TIDY_EVERY_S:
            return False
        if not self._has_settled:
            self._has_settled = True
            self._tidied_at = now
            gc.freeze()
            return False
        if living > _FEW or gc.get_count()[1] == 0:
            return False
        self._tidied_at = now
        gc.collect(1)
        return True

    def stop(self) -> None:
        if self._before is not None:
            gc.set_threshold(*self._before)
            self._before = None
