"""Whose manifests these are, where git knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

SHORT: Final = 12
"""Digits of its id that people are shown."""


@dataclass(frozen=True, slots=True)
class GitCommit:
    """`id`: in full; `at`: when it was committed, aware UTC; `subject`: the first line of its message. All printable.

    `author`, `subject`: "" where who asks may see the id only. `replaced`: the tip that was followed before, where the branch was
    rewritten, so that this one does not follow from it.
    """

    id: str
    author: str
    at: datetime
    subject: str
    replaced: str = ""

    @property
    def words(self) -> str:
        """`91be07a1b2c3 by Ada Lovelace: the office closes at five`."""
        by = f" by {self.author}" if self.author else ""
        return f"{self.id[:SHORT]}{by}: {self.subject}" if self.subject else f"{self.id[:SHORT]}{by}"

    @property
    def bare(self) -> GitCommit:
        """What a person of one tenant may see of it: it may be about another."""
        return GitCommit(self.id, "", self.at, "")

    def to_json(self) -> dict[str, str]:
        return {"id": self.id, "author": self.author, "at": self.at.isoformat(), "subject": self.subject}

    @classmethod
    def from_json(cls, shape: object) -> GitCommit | None:
        """What `to_json` wrote, None for None. KeyError, TypeError or ValueError for anything else."""
        if shape is None:
            return None
        if not isinstance(shape, Mapping):
            raise TypeError(f"{type(shape).__name__} in place of a commit")
        at = datetime.fromisoformat(str(shape["at"]))
        return cls(str(shape["id"]), str(shape["author"]), at, str(shape["subject"]))
