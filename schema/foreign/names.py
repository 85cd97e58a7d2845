"""Names of resources from what things are called elsewhere: valid, and each once for its kind."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 63
_UNSAFE: Final = re.compile(r"[^a-z0-9._-]+")
_UNSAFE_IN_FILES: Final = re.compile("[^A-Za-z0-9._-]+")


class Names:
    """One name for each thing of a kind."""

    def __init__(self) -> None:
        self._taken: set[tuple[str, str]] = set()

    def new(self, kind: str, wanted: str) -> str:
        """`wanted` as a name, with a number behind it if another has it."""
        base = _UNSAFE.sub("-", wanted.lower()).strip("._-")[:LONGEST].strip("._-") or kind.lower()
        name, count = base, 1
        while (kind, name) in self._taken:
            count += 1
            name = f"{base[: LONGEST - 8]}-{count}"
        self._taken.add((kind, name))
        return name


def secret_file(tenant: str, name: str) -> str:
    """Where a password is kept. Of tenant a, b-c must not have the file that c has of tenant a-b."""
    own = _UNSAFE_IN_FILES.sub("_", name)
    return f"secrets/{tenant}{'@' if '-' in own else '-'}{own}"
