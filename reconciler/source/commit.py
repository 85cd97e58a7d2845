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
    rewritten, so that this one does not follow from it. `source`: the tenant in whose own source it is, "" = the platform's.
    """

    id: str
    author: str
    at: datetime
    subject: str
    replaced: str = ""
    source: str = ""

    @property
    def words(self) -> str:
        """`91be07a1b2c3 by Ada Lovelace: the office closes at five`."""
        by = f" by {self.author}" if self.author else ""
        where = f" (in the source of Tenant {self.source})" if self.source else ""
        return f"{self.id[:SHORT]}{by}{f': {self.subject}' if self.subject else ''}{where}"

    @property
    def bare(self) -> GitCommit:
        """What a person of one tenant may see of it: it may be about another."""
        return GitCommit(self.id, "", self.at, "", source=self.source)

    def seen_by(self, tenant: str | None) -> GitCommit:
        """As a person of that tenant may see it: all of what is in the tenant's own source. None: who may see everything."""
        return self if tenant is None or self.source == tenant else self.bare

    def to_json(self) -> dict[str, str]:
        told = {"id": self.id, "author": self.author, "at": self.at.isoformat(), "subject": self.subject}
        return {**told, "source": self.source} if self.source else told

    @classmethod
    def from_json(cls, shape: object) -> GitCommit | None:
        """What `to_json` wrote, None for None. KeyError, TypeError or ValueError for anything else."""
        if shape is None:
            return None
        if not isinstance(shape, Mapping):
            raise TypeError(f"{type(shape).__name__} in place of a commit")
        at = datetime.fromisoformat(str(shape["at"]))
        source = str(shape.get("source", ""))
        return cls(str(shape["id"]), str(shape["author"]), at, str(shape["subject"]), source=source)
