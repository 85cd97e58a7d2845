"""A plan, and what is sent beside it. The plan itself comes ready from the child (`reconciler.plan_json`); here is what it looks like."""

from __future__ import annotations

from api.bodies.body import Body
from api.bodies.commit import CommitBody
from api.bodies.hold import HoldBody
from api.bodies.live import LiveBody
from api.bodies.manifest_problem import ManifestProblemBody
from api.bodies.origin import OriginBody
from api.bodies.posted import PostedBesidesBody


class PlanBesidesBody(Body):
    """What is sent beside a plan. `waiting`: why it is not applied already; null where only the next round is missing.

    `commit`: that the plan leads to; null where there is no change, or git does not know; `more_commits`: besides, of tenants' own
    sources.
    """

    live: LiveBody
    mode: str
    waiting: str | None
    suspended: HoldBody | None
    commit: CommitBody | None
    more_commits: list[CommitBody]


class FieldChangeBody(Body):
    """`old`, `new`: JSON text, null where it is not set; cut when long."""

    path: str
    old: str | None
    new: str | None


class ChangeBody(Body):
    """`tenant`: null for what belongs to the system."""

    tenant: str | None
    kind: str
    name: str
    action: str
    disruption: str
    origin: OriginBody | None
    fields: list[FieldChangeBody]


class CountsBody(Body):
    create: int
    update: int
    delete: int


class BlastRadiusBody(Body):
    extensions: int
    all_extensions: int
    numbers: int
    all_numbers: int


class BreachBody(Body):
    """A limit that the plan breaks; `id`: what confirms it by name, if it is `confirmable`."""

    id: str
    unit: str
    what: str
    hint: str
    confirmable: bool


class HeldBody(Body):
    """A tenant, or the system (""), that stays as it is."""

    unit: str
    problems: int
    first: str


class EmergencyBody(Body):
    """How many of a changed tenant's extensions reach all of its emergency numbers after the change."""

    tenant: str
    extensions: int
    reaching: int
    numbers: list[str]


class TollBody(Body):
    """The worst hour of calls outside in money, `before` and `after`: digits, or `no limit`; null: no rates."""

    tenant: str
    currency: str
    before: str | None
    after: str | None
    budget: str | None
    unpriced: list[str]


class PlanBody(Body):
    """What docs/plan.md describes. `before`, `after`: revisions; `data`: versions of what rules are computed from besides."""

    format: int
    digest: str
    before: str
    after: str
    disruption: str
    counts: CountsBody
    blast_radius: BlastRadiusBody
    changes: list[ChangeBody]
    breaches: list[BreachBody]
    held: list[HeldBody]
    emergency: list[EmergencyBody]
    tolls: list[TollBody]
    data: dict[str, str]


class PlanAnswerBody(PlanBesidesBody):
    plan: PlanBody


class PostedPlanAnswerBody(PostedBesidesBody):
    """`warnings`: what is not wrong with the manifests and should be looked at."""

    plan: PlanBody
    warnings: list[ManifestProblemBody]
