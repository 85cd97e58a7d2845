"""`trunkline secret keygen`: our age key, in the form of `age-keygen`, for its owner only. One that is there stays."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from cli.exit_code import Exit
from reconciler.secrets.age import new_identity
from reconciler.secrets.age_keys import PLACE


def keygen(data: Path) -> Exit:
    path = data / PLACE
    identity = new_identity()
    text = f"# created: {datetime.now(UTC).isoformat(timespec='seconds')}\n# public key: {identity.to_public()}\n{identity}\n"
    try:
        for folder in (data, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        sys.stderr.write(
            f"trunkline secret keygen: {path} is there; what is encrypted for it could not be read without it\n"
        )
        return Exit.PROBLEMS
    except OSError as error:
        sys.stderr.write(f"trunkline secret keygen: {error.filename}: {(error.strerror or str(error)).lower()}\n")
        return Exit.PROBLEMS
    sys.stderr.write(f"The key is in {path}. Keep a copy of it elsewhere, and out of git. Its public half:\n")
    sys.stdout.write(f"{identity.to_public()}\n")
    return Exit.FINE
