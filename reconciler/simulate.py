"""A call that is only imagined: who calls what, when, and what would become of it, step by step.

Decided by the very function that decides live calls, on the snapshot of a source or of the running server; nothing is touched. What is
not said is assumed, and every assumption that mattered is listed. Pure: the snapshot, the facts and the time come in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from dialing.number import E164, Canonical, ExtensionNumber, ShortCode, Unclassified, Uri
from engine.config.ref import Origin
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.config.trunk import TrunkConfig
from engine.simulation import (
    ANONYMOUS,
    Cause,
    Dial,
    DialOut,
    Facts,
    Hunt,
    Refuse,
    RouteDecision,
    RouteQuery,
    TraceStep,
    Verdict,
    decide,
    decide_dialled,
    dialled_at,
    in_hours,
    query_from_trunk,
    query_of,
)
from reconciler.foreseen import ForeseenView, foreseen
from reconciler.question import Question, understand
from reconciler.stated_facts import StatedFacts
from schema.problem import printable, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What is decided on. `source`: in words; `live`: facts of a running server, None = there is none; `place`: shows a file."""

    source: str
    snapshot: Snapshot
    now: datetime
    live: Facts | None = None
    place: Callable[[str], str] = str


@dataclass(frozen=True, slots=True)
class StepView:
    """`rule`, `origin`: None for a rule of the house."""

    verdict: str
    rule: str | None
    origin: str | None
    why: str


@dataclass(frozen=True, slots=True)
class FactView:
    """`known`: `live`, `stated` or `assumed`; `text`: the answer where it is no number, "" = it is one."""

    name: str
    subject: str
    value: int
    known: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class HoursView:
    """Whether who is called is in hours then; what says so, as in a step."""

    is_open: bool
    rule: str
    origin: str | None
    why: str


@dataclass(frozen=True, slots=True)
class CauseView:
    outcome: str
    sip_status: int
    q850: int
    party: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What would become of the call. `revision`: the tenant's; `number`: what was dialled as it is understood, `kind` and text.

    `hours`: None if office hours are not given for who is called, or for the tenant where that is nobody; `cause`: why it would be refused,
    None if it is put through; `foreseen`: what the service then does; `trunk`: by which it comes, "" = an extension calls.
    """

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
    steps: tuple[StepView, ...]
    facts: tuple[FactView, ...]
    hours: HoursView | None
    assumptions: tuple[str, ...]
    cause: CauseView | None
    foreseen: tuple[ForeseenView, ...]
    trunk: str = ""


def simulate(basis: Basis, question: Question) -> Simulation:
    """Decide the call that `question` imagines. BadQuestion if it names what is not there; never anything else, whatever is dialled."""
    asked = understand(basis.snapshot, question)
    facts = StatedFacts(asked.registered, asked.calls, basis.live, asked.people)
    dialled = dialled_at(question.to)
    at = asked.at if asked.at is not None else basis.now
    # An imagined phone is nowhere: no source address.
    if isinstance(asked.caller, TrunkConfig):
        query = query_from_trunk(
            asked.tenant,
            asked.caller,
            called=dialled.text,
            caller="" if question.caller == ANONYMOUS else question.caller,
            display="",
            listener=asked.listener,
            source="",
            at=at,
        )
        decision = decide(basis.snapshot, facts, query)
    else:
        query = query_of(asked.tenant, asked.caller, dialled.text, listener=asked.listener, source="", at=at)
        decision = decide_dialled(basis.snapshot, facts, query, dialled.host)
    assumptions = list(_assumptions(facts, basis, question, decision))
    if asked.is_listener_guessed:
        assumptions.append(f"the call comes in by listener {shown(asked.listener)}; --listener says otherwise")
    return Simulation(
        source=basis.source,
        revision=asked.tenant.revision,
        tenant=query.tenant,
        caller=query.caller,
        dialled=question.to,
        number_kind=number_kind(query.callee.canonical),
        number=query.callee.canonical.text,
        listener=asked.listener,
        at=at,
        put_through=not isinstance(decision, Refuse),
        sentence=_sentence(query, question.to, decision),
        steps=tuple(_step(step, basis.place) for step in decision.trace.steps),
        facts=tuple(
            FactView(fact.name, fact.subject, fact.value, facts.known(fact), fact.text) for fact in decision.trace.facts
        ),
        hours=_hours(asked.tenant, query, basis.place),
        assumptions=tuple(assumptions),
        cause=_cause(decision.cause) if isinstance(decision, Refuse) else None,
        foreseen=tuple(foreseen(basis.snapshot, facts, query, decision)),
        trunk=query.trunk,
    )


# What came of it


def _assumptions(facts: StatedFacts, basis: Basis, question: Question, decision: RouteDecision) -> Iterator[str]:
    assumed = {fact.name for fact in decision.trace.facts if facts.known(fact) == "assumed"}
    if "contacts" in assumed:
        yield "every extension has one registered phone; --registered says otherwise"
    if "calls" in assumed:
        yield "no other call of the tenant is live; --calls says otherwise"
    if "trunk_up" in assumed:
        yield "every trunk is up and carries no other call"
    if "outside_calls" in assumed:
        yield "nobody else calls outside, nor has within the last minute"
    if "balance" in assumed:
        yield "balances are as the manifests set them"
    if "last_rung" in assumed or "talk_s" in assumed:
        yield "the ring group has rung nobody yet"
    if facts.registered and basis.live is None and decision.trace.facts:
        yield "no other extension than those stated has a registered phone"
    if basis.live is not None and question.at is not None:
        yield "phones and calls are then as they are now; --registered and --calls say otherwise"


def _sentence(query: RouteQuery, to: str, decision: RouteDecision) -> str:
    by = f" by trunk {query.trunk}" if query.trunk else ""
    who = f"{printable(query.caller)} calls {shown(to)}{by}"
    match decision:
        case Dial(targets, ring_time_s, trace):
            phones = sum(fact.value for fact in trace.facts if fact.name == "contacts")
            numbers = ", ".join(target.number for target in targets)
            return f"{who}: put through to extension {numbers}, which rings on {_phones(phones)} for {ring_time_s:g} s"
        case DialOut(routes):
            trunks = ", then ".join(f"{route.trunk.name} (as {route.number})" for route in routes)
            return f"{who}: put through to {printable(routes[0].callee.canonical.text)} outside, over trunk {trunks}"
        case Hunt(group, steps):
            numbers = ", ".join(target.number for step in steps for target in step.targets)
            return f"{who}: put through to ring group {group.name}: {numbers}"
        case Refuse(cause, trace):
            why = next((step.why for step in trace.steps if step.verdict is Verdict.REFUSED), cause.reason)
            return f"{who}: refused with {cause.sip_status} ({cause.reason}): {printable(why)}"
        case _:
            assert_never(decision)


def _phones(count: int) -> str:
    return "1 phone" if count == 1 else f"{count:,} phones"


def number_kind(canonical: Canonical) -> str:
    match canonical:
        case E164():
            return "e164"
        case ExtensionNumber():
            return "extension"
        case ShortCode():
            return "code"
        case Uri():
            return "uri"
        case Unclassified():
            return "unclassified"
        case _:
            assert_never(canonical)


def _hours(tenant: TenantSnapshot, query: RouteQuery, place: Callable[[str], str]) -> HoursView | None:
    if query.trunk:  # the rule's own hours stand among the steps
        return None
    answer = in_hours(tenant, tenant.extensions.get(query.callee.canonical.text), query.at)
    step = _step(answer.step, place)
    return None if step.rule is None else HoursView(answer.is_open, step.rule, step.origin, step.why)


def _step(step: TraceStep, place: Callable[[str], str]) -> StepView:
    origin = None if step.origin is None else str(Origin(place(step.origin.file), step.origin.line))
    return StepView(step.verdict.value, None if step.rule is None else str(step.rule), origin, step.why)


def _cause(cause: Cause) -> CauseView:
    return CauseView(cause.outcome.value, cause.sip_status, cause.q850, cause.party.value, cause.reason)
