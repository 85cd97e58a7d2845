"""What decided a call, told from its record or while it is live: steps, facts, phones and trunks tried, and the manifests' own lines.

Pure: the record and what is kept of the manifests come in. A record of any version explains itself by its trace; the lines that declared
a rule are shown where the revision that decided is still kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.cause import Cause
from engine.cdr import Bill, CallDetailRecord, Direction, OnwardAccount, TargetAccount, direction_of
from engine.config.money import amount_text
from engine.config.ref import ConfigRef
from engine.simulation import RouteQuery, Trace, TraceStep
from engine.views import CallAccount
from reconciler.decided_by import decided_by
from reconciler.simulate import CauseView, StepView, number_kind
from reconciler.source.commit import GitCommit
from schema.problem import printable, shown


@dataclass(frozen=True, slots=True)
class AskedView:
    """A live fact as routing was told it then. `text`: the answer where it is no number, "" = it is one."""

    name: str
    subject: str
    value: int
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedView:
    """A phone, or a server of a trunk ("" = a phone). Times: None = did not happen."""

    number: str
    trunk: str
    contact: str
    sip_call_id: str
    added_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime
    cause: CauseView


@dataclass(frozen=True, slots=True, kw_only=True)
class BillView:
    """What one leg costs: `units` of `unit_s` seconds at `rate` each. `payer`: number of the extension that pays, "" = only the tenant;
    `account`: name of the one whose balance it was taken from, "" = of none; amounts are decimals as text."""

    direction: str
    prefix: str
    rate: str
    unit_s: int
    units: int
    currency: str
    cost: str
    payer: str
    account: str


@dataclass(frozen=True, slots=True)
class WentOnView:
    """Where the call went on to when it was not taken, and how that was decided."""

    at: datetime
    to: str
    steps: tuple[StepView, ...]
    facts: tuple[AskedView, ...]


@dataclass(frozen=True, slots=True)
class DeclarationView:
    """How a rule was written under the revision that decided: `manifest` from line `origin` on."""

    rule: str
    origin: str
    manifest: str


@dataclass(frozen=True, slots=True)
class KeptManifests:
    """`sequence`: number of the revision they are of, None = it is kept no more; `commit`: that brought it, where git knows."""

    sequence: int | None
    declarations: tuple[DeclarationView, ...]
    commit: GitCommit | None = None


NOTHING_KEPT = KeptManifests(None, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`version`: of the record; `is_live`: it is not over: no end, no cause. `kept`: number of the revision whose manifests are shown.

    `commit`: that brought that revision.
    """

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
    cause: CauseView | None
    decided_by: str
    steps: tuple[StepView, ...]
    facts: tuple[AskedView, ...]
    onward: tuple[WentOnView, ...]
    targets: tuple[TriedView, ...]
    declarations: tuple[DeclarationView, ...]
    notes: tuple[str, ...]
    commit: GitCommit | None = None
    bills: tuple[BillView, ...] = ()


def rules_of(trace: Trace, onward: Iterable[OnwardAccount]) -> Sequence[ConfigRef]:
    """Every rule that had a word, each once, in the order in which they had it."""
    steps = [*trace.steps, *(step for one in onward for step in one.trace.steps)]
    return list(dict.fromkeys([step.rule for step in steps if step.rule is not None]))


def explain(record: CallDetailRecord, kept: KeptManifests) -> Explanation:
    """The account of a call that is over."""
    return _explanation(
        record.query,
        record.trace,
        record.onward,
        record.targets,
        kept,
        version=record.version,
        call_id=record.call_id,
        revision=record.revision,
        direction=record.direction,
        trunk=record.trunk,
        answered_by=record.answered_by,
        answered_at=record.answered_at,
        ended_at=record.ended_at,
        talk_s=record.talk_s,
        cause=record.cause,
        bills=record.bills,
    )


def explain_live(account: CallAccount, kept: KeptManifests) -> Explanation:
    """The account of a call so far."""
    opened = account.opened
    query = opened.query
    trunk = query.trunk or next((target.trunk for target in reversed(account.targets) if target.trunk), "")
    return _explanation(
        query,
        opened.trace,
        account.onward,
        account.targets,
        kept,
        version=opened.version,
        call_id=opened.call_id,
        revision=opened.revision,
        direction=direction_of(query, trunk, opened.trace, account.onward),
        trunk=trunk,
        answered_by=None,
        answered_at=account.answered_at,
        ended_at=None,
        talk_s=0.0,
        cause=None,
    )


def _explanation(
    query: RouteQuery,
    trace: Trace,
    onward: Sequence[OnwardAccount],
    targets: Sequence[TargetAccount],
    kept: KeptManifests,
    *,
    version: int,
    call_id: str,
    revision: str,
    direction: Direction,
    trunk: str,
    answered_by: str | None,
    answered_at: datetime | None,
    ended_at: datetime | None,
    talk_s: float,
    cause: Cause | None,
    bills: Sequence[Bill] = (),
) -> Explanation:
    rules = rules_of(trace, onward)
    return Explanation(
        version=version,
        call_id=call_id,
        is_live=ended_at is None,
        sentence=_sentence(query, answered_by, answered_at, talk_s, cause),
        tenant=query.tenant,
        revision=revision,
        kept=kept.sequence,
        direction=direction.value,
        trunk=trunk,
        caller=query.caller,
        caller_display=query.caller_display,
        dialled=query.callee.dialled,
        number_kind=number_kind(query.callee.canonical),
        number=query.callee.canonical.text,
        listener=query.listener,
        source=query.source,
        answered_by=answered_by,
        started_at=query.at,
        answered_at=answered_at,
        ended_at=ended_at,
        talk_s=talk_s,
        cause=None if cause is None else _cause(cause),
        decided_by=decided_by(trace),
        steps=_steps(trace),
        facts=_facts(trace),
        onward=tuple(WentOnView(one.at, one.to, _steps(one.trace), _facts(one.trace)) for one in onward),
        targets=tuple(_tried(target) for target in targets),
        declarations=kept.declarations,
        notes=tuple(_notes(trace, rules, kept, is_live=ended_at is None)),
        commit=kept.commit,
        bills=tuple(map(_bill, bills)),
    )


def _sentence(
    query: RouteQuery, answered_by: str | None, answered_at: datetime | None, talk_s: float, cause: Cause | None
) -> str:
    who = f"{printable(query.caller)} called {shown(query.callee.dialled)}"
    if cause is None:
        return f"{who}: {'they talk' if answered_at is not None else 'it is not answered yet'}"
    if answered_at is None:
        return f"{who}: {cause.outcome.value} with {cause.sip_status} ({cause.reason})"
    waited = f"{(answered_at - query.at).total_seconds():.1f} s"
    by = f" by {printable(answered_by)}" if answered_by is not None else ""
    return f"{who}: answered{by} after {waited}, {int(talk_s) // 60}:{int(talk_s) % 60:02} of talk; {cause.reason}"


def _notes(trace: Trace, rules: Sequence[ConfigRef], kept: KeptManifests, *, is_live: bool) -> Iterator[str]:
    if not trace.steps:
        yield "this call was never decided, or its trace was not kept: it was interrupted under a version that kept none"
    if kept.sequence is None and rules:
        yield (
            "the manifests of the revision that decided are not kept any more, nor which commit they were of; "
            "file and line are those of then"
        )
    if is_live:
        yield "the call is live; what follows is not written yet"


def _steps(trace: Trace) -> tuple[StepView, ...]:
    return tuple(_step(step) for step in trace.steps)


def _step(step: TraceStep) -> StepView:
    rule = None if step.rule is None else str(step.rule)
    return StepView(step.verdict.value, rule, None if step.origin is None else str(step.origin), step.why)


def _facts(trace: Trace) -> tuple[AskedView, ...]:
    return tuple(AskedView(fact.name, fact.subject, fact.value, fact.text) for fact in trace.facts)


def _tried(target: TargetAccount) -> TriedView:
    return TriedView(
        number=target.number,
        trunk=target.trunk,
        contact=target.contact,
        sip_call_id=target.sip_call_id,
        added_at=target.added_at,
        ringing_at=target.ringing_at,
        answered_at=target.answered_at,
        ended_at=target.ended_at,
        cause=_cause(target.cause),
    )


def _bill(bill: Bill) -> BillView:
    return BillView(
        direction="incoming" if bill.is_incoming else "outgoing",
        prefix=f"+{bill.prefix}",
        rate=amount_text(bill.rate),
        unit_s=bill.unit_s,
        units=bill.units,
        currency=bill.currency,
        cost=amount_text(bill.cost),
        payer=bill.payer,
        account=bill.account,
    )


def _cause(cause: Cause) -> CauseView:
    return CauseView(cause.outcome.value, cause.sip_status, cause.q850, cause.party.value, cause.reason)
