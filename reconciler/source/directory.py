"""A folder of manifests, read whole and only when it holds still.

What counts stands in `selection`; symbolic links are followed. A missing, unreadable or empty folder is `SourceUnavailable`, never
an empty set. A file that can't be read is listed with its reason.

The surprising thing: a save is not one event. A file that is younger than `settle_s`, changes while it is read, or has just
disappeared is looked at again before it is believed.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from reconciler.errors import SourceUnavailable
from reconciler.source.selection import (
    LOOPING_LINK,
    NO_REGULAR_FILE,
    SAME_NAME,
    Limits,
    Measure,
    counts,
    is_ignored,
    nothing_found,
    printable_path,
)
from reconciler.source.tree import SourceFile, SourceTree, UnreadableFile

TICK_S: Final = 0.005
"""How far a stamp lags behind the clock at most."""
RACY_S: Final = 2.0
"""A file this young may change again without its stamps telling (their clock ticks coarsely), so it is read anew."""


class Stamp(NamedTuple):
    """What of a file changes when its content does."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int


@dataclass(slots=True)
class _Look:
    """One pass over the folder. `restless`: files that may be half-way through a save; `calm_in_s`: until the youngest is old enough."""

    measure: Measure
    files: dict[str, SourceFile] = field(default_factory=dict)
    unreadable: list[UnreadableFile] = field(default_factory=list)
    restless: set[str] = field(default_factory=set)
    calm_in_s: float = 0.0

    def doubt(self, path: str, calm_in_s: float) -> None:
        """Look at the file again then before it is believed."""
        self.restless.add(path)
        self.calm_in_s = max(self.calm_in_s, calm_in_s)


class Directory:
    """The source that `serve DIR` and `validate DIR` read. Remembers contents, so an unchanged file costs one `stat`."""

    def __init__(
        self,
        root: Path,
        *,
        limits: Limits | None = None,
        settle_s: float = 0.15,
        patience: int = 8,
        now: Callable[[], float] = time.time,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._root = root
        self._limits = limits or Limits()
        self._settle_s = settle_s
        self._patience = patience
        self._now = now
        self._wait = wait
        self._known: dict[str, tuple[Stamp, SourceFile]] = {}
        self._above: frozenset[tuple[int, int]] = frozenset()

    @property
    def root(self) -> Path:
        return self._root

    @property
    def name(self) -> str:
        return str(self._root)

    @property
    def is_there(self) -> bool:
        return self._root.is_dir()

    def place(self, path: str) -> str:
        return str(self._root / path)

    def beside(self, path: str) -> bytes | None:
        """What stands in a file below the folder that is no manifest; None if none can be read there."""
        try:
            with (self._root / path).open("rb") as file:
                return file.read(self._limits.file_bytes)
        except OSError:
            return None

    def read(self) -> SourceTree:
        """The manifests as they are now, after at most `patience` waits of `settle_s` for them to hold still."""
        before = set(self._known)
        gone: set[str] = set()
        look = self._new_look()
        for _ in range(max(1, self._patience)):
            look = self._look()
            gone_before, gone = gone, before - look.files.keys()
            if self._settle_s <= 0 or (not look.restless and gone == gone_before):
                break
            self._wait(look.calm_in_s if gone == gone_before else self._settle_s)
        self._known = {path: known for path, known in self._known.items() if path in look.files}
        tree = SourceTree.of(look.files.values(), look.unreadable)
        if tree.is_empty:
            raise nothing_found(str(self._root))
        return tree

    def _new_look(self) -> _Look:
        return _Look(Measure(str(self._root), self._limits))

    def _look(self) -> _Look:
        look = self._new_look()
        try:
            root = self._root.stat()
            if not stat.S_ISDIR(root.st_mode):
                raise SourceUnavailable(f"{self._root} is not a folder; name the folder that holds the manifests")
            entries = self._entries(self._root)
        except OSError as error:
            raise SourceUnavailable(f"{self._root} can't be read: {_why(error)}") from error
        self._above = _identities_above(self._root)
        self._folder(look, entries, "", ((root.st_dev, root.st_ino),))
        return look

    @staticmethod
    def _entries(folder: Path) -> list[os.DirEntry[str]]:
        with os.scandir(folder) as found:
            return [entry for entry in found if not is_ignored(entry.name)]

    def _folder(
        self, look: _Look, entries: list[os.DirEntry[str]], prefix: str, above: tuple[tuple[int, int], ...]
    ) -> None:
        look.measure.add_entries(len(entries), prefix)
        for entry in entries:
            path = printable_path(prefix + entry.name)
            wanted = counts(entry.name)
            try:
                status = entry.stat()
            except OSError as error:
                if not (
                    isinstance(error, FileNotFoundError) and not entry.is_symlink()
                ):  # else gone since it was listed
                    look.unreadable.append(UnreadableFile(path if wanted else path + "/", _why(error)))
                continue
            if stat.S_ISDIR(status.st_mode):
                self._subfolder(look, entry, path + "/", (status.st_dev, status.st_ino), above)
            elif wanted:
                self._file(look, entry.path, path, status)

    def _subfolder(
        self,
        look: _Look,
        entry: os.DirEntry[str],
        path: str,
        identity: tuple[int, int],
        above: tuple[tuple[int, int], ...],
    ) -> None:
        if identity in above or identity in self._above:
            look.unreadable.append(UnreadableFile(path, LOOPING_LINK))
            return
        if len(above) >= self._limits.depth:
            look.unreadable.append(UnreadableFile(path, self._limits.too_deep()))
            return
        try:
            entries = self._entries(Path(entry.path))
        except FileNotFoundError:
            return  # gone since it was listed
        except OSError as error:
            look.unreadable.append(UnreadableFile(path, _why(error)))
            return
        self._folder(look, entries, path, (*above, identity))

    def _file(self, look: _Look, place: str, path: str, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            look.unreadable.append(UnreadableFile(path, NO_REGULAR_FILE))
            return
        reason = SAME_NAME if path in look.files else self._limits.too_large(status.st_size)
        if reason is not None:
            look.unreadable.append(UnreadableFile(path, reason))
            return
        look.measure.add_file(status.st_size)
        stamp = _stamp(status)
        known = self._known.get(path)
        age = self._now() - max(stamp.modified_ns, stamp.changed_ns) / 1e9
        if known is not None and known[0] == stamp and not 0 <= age < RACY_S:
            look.files[path] = known[1]
            return
        self._read(look, place, path, known, age)

    def _read(self, look: _Look, place: str, path: str, known: tuple[Stamp, SourceFile] | None, age: float) -> None:
        try:
            before, content, after = _read_once(place, self._limits.file_bytes)
        except FileNotFoundError:
            return  # gone since it was listed
        except OSError as error:
            look.unreadable.append(UnreadableFile(path, _why(error)))
            return
        if before != after or len(content) != after.size:
            look.doubt(path, self._settle_s)
            look.unreadable.append(UnreadableFile(path, "keeps changing while it is read; save it once more"))
            return
        file = known[1] if known is not None and known[1].content == content else SourceFile.of(path, content)
        if (known is None or known[1] is not file) and 0 <= age < self._settle_s:
            look.doubt(path, self._settle_s - age + TICK_S)
        look.files[path] = file
        if path not in look.restless:
            self._known[path] = (after, file)


def _identities_above(root: Path) -> frozenset[tuple[int, int]]:
    """The folders that hold the root: a link to one of them leads back to us, by a long way round."""
    found: set[tuple[int, int]] = set()
    for folder in Path(os.path.realpath(root)).parents:
        try:
            status = folder.stat()
        except OSError:
            continue
        found.add((status.st_dev, status.st_ino))
    return frozenset(found)


def _stamp(status: os.stat_result) -> Stamp:
    return Stamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _read_once(place: str, most: int) -> tuple[Stamp, bytes, Stamp]:
    # O_NONBLOCK: a FIFO put in the file's place since it was listed must not hang the reader.
    descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        before = _stamp(os.fstat(descriptor))
        content = file.read(most + 1)
        return before, content, _stamp(os.fstat(descriptor))


def _why(error: OSError) -> str:
    """The reason in words, with what to do about the common ones."""
    match error:
        case FileNotFoundError():
            return "it is not there; if it is a symbolic link, its target is missing"
        case PermissionError():
            return "permission denied; make it readable for the user that runs trunkline"
        case _:
            return (error.strerror or str(error)).lower()
