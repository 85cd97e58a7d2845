"""Encrypted files as they are written: whole or not at all, in the place and with the mode of what was there."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from reconciler.secrets.age import encrypt, recipient
from reconciler.secrets.age_file import opened, recipients_in
from reconciler.secrets.age_keys import AgeKeys
from reconciler.secrets.sealed import key_path
from reconciler.secrets.sops_edit import new_file, with_value
from reconciler.secrets.unusable import Unusable

ENDINGS = (".yaml", ".yml", ".json", ".env", ".age")


def put(path: Path, key: str | None, value: str, recipients: Sequence[str], data: Path) -> None:
    """One secret into that file. Unusable, OSError."""
    keys = AgeKeys(data, os.environ)
    there = path.read_bytes() if path.exists() else None
    if path.suffix == ".age":
        content = _aged(path, there, value, recipients, keys)
    else:
        where = key_path(key or "")
        if there is None:
            wanted = recipients or keys.keys().recipients
            content = new_file(path.name, where, value, wanted, datetime.now(UTC))
        elif recipients:
            raise Unusable(f"{path} is there, and its recipients are its own; for others: sops rotate -i --add-age")
        else:
            content = with_value(path.name, there, where, value, keys.keys(), datetime.now(UTC))
    _write(path, content)


def _aged(path: Path, there: bytes | None, value: str, recipients: Sequence[str], keys: AgeKeys) -> bytes:
    if not recipients:
        ours = keys.keys()
        if there is not None and recipients_in(there, str(path)) > 1:
            raise Unusable(
                f"{path} is encrypted for several, and does not say for whom; name all of them with --recipient"
            )
        if there is not None:
            opened(there, ours, str(path))  # else it was not for us
        recipients = ours.recipients
    return encrypt(value.encode(), [recipient(name) for name in recipients], armored=True)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
