"""How the engine stands, and following the manifests."""

from __future__ import annotations

from datetime import datetime

from api.bodies.body import Body
from api.bodies.condition import ConditionBody
from api.bodies.hold import HoldBody
from api.bodies.manifest_problem import ManifestProblemBody
from api.bodies.tenant_eyes import TenantEyes, hold_seen
from reconciler.views import ReconcileView


class UnitBody(Body):
    """`unit`: a tenant's name, or "" for the system."""

    unit: str
    attempted: str | None
    applied: str | None
    conditions: list[ConditionBody]
    problems: list[ManifestProblemBody]
    problem_count: int

    @classmethod
    def seen(cls, eyes: TenantEyes) -> list[UnitBody]:
        """The unit of a tenant, as that tenant sees it; none where it is not known."""
        if eyes.unit is None:
            return []
        unit = eyes.unit.status
        return [
            cls(
                unit=unit.unit,
                attempted=unit.attempted,
                applied=unit.applied,
                conditions=[ConditionBody.model_validate(one) for one in eyes.conditions(unit.conditions)],
                problems=[ManifestProblemBody.model_validate(one) for one in eyes.unit.problems],
                problem_count=unit.problem_count,
            )
        ]


class RoundBody(Body):
    at: datetime
    result: str
    revision: str
    source: str | None
    changed: int
    units: list[str]
    duration_s: float
    message: str
    trigger: str
    author: str
    digest: str


class ProposalBody(Body):
    """What the manifests ask for and do not get yet, and why."""

    digest: str
    revision: str
    reason: str
    message: str
    breaches: list[str]


class ReconcileBody(Body):
    revision: str
    source: str | None
    source_problem: str | None
    last_round_at: datetime | None
    last_applied_at: datetime | None
    state_problem: str | None
    units: list[UnitBody]
    warnings: list[ManifestProblemBody]
    history: list[RoundBody]
    sequence: int
    proposal: ProposalBody | None
    hold: HoldBody | None

    @classmethod
    def of_tenant(cls, view: ReconcileView, tenant: str) -> ReconcileBody:
        """What of it concerns one tenant. Where following stands as a whole, and why, may tell of others, so only its own part is told."""
        own = UnitBody.seen(TenantEyes(view, tenant))
        return cls(
            revision=next((unit.applied for unit in own if unit.applied is not None), ""),
            source=None,
            source_problem=None if view.source_problem is None else "the manifests can't be read now",
            last_round_at=view.last_round_at,
            last_applied_at=view.last_applied_at,
            state_problem=None,
            units=own,
            warnings=[],
            history=[],
            sequence=0,
            proposal=None,
            hold=None if view.hold is None else HoldBody.model_validate(hold_seen(view.hold)),
        )


class EngineBody(Body):
    started_at: datetime
    revision: str
    secrets_version: str
    media: str
    calls: int
    registrations: int
    counters: dict[str, int]


class StatusBody(Body):
    version: str
    engine: EngineBody
    reconcile: ReconcileBody
