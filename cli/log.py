"""Log lines on stderr: one line an event, `time LEVEL part: words key=value ...`; never a secret.

What phones and files send is part of some messages, so control characters are written as escapes: nobody forges a line.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Final

LEVELS: Final = ("debug", "info", "warning", "error")


class LineFormatter(logging.Formatter):
    """Time in UTC with milliseconds. A traceback, which only a bug has, follows in indented lines."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        part = record.name.removeprefix("trunkline.")
        line = f"{at}Z {record.levelname} {part}: {_one_line(record.getMessage())}"
        if record.exc_info:
            line += "\n    " + self.formatException(record.exc_info).replace("\n", "\n    ")
        return line


def set_up(level: str) -> None:
    """Log to stderr from this level on. ValueError for a level that does not exist."""
    if level.lower() not in LEVELS:
        raise ValueError(f'"{level}" is no log level; use one of {", ".join(LEVELS)}')
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("trunkline").setLevel(level.upper())


def _one_line(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
