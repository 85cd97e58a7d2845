"""Where a long result is written: standard output, or a file that has its name only once it is whole.

An interrupted command leaves the file that was there before, or none; never half a file that pretends to be whole.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn


class OutputRefused(Exception):
    """The file can't be written; the message says why."""


@contextmanager
def whole_file(path: Path | None) -> Iterator[BinaryIO]:
    """What is written in this context becomes the file at its end, if it ends well. None = standard output."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.exists() and not path.is_file():  # a pipe, a terminal: nothing that could be half there
        with _refusing(path), path.open("wb") as stream:
            yield stream
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _leave)  # with its draft, as at Ctrl-C
    try:
        with _refusing(path):
            # Records say who called whom: for their owner, until he decides otherwise.
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _leave(number: int, frame: object) -> NoReturn:
    del frame
    sys.exit(128 + number)


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise OutputRefused(f"{path} can't be written: {(error.strerror or str(error)).lower()}") from None
