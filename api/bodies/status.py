"""How the engine stands, and following the manifests."""

from __future__ import annotations

from datetime import datetime

from api.bodies.body import Body
from api.bodies.condition import ConditionBody
from api.bodies.hold import HoldBody
from api.bodies.manifest_problem import ManifestProblemBody
from reconciler.views import UnitStatus


class UnitBody(Body):
    """`unit`: a tenant's name, or "" for the system."""

    unit: str
    attempted: str | None
    applied: str | None
    conditions: list[ConditionBody]
    problems: list[ManifestProblemBody]
    problem_count: int

    @classmethod
    def of(cls, unit: UnitStatus) -> UnitBody:
        return cls.model_validate(unit)


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
