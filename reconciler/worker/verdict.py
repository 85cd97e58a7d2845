"""What one look at the source came to: plain values that cross from the child to the parent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.config.ref import ConfigRef, Origin, Revision
from engine.config.secret import Secrets
from reconciler.state import UnitChange
from reconciler.views import ProblemView, Reason
from reconciler.worker.order import Account, Hold

MOST_OF_UNIT = 50
MOST_PROBLEMS = 400
"""Of one unit, and of all; the rest is counted. Reading them must not hold the loop for long."""


ACCEPTED: Final = frozenset({Reason.VALID, Reason.AWAITING_APPROVAL, Reason.UNSAFE, Reason.SUSPENDED, Reason.FELL_BACK})


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
        """True if its manifests are valid, whether they run or wait."""
        return self.reason in ACCEPTED


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
    lacking: Mapping[ConfigRef, str] = field(default_factory=dict)
    """Resources that nothing carries out yet, and that would not work for want of a secret. Bounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What the source asks for and does not get yet. `why`: one of the reasons of `ACCEPTED`; `what`: that in words.

    `digest`: of the whole plan, which approving it needs; `breaches`: what has to be confirmed, by name, besides.
    """

    digest: str
    after: Revision
    why: Reason
    what: str
    breaches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What is to be done to hold what the source says, and what was found.

    `changes`, `removed`: relative to what the asker said it holds; `secrets`: None if it has the right ones already;
    `state_problem`: why what was applied last can't be kept or was not found on disk. `proposal`: what waits; `refusal`: why the
    order that came with the question was not obeyed: then nothing of it is in here. `account`: of the change, how it came about.
    """

    number: int
    found: Findings
    state_problem: str | None = None
    changes: tuple[UnitChange, ...] = ()
    removed: tuple[str, ...] = ()
    secrets: Secrets | None = None
    proposal: Proposal | None = None
    refusal: str | None = None
    account: Account | None = None
    hold: Hold | None = None
    sequence: int = 0
    """Of the revision that runs before this round is taken; 0 = not known."""
    touched: tuple[ConfigRef, ...] = ()
    """What the plan creates or changes: whose failure in the first minute is a reason to go back. Bounded."""

    @property
    def is_quiet(self) -> bool:
        """True if the asker holds all of it already."""
        return not self.changes and not self.removed and self.secrets is None
