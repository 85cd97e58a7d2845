"""Plain YAML scalars by the core schema of YAML 1.2 (§10.3.2): null, booleans, integers, floats, text.

`no`, `on`, `yes` and `1:30` stay text. The surprising thing: a number is kept as `PlainNumber`, the text as it was
written, and becomes a number only in a field that wants one; so `number: 0101` is the extension "0101", not 101.
"""

import math
import re
from typing import Final, TypeAlias

LONGEST_NUMBER_CHARACTERS: Final = 64
NUMBER: Final = re.compile(
    r"(?P<whole>[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)"
    r"|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
    re.ASCII,
)
CONSTANTS: Final[dict[str, bool | None]] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
NUMBER_STARTS: Final = frozenset("0123456789+-.")


class PlainNumber(str):
    """A plain scalar that the core schema reads as a number, kept as it was written."""

    __slots__ = ()

    def whole(self) -> int | None:
        """Return the number if it is written as a whole one (decimal, 0o or 0x), else None."""
        match = NUMBER.fullmatch(self)
        if match is None or match["whole"] is None:
            return None
        base = {"0o": 8, "0x": 16}.get(self[:2], 10)
        return int(self, base)

    def number(self) -> int | float:
        """Return the number: what a plain YAML 1.2 reader would have made of the text."""
        whole = self.whole()
        if whole is not None:
            return whole
        text = self.lower()
        if text.endswith(".inf"):
            return -math.inf if text.startswith("-") else math.inf
        return math.nan if text == ".nan" else float(text)


CoreScalar: TypeAlias = "str | bool | None"


def resolve(text: str) -> CoreScalar:
    """Return what the plain scalar `text` means. A number of over 64 characters is no number but text."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if text[0] in NUMBER_STARTS and len(text) <= LONGEST_NUMBER_CHARACTERS and NUMBER.fullmatch(text):
        return PlainNumber(text)
    return text
