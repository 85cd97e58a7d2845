"""What one look at the source came to: plain values that cross from the child to the parent."""

from __future__ import annotations

from dataclasses import dataclass

from engine.config.ref import ConfigRef, Origin, Revision
from engine.config.secret import Secrets
from reconciler.state import UnitChange
from reconciler.views import ProblemView, Reason

MOST_OF_UNIT = 50
MOST_PROBLEMS = 400
"""Of one unit, and of all; the rest is counted. Reading them must not hold the loop for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitVerdict:
    """Of one tenant, or of the system (""). `attempted`: what its manifests compile to, None if they don't.

    `applied`: the unit shall run as what is said in `applied_revision`, None = not at all.
    """

    unit: str
    reason: Reason
    attempted: Revision | None
    applied: Revision | None
    problems: tuple[ProblemView, ...] = ()
    problem_count: int = 0

    @property
    def is_accepted(self) -> bool:
        return self.reason is Reason.VALID


@dataclass(frozen=True, slots=True)
class Waiting:
    """A resource that is written but does not run, because its unit was held back."""

    ref: ConfigRef
    origin: Origin
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the source came to, whoever holds what. `source`: None with `source_problem`, when it can't be read."""

    source: Revision | None = None
    source_problem: str | None = None
    verdicts: tuple[UnitVerdict, ...] = ()
    warnings: tuple[ProblemView, ...] = ()
    waiting: tuple[Waiting, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What is to be done to hold what the source says, and what was found.

    `changes`, `removed`: relative to what the asker said it holds; `secrets`: None if it has the right ones already;
    `state_problem`: why what was applied last can't be kept or was not found on disk.
    """

    number: int
    found: Findings
    state_problem: str | None = None
    changes: tuple[UnitChange, ...] = ()
    removed: tuple[str, ...] = ()
    secrets: Secrets | None = None

    @property
    def is_quiet(self) -> bool:
        """True if the asker holds all of it already."""
        return not self.changes and not self.removed and self.secrets is None
