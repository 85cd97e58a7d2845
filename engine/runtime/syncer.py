"""A thread that brings written journal data to the disk, so that no fsync ever holds up a call.

At most once per interval it syncs what was written, then removes the files that this made superfluous: a file goes only after
what replaced it is safe. Errors are kept in `problem` for the loop to tell.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, Thread


class Syncer:
    """`wrote`, `retire` and `remove` may be called from the loop and return at once; `stop` waits for the last sync."""

    def __init__(self, folder: Path, interval_s: float, sync: Callable[[int], None] = os.fdatasync) -> None:
        self.problem: str | None = None
        self._folder = folder
        self._interval_s = interval_s
        self._sync = sync
        self._lock = Lock()
        self._work = Event()
        self._stopping = Event()
        self._written: set[int] = set()
        self._retired: list[int] = []
        self._removed: list[Path] = []
        self._new_file = False
        self._worker = Thread(target=self._run, name="journal-sync", daemon=True)
        self._worker.start()

    def wrote(self, descriptor: int) -> None:
        """Something was written to that file."""
        with self._lock:
            self._written.add(descriptor)
        if (
            not self._work.is_set()
        ):  # asking costs a tenth of setting; a thread that clears it looks at what was written after that
            self._work.set()

    def created(self) -> None:
        """The folder has a new file, whose name has to survive too."""
        self._new_file = True
        self._work.set()

    def retire(self, descriptor: int) -> None:
        """Sync that file a last time and close it."""
        with self._lock:
            self._retired.append(descriptor)
        self._work.set()

    def remove(self, path: Path) -> None:
        """Delete that file once everything written up to now is on the disk."""
        with self._lock:
            self._removed.append(path)
        self._work.set()

    def stop(self) -> None:
        """Do what is left and end."""
        self._stopping.set()
        self._work.set()
        self._worker.join()

    def _run(self) -> None:
        while True:
            self._work.wait()
            self._work.clear()
            stopping = self._stopping.is_set()
            self._round()
            if stopping:
                return
            self._stopping.wait(self._interval_s)

    def _round(self) -> None:
        with self._lock:
            written, self._written = self._written, set()
            retired, self._retired = self._retired, []
            removed, self._removed = self._removed, []
        try:
            for descriptor in written.union(retired):
                self._sync(descriptor)
            if self._new_file:
                self._new_file = False
                self._sync_folder()
        except OSError as error:
            self.problem = f"journal in {self._folder} can't be synced to the disk: {error.strerror or error}"
            with self._lock:  # not safe yet: again with the next round
                self._written |= written - set(retired)
                self._removed = removed + self._removed
            self._work.set()
        else:
            self.problem = None
            for path in removed:
                path.unlink(missing_ok=True)
        for descriptor in retired:
            os.close(descriptor)

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
