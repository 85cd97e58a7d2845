"""How well a PIN withstands somebody who tries a few. Pure; what is said of one never tells the PIN.

A PIN is pressed on a phone, so it is digits, and whoever calls may try some. Those that people choose first go first: 1234, 1111, 2580, a
year, the number of whose it is (DataGenetics, "PIN analysis", 2012: twenty PINs open a quarter of all locks).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum, auto
from itertools import pairwise
from typing import Final

FEWEST_DIGITS: Final = 4
MOST_DIGITS: Final = 12
ARGON2ID: Final = "$argon2id$"
FIRST_TRIED: Final = frozenset(
    {"2580", "0852", "1470", "0741", "1397", "7410", "159357", "147258", "112233", "123123", "1004", "1010"}
)
YEAR: Final = re.compile("(?:19|20)[0-9]{2}")


class PinFault(Enum):
    """What is wrong with a PIN."""

    NO_DIGITS = auto()
    """It can't be pressed on a phone."""
    SHORT = auto()
    """There are too few to try."""
    LONG = auto()
    """Nobody presses so many."""
    TRIVIAL = auto()
    """It is among those that are tried first."""


def pin_fault(pin: str, numbers: Iterable[str]) -> PinFault | None:
    """What is wrong with it, or None. `numbers`: those of whose it is. A hash says nothing of what it is of."""
    if pin.startswith(ARGON2ID):
        return None
    if not (pin.isascii() and pin.isdecimal()):
        return PinFault.NO_DIGITS
    if len(pin) < FEWEST_DIGITS:
        return PinFault.SHORT
    if len(pin) > MOST_DIGITS:
        return PinFault.LONG
    return PinFault.TRIVIAL if _is_trivial(pin, numbers) else None


def _is_trivial(pin: str, numbers: Iterable[str]) -> bool:
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    runs_on = len(steps) == 1 and steps <= {0, 1, 9}
    repeats = len(pin) > 3 and pin in (pin + pin)[1:-1]
    of_owner = any(number and (number in pin or pin in number) for number in numbers if len(number) > 2)
    return (
        runs_on
        or repeats
        or of_owner
        or pin in FIRST_TRIED
        or (len(pin) == len("1984") and YEAR.fullmatch(pin) is not None)
    )
