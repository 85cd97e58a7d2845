"""The wire form of what the API shows: JSON in snake_case, instants in UTC with `Z`. Only here.

Bodies are read off the engine's and reconciler's views by attribute, so a field added there stays inside until it is named here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator

from engine.cdr import CallDetailRecord, OnwardAccount
from engine.config.ref import ConfigRef, Origin
from engine.simulation import Trace
from engine.views import DrainView, TrunkView
from reconciler.decided_by import decided_by
from reconciler.explanation import Explanation
from reconciler.simulate import Simulation
from reconciler.views import ResourceView, UnitStatus

ItemT = TypeVar("ItemT")


class Body(BaseModel):
    """Base of all: frozen, read from attributes."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    @field_validator("*")
    @classmethod
    def _make_encodable(cls, value: object) -> object:
        """Bytes of a phone's that were not UTF-8 are lone surrogates in the engine; no JSON takes them, so they show as U+FFFD."""
        if not isinstance(value, str) or value.isascii():
            return value
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class Page(Body, Generic[ItemT]):
    """`next`: the `cursor` of the page after this one; null on the last."""

    items: list[ItemT]
    next: str | None


class ProblemBody(Body):
    """RFC 9457. `errors`: what is wrong with the request, one sentence each."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[str] | None = None


class OriginBody(Body):
    file: str
    line: int

    @classmethod
    def of(cls, origin: Origin | None) -> OriginBody | None:
        return None if origin is None else cls(file=origin.file, line=origin.line)


class CauseBody(Body):
    outcome: str
    sip_status: int
    q850: int
    party: str
    reason: str


class LegBody(Body):
    id: str
    number: str
    contact: str
    state: str
    sip_call_id: str
    local_rtp: str | None
    packets_in: int
    packets_out: int
    lost: int
    jitter_ms: float
    group: str


class CallBody(Body):
    id: str
    tenant: str
    revision: str
    caller: str
    callee: str
    state: str
    started_at: datetime
    answered_at: datetime | None
    decided_by: str
    onward: list[str]
    legs: list[LegBody]


class RegistrationBody(Body):
    tenant: str
    number: str
    contact: str
    source: str
    listener: str
    user_agent: str
    registered_at: datetime
    expires_at: datetime


class ListenerBody(Body):
    """`connections`: open now; None: UDP has none."""

    name: str
    transport: str
    bound: str
    advertised: str
    tenant: str | None
    problem: str | None
    connections: int | None


class TrunkServerBody(Body):
    """`address`: host:port; `name`: what it was found by; `state`: up, suspect, down or unknown."""

    address: str
    name: str
    state: str
    reason: str
    since: datetime


class TrunkBody(Body):
    """`tenant`: None = shared; `state`: up, registered, trying, unreachable, refused or disabled; `reason`: why, since `since`."""

    tenant: str | None
    name: str
    state: str
    reason: str
    since: datetime
    registers: bool
    registered_until: datetime | None
    servers: list[TrunkServerBody]
    channels: int
    max_channels: int

    @classmethod
    def of(cls, view: TrunkView) -> TrunkBody:
        return cls(
            tenant=view.ref.tenant or None,
            name=view.ref.name,
            state=view.state.value,
            reason=view.reason,
            since=view.since,
            registers=view.registers,
            registered_until=view.registered_until,
            servers=[TrunkServerBody.model_validate(server) for server in view.servers],
            channels=view.channels,
            max_channels=view.max_channels,
        )


class DrainBody(Body):
    """`ref`: what is gone, as `Extension acme/101`; `calls`: ids of those that use it and are hung up at `until`."""

    ref: str
    calls: list[str]
    until: datetime

    @classmethod
    def of(cls, view: DrainView) -> DrainBody:
        return cls(ref=str(view.ref), calls=list(view.calls), until=view.until)


class BanBody(Body):
    """`source`: an address, or an IPv6 network of 64 bits; `count`: what was counted; `dropped`: datagrams since then."""

    source: str
    reason: str
    since: datetime
    until: datetime
    count: int
    dropped: int


class WebhookBody(Body):
    """`host`: null = no longer configured; `pending`: what waits, of which `set_aside` lets others go first; counts since the start."""

    tenant: str
    name: str
    host: str | None
    pending: int
    oldest_at: datetime | None
    set_aside: int
    error: str | None
    failed_at: datetime | None
    delivered_at: datetime | None
    next_attempt_at: datetime | None
    delivered: int
    failures: int
    dropped: int


class MediaBody(Body):
    packets_in: int
    packets_out: int
    bytes_in: int
    bytes_out: int
    lost: int
    jitter_ms: float
    refused: int


class TraceStepBody(Body):
    verdict: str
    rule: str | None
    origin: str | None
    why: str

    @classmethod
    def all_of(cls, trace: Trace) -> list[TraceStepBody]:
        return [
            cls(
                verdict=step.verdict.value,
                rule=None if step.rule is None else str(step.rule),
                origin=None if step.origin is None else str(step.origin),
                why=step.why,
            )
            for step in trace.steps
        ]


class TargetBody(Body):
    tenant: str
    number: str
    group: str
    contact: str
    sip_call_id: str
    added_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime
    cause: CauseBody
    media: MediaBody
    trunk: str


class OnwardBody(Body):
    """Where a call went on to that was not taken, and why there."""

    at: datetime
    to: str
    trace: list[TraceStepBody]

    @classmethod
    def of(cls, onward: OnwardAccount) -> OnwardBody:
        return cls(at=onward.at, to=onward.to, trace=TraceStepBody.all_of(onward.trace))


class CdrBody(Body):
    """A closed call, without the trace and the phones tried, which `GET /v1/cdrs/{call_id}` has."""

    version: int
    call_id: str
    sip_call_id: str
    tenant: str
    revision: str
    caller: str
    caller_display: str
    callee: str
    answered_by: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    talk_s: float
    cause: CauseBody
    decided_by: str
    direction: str
    trunk: str


class CdrDetailBody(CdrBody):
    media: MediaBody
    trace: list[TraceStepBody]
    targets: list[TargetBody]
    onward: list[OnwardBody]


def cdr_body(record: CallDetailRecord) -> CdrBody:
    return CdrBody.model_validate(_cdr_fields(record))


def cdr_detail_body(record: CallDetailRecord) -> CdrDetailBody:
    more = {
        "media": record.media,
        "trace": TraceStepBody.all_of(record.trace),
        "targets": list(record.targets),
        "onward": [OnwardBody.of(onward) for onward in record.onward],
    }
    return CdrDetailBody.model_validate(_cdr_fields(record) | more)


def _cdr_fields(record: CallDetailRecord) -> dict[str, object]:
    return {
        "version": record.version,
        "call_id": record.call_id,
        "sip_call_id": record.sip_call_id,
        "tenant": record.tenant,
        "revision": record.revision,
        "caller": record.caller,
        "caller_display": record.caller_display,
        "callee": record.callee,
        "answered_by": record.answered_by,
        "started_at": record.started_at,
        "answered_at": record.answered_at,
        "ended_at": record.ended_at,
        "talk_s": record.talk_s,
        "cause": record.cause,
        "decided_by": decided_by(record.trace),
        "direction": record.direction.value,
        "trunk": record.trunk,
    }


class StepBody(Body):
    verdict: str
    rule: str | None
    origin: str | None
    why: str


class AskedBody(Body):
    name: str
    subject: str
    value: int


class TriedBody(Body):
    number: str
    trunk: str
    contact: str
    sip_call_id: str
    added_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime
    cause: CauseBody


class WentOnBody(Body):
    at: datetime
    to: str
    steps: list[StepBody]
    facts: list[AskedBody]


class DeclarationBody(Body):
    """How a rule was written under the revision that decided; `origin`: where, as `file:line`."""

    rule: str
    origin: str
    manifest: str


class ExplanationBody(Body):
    """What decided a call. `kept`: number of the revision whose manifests are shown, null if it is kept no more."""

    version: int
    call_id: str
    is_live: bool
    sentence: str
    tenant: str
    revision: str
    kept: int | None
    direction: str
    trunk: str
    caller: str
    caller_display: str
    dialled: str
    number_kind: str
    number: str
    listener: str
    source: str
    answered_by: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    talk_s: float
    cause: CauseBody | None
    decided_by: str
    steps: list[StepBody]
    facts: list[AskedBody]
    onward: list[WentOnBody]
    targets: list[TriedBody]
    declarations: list[DeclarationBody]
    notes: list[str]


def explanation_of(answer: object) -> Explanation:
    """What a server answered, as the value that it showed; for clients. ValueError if it is none."""
    return TypeAdapter(Explanation).validate_python(answer)


class FactBody(Body):
    """`known`: `live`, or `stated` in the request."""

    name: str
    subject: str
    value: int
    known: str


class HoursBody(Body):
    is_open: bool
    rule: str
    origin: str | None
    why: str


class ForeseenBody(Body):
    at_s: float | None
    what: str


class SimulationBody(Body):
    """What would become of a call. `cause`: why it would be refused, null if it is put through."""

    source: str
    revision: str
    tenant: str
    caller: str
    dialled: str
    number_kind: str
    number: str
    listener: str
    at: datetime
    put_through: bool
    sentence: str
    steps: list[StepBody]
    facts: list[FactBody]
    hours: HoursBody | None
    assumptions: list[str]
    cause: CauseBody | None
    foreseen: list[ForeseenBody]
    trunk: str


def simulation_of(answer: object) -> Simulation:
    """What a server answered, as the value that it showed; for clients. ValueError if it is none."""
    return TypeAdapter(Simulation).validate_python(answer)


class ConditionBody(Body):
    type: str
    is_true: bool
    reason: str
    message: str
    since: datetime


class ManifestProblemBody(Body):
    file: str
    line: int
    column: int
    severity: str
    rule: str
    message: str
    hint: str


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


class HoldBody(Body):
    """`source`: following rests until the manifests are others than these; null = until it is resumed."""

    by: str
    at: str
    reason: str
    source: str | None


class TouchedBody(Body):
    tenant: str | None
    kind: str
    name: str
    registrations: int
    calls: int


class LiveBody(Body):
    """`registrations` would be dropped, or can't be refreshed where they are; `calls` use it now and go on, at most `drain_s` seconds."""

    registrations: int
    calls: int
    drain_s: float
    touched: list[TouchedBody]


class PlanBesidesBody(Body):
    """What is sent beside a plan. `waiting`: why it is not applied already; null where only the next round is missing."""

    live: LiveBody
    mode: str
    waiting: str | None
    suspended: HoldBody | None


class RefBody(Body):
    tenant: Annotated[str | None, Field(max_length=200)] = None
    kind: Annotated[str, Field(max_length=64)]
    name: Annotated[str, Field(max_length=200)]

    @property
    def ref(self) -> ConfigRef:
        return ConfigRef(self.name if self.kind == "Tenant" else self.tenant or "", self.kind, self.name)


class RefsBody(Body):
    changes: Annotated[list[RefBody], Field(max_length=1000)]


Word = Annotated[str, Field(max_length=200)]


class ApplyBody(Body):
    """`confirm`: names of the limits that this plan breaks and that are meant; `revision`: that it is to lead to, "" = any."""

    digest: Word
    revision: Word = ""
    confirm: Annotated[list[Word], Field(max_length=1000, default_factory=list)]
    author: Word = ""


class RollbackBody(ApplyBody):
    sequence: int


class SuspendBody(Body):
    reason: Annotated[str, Field(max_length=1000)] = ""
    author: Word = ""


class ResumeBody(Body):
    author: Word = ""


class UnbanBody(Body):
    address: Annotated[str, Field(min_length=1, max_length=64)]
    author: Word = ""


class AppliedBody(Body):
    applied: bool = True
    revision: str
    sequence: int
    message: str


class ReconciledBody(Body):
    result: str
    revision: str
    sequence: int
    message: str


class FollowingBody(Body):
    """Whether following rests."""

    suspended: HoldBody | None


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


class ResourceBody(Body):
    """`tenant`: null for what belongs to the system. `reason`, `message`: how its tenant, or the system, stands."""

    tenant: str | None
    kind: str
    name: str
    origin: OriginBody | None
    applied: bool
    revision: str | None
    reason: str
    message: str

    @classmethod
    def of(cls, view: ResourceView) -> ResourceBody:
        return cls(
            tenant=view.ref.tenant or None,
            kind=view.ref.kind,
            name=view.ref.name,
            origin=OriginBody.of(view.origin),
            applied=view.applied,
            revision=view.revision,
            reason=view.reason.value,
            message=view.message,
        )


class ResourceBesidesBody(Body):
    """What is sent beside a resource that the manifests declare."""

    conditions: list[ConditionBody]
    live: LiveBody


def cursor_of(ref: ConfigRef) -> str:
    """A key as a cursor: names have no `/`."""
    return "/".join(ref)
