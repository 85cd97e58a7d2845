"""What a round may be told to do besides following: apply the plan that was approved, or go back to a revision."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.source.commit import GitCommit


class Trigger(StrEnum):
    """Why a revision was applied."""

    AUTO = "auto"
    APPROVED = "approved"
    ROLLBACK = "rollback"
    FALLBACK = "fallback"
    """What was applied before failed within its first minute."""
    HEAL = "heal"
    """The engine had come to hold something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """Apply what the source says, if its plan still has this digest. `confirmed`: names of breaches; `author`: who says so.

    `revision`: that it is to come to, or its beginning; "" = whatever the digest means.
    """

    digest: str
    revision: str = ""
    confirmed: frozenset[str] = frozenset()
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Go back to an applied revision, and stay there.

    `digest`: of the plan to get there, None = whatever it is (nobody is there to ask when a revision fails). `source`: stay until the
    source is another than this, None = until somebody resumes.
    """

    sequence: int
    trigger: Trigger
    author: str
    reason: str
    digest: str | None = None
    confirmed: frozenset[str] = frozenset()
    source: str | None = None


Order = Approve | Return


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Following rests: plans are made and nothing is applied. `at`: ISO 8601, UTC. `source`: as in `Return`."""

    by: str
    at: str
    reason: str
    source: str | None = None

    def holds(self, source: str | None) -> bool:
        """Whether it is in force while the source is this one; None = it can't be read."""
        return self.source is None or source is None or self.source == source


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What is remembered of how a revision came to be applied, besides what it is. `source`: the identity of the manifests read.

    `digest`: of the plan, "" where there was none to see; the counts are those of its changes. `commit`: that the manifests are of, where
    git knows it; of a revision that was gone back to, its own.
    """

    trigger: Trigger
    author: str = ""
    digest: str = ""
    source: str = ""
    disruption: str = ""
    created: int = 0
    updated: int = 0
    deleted: int = 0
    duration_s: float = 0.0
    note: str = ""
    commit: GitCommit | None = None

    @property
    def changes(self) -> int:
        return self.created + self.updated + self.deleted
