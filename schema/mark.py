"""The place of a value: file, line and column."""

from typing import NamedTuple


class Mark(NamedTuple):
    """Where a value begins. `line` and `column` count from 1, columns in characters. Sorts in reading order."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """Return `file:line:column`, the form that editors and terminals make clickable."""
        return f"{self.file}:{self.line}:{self.column}"
