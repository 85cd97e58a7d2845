"""Passwords of phones, made up and kept in a file each, for its owner only. Shared by `trunkline init` and the quickstart."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path
from typing import Final

# Without what is mistaken for something else when typed on a phone's keypad: i l o 0 1.
ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"


def new_password() -> str:
    """24 letters and digits in four groups: 118 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(6)) for _ in range(4))


def write(path: Path, password: str) -> None:
    """Whole or not at all, for its owner only, in the place of what was there. OSError."""
    for folder in (path.parent.parent, path.parent):  # the data folder, too, is its owner's; parents=True heeds no mode
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(password)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def ensure(path: Path) -> str:
    """The password in that file, which is made up where there is none. OSError."""
    if not path.exists():
        write(path, new_password())
    try:
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise OSError(errno.EILSEQ, "is no text, so no password", str(path)) from None
