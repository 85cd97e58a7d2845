"""The data folder: one server at a time, for its owner only."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

LOCK: Final = "server.lock"


class DataFolderError(Exception):
    """The folder can't be used; the message says why and what to do."""


class DataFolder:
    """Held from `take` until the process ends: the kernel frees the lock, whatever happens to us."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def take(cls, path: Path) -> DataFolder:
        """Create the folder if it is missing, and take it. DataFolderError if it can't be used or another server has it."""
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DataFolderError(
                f"the data folder {path} can't be used: {(error.strerror or str(error)).lower()}; "
                "choose another with --data, or make it writable for the user that runs this"
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(lock, 32, 0).decode("ascii", "replace").strip()
            os.close(lock)
            who = f" (process {holder})" if holder.isdecimal() else ""
            raise DataFolderError(
                f"another server runs on the data folder {path}{who}; stop it, or give this one a folder of its own with --data"
            ) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        return cls(path, lock)

    def release(self) -> None:
        os.close(self._lock)
