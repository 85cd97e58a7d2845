"""What the reconciler shows: frozen values, instants aware UTC. The words of conditions are those of Kubernetes: type, reason, message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.config.ref import ConfigRef, Origin, Revision


class ConditionType(StrEnum):
    """What a condition speaks of."""

    ACCEPTED = "Accepted"
    """What the manifests say now is valid."""
    APPLIED = "Applied"
    """The engine holds what the manifests say now."""
    READY = "Ready"
    """What runs works: sockets are bound, it is not switched off."""
    STALLED = "Stalled"
    """Nothing goes on until somebody acts."""


class Reason(StrEnum):
    """Why a condition is as it is."""

    VALID = "Valid"
    INVALID = "Invalid"
    SECRET_MISSING = "SecretMissing"  # noqa: S105  # a reason's name
    ROUND_HELD_BACK = "RoundHeldBack"
    SOURCE_UNAVAILABLE = "SourceUnavailable"
    IN_SYNC = "InSync"
    LAST_GOOD_KEPT = "LastGoodKept"
    NEVER_ACCEPTED = "NeverAccepted"
    PREPARE_REFUSED = "PrepareRefused"
    AWAITING_APPROVAL = "AwaitingApproval"
    UNSAFE = "Unsafe"
    SUSPENDED = "Suspended"
    FELL_BACK = "FellBack"
    WORKS = "Works"
    DISABLED = "Disabled"
    NOT_LISTENING = "NotListening"
    NOT_CONNECTED = "NotConnected"
    NOT_SUPPORTED_YET = "NotSupportedYet"
    PROGRESSING = "Progressing"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Condition:
    """`since`: when `is_true` became what it is."""

    type: ConditionType
    is_true: bool
    reason: Reason
    message: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemView:
    """One finding in the manifests or the secrets they name."""

    file: str
    line: int
    column: int
    severity: str
    rule: str
    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}; {self.hint} [{self.rule}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitStatus:
    """How a tenant, or the system (""), stands. `attempted`: what its manifests came to last, None if they came to nothing valid;
    `applied`: what runs, None = nothing. `problem_count` counts those that `problems` had no room for, too."""

    unit: str
    attempted: Revision | None
    applied: Revision | None
    conditions: tuple[Condition, ...]
    problems: tuple[ProblemView, ...]
    problem_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceView:
    """One resource, running or only written. `origin`: where it is declared; of what runs, in the revision that runs.

    `applied`: False for one that is only written, and for one of which something is not carried out yet.
    """

    ref: ConfigRef
    origin: Origin | None
    applied: bool
    revision: Revision | None
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundView:
    """One round that changed or refused something. `changed`: how many values were created, changed, deleted.

    `trigger`: why it happened; `author`: who is known to be behind it, or ""; `digest`: of its plan, or "".
    """

    at: datetime
    result: Reason
    revision: Revision
    source: Revision | None
    changed: int
    units: tuple[str, ...]
    duration_s: float
    message: str
    trigger: str = ""
    author: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalView:
    """What the manifests ask for and do not get yet. `reason`: why, with `message`; `breaches`: what is to be confirmed, by name."""

    digest: str
    revision: Revision
    reason: Reason
    message: str
    breaches: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldView:
    """Following rests: who said so, when (ISO 8601), why; `source`: until the manifests are others than these, None = until resumed."""

    by: str
    at: str
    reason: str
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedView:
    """What an order came to. `sequence`: the revision's number, 0 where it could not be kept."""

    revision: Revision
    sequence: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileView:
    """How following stands. `source`: identity of the manifests seen last; `source_problem`: why they can't be read, or None.

    `sequence`: number of the revision that runs, 0 = not known.
    """

    revision: Revision
    source: Revision | None
    source_problem: str | None
    last_round_at: datetime | None
    last_applied_at: datetime | None
    state_problem: str | None
    units: tuple[UnitStatus, ...]
    warnings: tuple[ProblemView, ...]
    history: tuple[RoundView, ...]
    sequence: int = 0
    proposal: ProposalView | None = None
    hold: HoldView | None = None
