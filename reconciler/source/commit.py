"""Whose manifests these are, where git knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class GitCommit:
    """`id`: in full; `at`: when it was committed, aware UTC; `subject`: the first line of its message. All printable.

    `replaced`: the tip that was followed before, where the branch was rewritten, so that this one does not follow from it.
    """

    id: str
    author: str
    at: datetime
    subject: str
    replaced: str = ""
