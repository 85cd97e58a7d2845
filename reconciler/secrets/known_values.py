"""The values that an encrypted file has, for who names one that it has not: which one was probably meant.

Who takes a part out of a file leaves thousands of references behind, and each is looked at in every round: so a hint is found once, and
for the first of them only.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Final

from reconciler.secrets.sops_file import KeyPath, shown_path
from schema.nearest import nearest

MOST_HINTS: Final = 50
ADD: Final = "add it: trunkline secret encrypt, or sops edit"


class KnownValues:
    """Of one content of a file."""

    def __init__(self, paths: Iterable[KeyPath]) -> None:
        self._paths = paths
        self._hints: dict[KeyPath, str] = {}

    def hint(self, wanted: KeyPath) -> str:
        """What to do where there is no such value."""
        known = self._hints.get(wanted)
        if known is not None:
            return known
        if len(self._hints) >= MOST_HINTS:
            return ADD
        found = self._hints[wanted] = self._found(shown_path(wanted))
        return found

    @cached_property
    def _names(self) -> list[str]:
        return [shown_path(path) for path in self._paths]

    def _found(self, wanted: str) -> str:
        near = nearest(wanted, self._names)
        if near is not None:
            return f"did you mean {near}?"
        below = next((name for name in self._names if name.startswith(wanted + ".")), None)
        return ADD if below is None else f"that is no single value; name one in it, such as {below}"
