"""The data folder and what is in it. Nothing is written."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from cli.doctor.machine import DatabaseFact, FolderFact

CHECK_S: Final = 5.0
_STEPS: Final = 10_000


def folder(path: Path) -> FolderFact:
    if not path.is_dir():
        return FolderFact(path=str(path), exists=False)
    room = os.statvfs(path)
    return FolderFact(
        path=str(path),
        exists=True,
        writable=os.access(path, os.W_OK | os.X_OK),
        mode=path.stat().st_mode & 0o777,
        free_bytes=room.f_bavail * room.f_frsize,
        total_bytes=room.f_blocks * room.f_frsize,
        filesystem=_filesystem(path),
        open_secrets=_open_secrets(path),
    )


def _filesystem(path: Path) -> str:
    try:
        return parse_filesystem(Path("/proc/self/mountinfo").read_text("utf-8"), str(path.resolve()))
    except OSError:
        return "a file system of unknown type"


def parse_filesystem(mountinfo: str, path: str) -> str:
    """The type of the innermost mount that holds `path` (proc(5), /proc/PID/mountinfo)."""
    best, kind = "", "a file system of unknown type"
    for line in mountinfo.splitlines():
        place, _, about = line.partition(" - ")
        cells = place.split()
        if len(cells) < 5 or not about:
            continue
        at = cells[4].replace("\\040", " ")
        inside = at in ("/", path) or path.startswith(f"{at}/")
        if inside and len(at) >= len(best):
            best, kind = at, about.split()[0]
    return kind


def _open_secrets(path: Path) -> tuple[str, ...]:
    try:
        files = [one for one in (path / "secrets").rglob("*") if one.is_file()]
        return tuple(sorted([str(one.relative_to(path)) for one in files if one.stat().st_mode & 0o077]))
    except OSError:
        return ()


def database(path: Path) -> DatabaseFact:
    segments = [one for one in (path / "journal").glob("*") if one.is_file()] if path.is_dir() else []
    try:
        journal_bytes = sum(one.stat().st_size for one in segments)
    except OSError:  # one went meanwhile
        journal_bytes = 0
    file = path / "trunkline.db"
    exists = file.is_file()
    return DatabaseFact(
        exists=exists,
        check=_check(file) if exists else "ok",
        journal_bytes=journal_bytes,
        journal_files=len(segments),
    )


def _check(file: Path) -> str | None:
    """What SQLite's quick check says; None if it takes too long."""
    deadline = time.monotonic() + CHECK_S
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0)) as connection:
            connection.set_progress_handler(lambda: int(time.monotonic() > deadline), _STEPS)
            row = connection.execute("PRAGMA quick_check(1)").fetchone()
            return str(row[0])
    except sqlite3.OperationalError as error:
        return None if "interrupted" in str(error) else str(error)
    except sqlite3.Error as error:
        return str(error)
