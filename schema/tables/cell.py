"""Cells of CSV files: what a spreadsheet would take for a formula gets a mark before it (OWASP: CSV injection), and loses it when read."""

from __future__ import annotations

import re
from typing import Final

# Those that begin with such a mark already get one more, so that reading takes away just what writing put there.
_FORMULA: Final = re.compile("'*[=+\\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")


def guarded(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """What `guarded` was given."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell
