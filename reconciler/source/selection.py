"""What of a source counts as its manifests, and how much of it is still taken: the same rules whatever the source is.

Every `*.yaml` and `*.yml` below the folder counts; hidden names, editors' backups and swap files don't. What is too large by itself
is listed with its reason; what is too much altogether is `SourceUnavailable`, for then it is the wrong folder.

Files that SOPS or age encrypted stand beside the manifests and are none: `*.age`, and YAML, JSON and `.env` files with SOPS's values in
them. They are read with the manifests, so that both are of one moment, and are no part of the revision.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from reconciler.errors import SourceUnavailable

ENDINGS: Final = (".yaml", ".yml")
SEALED_ENDINGS: Final = (".age", ".json", ".env")
_SEALED_NAMES: Final = (".sops.yaml", ".sops.yml", ".enc.yaml", ".enc.yml")
_SOPS_VALUE: Final = b"ENC[AES256_GCM,"
_MANIFEST: Final = re.compile(rb"^apiVersion:", re.MULTILINE)

LOOPING_LINK: Final = "is a symbolic link back to a folder above it; remove the link"
NO_REGULAR_FILE: Final = "is not a regular file; remove it or give it another ending"
SAME_NAME: Final = (
    "has a name that looks the same as another's once its bytes that are no UTF-8 are replaced; rename it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is still taken for a folder of manifests; far above what a large PBX needs."""

    files: int = 20_000
    file_bytes: int = 8 * 1024 * 1024
    total_bytes: int = 128 * 1024 * 1024
    depth: int = 32
    entries: int = 100_000

    def too_large(self, size: int) -> str | None:
        """Why a file of that many bytes is not read; None if it is."""
        if size <= self.file_bytes:
            return None
        return f"has {size:,} bytes, more than the {self.file_bytes:,} allowed; split it"

    def too_deep(self) -> str:
        """Why a folder is not looked into."""
        return f"lies more than {self.depth} folders deep; move it up"


class Measure:
    """How much one reading has come to. `where`: the source in words, as a message begins with it."""

    __slots__ = ("_bytes", "_entries", "_files", "_limits", "_where")

    def __init__(self, where: str, limits: Limits) -> None:
        self._where = where
        self._limits = limits
        self._entries = 0
        self._files = 0
        self._bytes = 0

    def add_entries(self, count: int, folder: str) -> None:
        """Names were found in `folder`. Links multiply: a link to / is no loop, and its folders are without end."""
        self._entries += count
        if self._entries > self._limits.entries:
            raise SourceUnavailable(
                f"{self._where} and what its links lead to hold more than {self._limits.entries:,} files and folders; "
                f"is it the right folder? The last one looked at was {folder or './'}"
            )

    def add_file(self, size: int) -> None:
        """A manifest of that many bytes is to be read."""
        self._files += 1
        if self._files > self._limits.files:
            raise SourceUnavailable(
                f"{self._where} holds more than {self._limits.files:,} manifests; is it the right folder? "
                "Put more resources into a file"
            )
        self._bytes += size
        if self._bytes > self._limits.total_bytes:
            raise SourceUnavailable(
                f"the manifests in {self._where} have more than {self._limits.total_bytes:,} bytes; is it the right folder?"
            )


def nothing_found(where: str) -> SourceUnavailable:
    """An empty source is an error, never "delete all"."""
    return SourceUnavailable(
        f"{where} holds no manifest (*.yaml, *.yml); an empty folder is never applied, what runs keeps running"
    )


def is_ignored(name: str) -> bool:
    """True for hidden names and what editors leave beside a file: `~` backups, `#autosaves#`, swap files."""
    return (
        name.startswith((".", "#"))
        or name.endswith(("~", "#"))
        or name.lower().endswith((".swp", ".swo", ".tmp", ".bak"))
    )


def is_manifest(name: str) -> bool:
    """True for a file name that counts, where it is not ignored."""
    return name.lower().endswith(ENDINGS)


def counts(name: str) -> bool:
    """True for a file name that is read, where it is not ignored: a manifest, or what may be encrypted beside them."""
    return name.lower().endswith((*ENDINGS, *SEALED_ENDINGS))


def is_sealed(path: str, content: bytes) -> bool:
    """True for what SOPS or age encrypted. One that was cut off is still one, as long as a value of it is left or its name says it."""
    name = path.lower()
    if name.endswith(".age"):
        return True
    is_named = name.endswith(_SEALED_NAMES)
    return (is_named or _SOPS_VALUE in content) and not (name.endswith(ENDINGS) and _MANIFEST.search(content))


def printable_path(path: str) -> str:
    """The path with bytes that are no UTF-8 replaced, as it can be shown and stored."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
