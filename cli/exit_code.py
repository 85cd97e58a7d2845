"""What the commands end with."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """0: fine; 1: problems found, refused or failed; 2: wrong usage."""

    FINE = 0
    PROBLEMS = 1
    USAGE = 2
