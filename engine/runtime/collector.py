"""Python's collector of cycles, kept out of the calls' way.

Calls leave no cycles, so the collector finds nothing in them, and what it costs is the looking. It looks at each object once while that is
young, 10,000 at a time (some 3 ms; 50,000 would hold the loop for 20 under a large change). The second look, at all that had lived on
through 25 of those, held the loop of a busy server for 90 ms and more; it is taken by `tidy` instead, when little lives.

What stays is set aside and never looked at again: the modules, and configuration once there is much of it. Cycles that are in use just
then (a webhook's connection, a request of the API) are set aside with it and never go. So it is done for much only: done after every edit,
it cost a server with an edit every quarter of a minute and a webhook for each of twelve calls a second 16 MB an hour.
"""

from __future__ import annotations

import gc
from typing import Final

_YOUNG: Final = 10_000
_NEVER: Final = 1_000_000_000
_TIDY_EVERY_S: Final = 60.0
_OVERDUE_S: Final = 600.0
_FEW: Final = 500
_FEW_WHEN_OVERDUE: Final = 2_000
_FEW_LOOKS: Final = 1
MUCH_CONFIGURATION: Final = 2_000
"""Values: a look at so many takes 8 ms."""
_MUCH: Final = 30_000
"""Objects: so many, too."""


class Collector:
    """One a process, for its collector is the process's: `start`, `tidy` from time to time, `stop` leaves it as it was found."""

    def __init__(self) -> None:
        self._before: tuple[int, int, int] | None = None
        self._has_settled = False
        self._tidied_at: float | None = None
        self._values = 0

    def start(self) -> None:
        """What is there stays, and need not be looked through any more."""
        gc.collect()
        gc.freeze()
        self._before = gc.get_threshold()
        gc.set_threshold(_YOUNG, _NEVER, _NEVER)

    def note_configuration(self, values: int) -> None:
        """So many values have come with an apply. Much of it, at once or by and by, stays as far as anybody can tell, and is set aside with
        all that lives now: ten thousand values would cost a look 40 ms.

        Cycles that nobody needs any more go first, for set aside they would stay for ever. The young ones always; those that grew old where
        there are few (6 ms), which after a large change there are not.
        """
        self._values += values
        if self._values < MUCH_CONFIGURATION:
            return
        self._values = 0
        gc.collect(1 if gc.get_count()[1] <= _FEW_LOOKS else 0)
        gc.freeze()

    def tidy(self, living: int, now: float) -> bool:
        """Look at all that is not set aside, once a minute, if `living` calls and transactions are few, or not very many and the last look
        was ten minutes ago; whether it did. What stays after it is set aside if it is much.

        What grew old in the first minute is all that is imported once SIP answers, and stays.
        """
        if self._tidied_at is None:
            self._tidied_at = now
        waited_s = now - self._tidied_at
        if waited_s < _TIDY_EVERY_S:
            return False
        if not self._has_settled:
            self._has_settled = True
            self._tidied_at = now
            gc.freeze()
            return False
        if living > (_FEW if waited_s < _OVERDUE_S else _FEW_WHEN_OVERDUE) or gc.get_count()[1] == 0:
            return False
        self._tidied_at = now
        gc.collect()
        if len(gc.get_objects(generation=2)) > _MUCH:
            gc.freeze()
        return True

    def stop(self) -> None:
        if self._before is not None:
            gc.set_threshold(*self._before)
            self._before = None
