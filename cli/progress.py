"""What a long command is doing, on stderr and only on a terminal: one line that is written over, and gone when the command ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, TextIO

PATIENCE_S: Final = 0.5
EVERY_S: Final = 0.1
WIDTH: Final = 79
ERASE: Final = "\r\x1b[2K"


class Progress:
    """Silent for the first half second, so that quick work is not flickered at."""

    def __init__(self, stream: TextIO, environ: Mapping[str, str], now: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._now = now
        self._next = now() + PATIENCE_S
        self._is_shown = environ.get("TERM") != "dumb" and stream.isatty()
        self._is_dirty = False

    def says(self, what: str) -> None:
        """Show what is being done; called as often as one likes."""
        if not self._is_shown or self._now() < self._next:
            return
        self._next = self._now() + EVERY_S
        self._is_dirty = True
        line = what if what.isprintable() else what.encode("unicode_escape").decode("ascii")
        self._stream.write(f"{ERASE}{line[:WIDTH]}")
        self._stream.flush()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_dirty:
            self._stream.write(ERASE)
            self._stream.flush()
