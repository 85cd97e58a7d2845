"""What was fetched of a remote, and how that stands: a bare repository below the data folder, and a small file beside it.

The fetch process writes, the worker reads. A tip is named in the file only after all its objects are there and its signature was found
good, so that a reader never sees half a fetch.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = "source"
TENANTS: Final = "tenants"
_STATE: Final = "state.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """`tip`: the commit that is followed, "" = none yet. `at`: when the server last told its tip, UNIX seconds.

    `signed_by`: "" = not asked for. `problem`: why the last fetch failed, "" = it did not. `is_refusal`: the server answered, and what
    it has is not followed (the branch is gone, a signature is missing). `replaced`: the tip before, where the history was rewritten, so
    that this one does not follow from it. `mended`: what was damaged of what is kept, where this fetch brought all of it anew.
    `changed`: the commit that last changed the folder, `tip` or one before it; "" = not known. `heavy`: a tip that took too much to look
    at, "" = none; `heavy_why`: the refusal, and `heavy_at`: when, UNIX seconds.
    """

    url: str = ""
    branch: str = ""
    path: str = ""
    tip: str = ""
    at: float = 0.0
    signed_by: str = ""
    problem: str = ""
    is_refusal: bool = False
    replaced: str = ""
    mended: str = ""
    changed: str = ""
    heavy: str = ""
    heavy_why: str = ""
    heavy_at: float = 0.0


class Mirror:
    """One data folder's, of what is followed for the whole system, or of one tenant's own source.

    `repository`: where the objects of a remote of that identity are.
    """

    def __init__(self, data: Path, tenant: str = "") -> None:
        self.folder = data / FOLDER / TENANTS / tenant if tenant else data / FOLDER

    def repository(self, identity: str) -> Path:
        return self.folder / f"{identity}.git"

    def put(self, draft: Path, identity: str) -> None:
        """The draft in the place of what is there, which is thrown away; who still reads of that can go on."""
        place = self.repository(identity)
        old = place.with_suffix(".damaged")
        shutil.rmtree(old, ignore_errors=True)
        with suppress(FileNotFoundError):
            place.rename(old)
        draft.rename(place)
        shutil.rmtree(old, ignore_errors=True)

    def state(self) -> Fetched:
        """How it stands; nothing yet if the file is missing or damaged, for the next fetch makes it anew."""
        try:
            found = json.loads((self.folder / _STATE).read_bytes())
            return Fetched(**found)
        except (OSError, ValueError, TypeError):
            return Fetched()

    def save(self, fetched: Fetched) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / f".{_STATE}.{os.getpid()}"
        with draft.open("wb") as file:
            file.write(json.dumps(asdict(fetched)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / _STATE)


def mirrored_tenants(data: Path) -> list[str]:
    """Those of whose own sources something is kept."""
    with suppress(OSError):
        return sorted(folder.name for folder in (data / FOLDER / TENANTS).iterdir())
    return []
