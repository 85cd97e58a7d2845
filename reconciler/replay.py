"""Recorded calls decided again under another revision, and those that would go elsewhere, in groups.

Each call by the very function that decides live ones, from the question and the facts of its record; what was dialled becomes a number
anew, as the other revision's people dial. The first decision is compared, then those that followed it, as far as what the phones did
says how they would go on.

A fact that was not asked then is not known: a phone that the record says nothing of is taken to be registered once, trunks to be up, and
nothing else to be going on. How many calls rest on that is counted. Two refusals are alike, whatever their reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from engine.cause import Cause
from engine.cdr import CallDetailRecord
from engine.cdr_filter import Place as RecordPlace
from engine.cdr_filter import place_of
from engine.config.snapshot import Snapshot
from engine.preferences import Preferences
from engine.simulation import (
    DialOut,
    Fact,
    Onward,
    RecordedFacts,
    Refuse,
    RouteDecision,
    RouteQuery,
    Verdict,
    decide,
    decide_onward,
    query_from_trunk,
    tenant_of_did,
)
from reconciler.decided_by import deciding_step
from reconciler.went import ENDED, REFUSED, Place, Went, went

MOST_GROUPS: Final = 500
MOST_SHOWN: Final = 3
NOT_TRACED: Final = "kept no trace"
NOT_ROUTED: Final = "ended before routing was asked"
NOT_UNDERSTOOD: Final = "were decided by rules that this version does not know"
_BEFORE_ROUTING: Final = frozenset({483, 488})
_FOREIGN: Final = " is not the domain of tenant "
_REST: Final = "other calls"


@dataclass(slots=True)
class Group:
    """Calls that went from one place and would go to another. `who`, `dialled`: a few of those that called and were called."""

    before: str
    after: str
    count: int = 0
    talk_s: float = 0.0
    assumed: int = 0
    who: dict[str, None] | None = None
    dialled: dict[str, None] | None = None
    example: Example | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """The newest of a group. `because`: what would decide it now; `rule`, `origin`: None for a rule of the house."""

    call_id: str
    tenant: str
    at: datetime
    caller: str
    dialled: str
    because: str
    rule: str | None
    origin: str | None
    place: RecordPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """`calls`: all that were looked at; `compared`: those that could be; `left_out`: the others, by reason.

    `elsewhere`: calls that would go elsewhere, of which `assumed` rest on a fact that was not recorded; `talk_s`: talked in them.
    """

    calls: int
    compared: int
    elsewhere: int
    assumed: int
    talk_s: float
    groups: tuple[Group, ...]
    left_out: tuple[tuple[str, int], ...]


class Replayer:
    """Use: `add` for each record, then `result`."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._groups: dict[tuple[str, str], Group] = {}
        self._left_out: Counter[str] = Counter()
        self._calls = 0

    def add(self, record: CallDetailRecord) -> None:
        self._calls += 1
        reason = _reason_to_leave_out(record)
        if reason is not None:
            self._left_out[reason] += 1
            return
        again = _Again(self._snapshot, record, self._retyped(record))
        found = again.difference()
        if found is not None:
            self._note(record, again, *found)

    def result(self) -> Replay:
        groups = sorted(self._groups.values(), key=lambda group: (-group.count, group.before, group.after))
        return Replay(
            calls=self._calls,
            compared=self._calls - self._left_out.total(),
            elsewhere=sum(group.count for group in groups),
            assumed=sum(group.assumed for group in groups),
            talk_s=sum(group.talk_s for group in groups),
            groups=tuple(groups),
            left_out=tuple(sorted(self._left_out.items())),
        )

    def _note(self, record: CallDetailRecord, again: _Again, before: str, after: str) -> None:
        key = (before, after)
        if key not in self._groups and len(self._groups) >= MOST_GROUPS:
            key = (_REST, _REST)
        group = self._groups.setdefault(key, Group(*key))
        group.count += 1
        group.talk_s += record.talk_s
        group.assumed += again.facts.is_assumed
        group.who = _some(group.who, "outside" if record.query.trunk else "extensions")
        group.dialled = _some(group.dialled, _pattern(record))
        if group.example is None or place_of(record) > group.example.place:
            group.example = _example(record, again)

    # The question, as it would be put now.

    def _retyped(self, record: CallDetailRecord) -> RouteQuery:
        query, dialled = record.query, record.query.callee.dialled
        if not query.trunk:
            tenant = self._snapshot.tenants.get(query.tenant)
            callee = None if tenant is None else tenant.number(dialled)
            return query if callee is None or callee == query.callee else replace(query, callee=callee)
        trunk = self._snapshot.trunk(query.tenant, query.trunk)
        if trunk is None:
            return query
        owner = tenant_of_did(self._snapshot, trunk, dialled) or query.tenant
        tenant = self._snapshot.tenants.get(owner)
        if tenant is None:
            return query
        caller = query.caller_number
        return query_from_trunk(
            tenant,
            trunk,
            called=dialled,
            caller="" if caller is None else caller.dialled,
            display=query.caller_display,
            listener=query.listener,
            source=query.source,
            at=query.at,
        )


class _Facts:
    """What a record knows, and what is taken of what it does not. Satisfies `Facts`. `is_assumed`: whether that was asked."""

    __slots__ = ("_known", "_recorded", "is_assumed")

    def __init__(self, facts: tuple[Fact, ...]) -> None:
        self.is_assumed = False
        self.know(facts)

    def know(self, facts: tuple[Fact, ...]) -> None:
        """From here on, that."""
        self._recorded = RecordedFacts.of(facts)
        self._known = self._recorded.values

    def contacts(self, tenant: str, number: str) -> int:
        value = self._known.get(("contacts", f"{tenant}/{number}"))
        if value is None:
            self.is_assumed = True
            return 1
        return value

    def calls(self, tenant: str) -> int:
        return self._recorded.calls(tenant)

    def channels(self, trunk: str) -> int:
        return self._recorded.channels(trunk)

    def trunk_up(self, trunk: str) -> int:
        return self._recorded.trunk_up(trunk)

    def outside_calls(self, tenant: str, number: str) -> int:
        return self._recorded.outside_calls(tenant, number)

    def outside_calls_last_minute(self, tenant: str, number: str) -> int:
        return self._recorded.outside_calls_last_minute(tenant, number)

    def balance(self, tenant: str, name: str, written: int) -> int:
        return self._recorded.balance(tenant, name, written)

    def last_rung(self, tenant: str, group: str, number: str) -> int:
        return self._recorded.last_rung(tenant, group, number)

    def talk_s(self, tenant: str, group: str, number: str) -> int:
        return self._recorded.talk_s(tenant, group, number)

    def preferences(self, tenant: str, extension: str) -> Preferences | None:
        return self._recorded.preferences(tenant, extension)


class _Again:
    """One call, decided again. `decision`: the last that was made; None if its phone could not have called."""

    def __init__(self, snapshot: Snapshot, record: CallDetailRecord, query: RouteQuery) -> None:
        self._snapshot = snapshot
        self._record = record
        self._query = query
        self.facts = _Facts(record.trace.facts)
        self.decision: RouteDecision | None = None

    def difference(self) -> tuple[str, str] | None:
        """Where it went and where it would go, None if that is the same."""
        record = self._record
        if not self._may_call():
            before = went(record.trace)
            return None if before.place is Place.REFUSED else (str(before), "refused (no such extension any more)")
        self.decision = decide(self._snapshot, self.facts, self._query)
        before, now = went(record.trace), went(self.decision.trace)
        if not now.is_same(before, self._tried()):
            return _words(before, record.cause), _words(now, self.decision)
        other_digits = self._other_digits(self.decision)
        if other_digits:
            return str(before), f"{now}, other digits sent"
        return self._onward_difference(self.decision)

    def _may_call(self) -> bool:
        """A call of an extension that is gone would not have been let in."""
        tenant = self._snapshot.tenants.get(self._query.tenant)
        return tenant is None or bool(self._query.trunk) or self._query.caller in tenant.extensions

    def _tried(self) -> int:
        """How many trunks had their turn before the call went on or ended."""
        return max(1, len({target.trunk for target in self._record.targets if target.trunk}))

    def _other_digits(self, decision: RouteDecision) -> bool:
        """Whether a trunk that was tried would be sent another number."""
        if not isinstance(decision, DialOut):
            return False
        sent = {route.trunk.name: route.number for route in decision.routes}
        return any(
            target.trunk in sent and sent[target.trunk] != target.number
            for target in self._record.targets
            if target.trunk
        )

    # Where it went on to.

    def _onward_difference(self, decision: RouteDecision) -> tuple[str, str] | None:
        record = self._record
        for stage, onward in enumerate(record.onward):
            before = went(onward.trace)
            # What was asked last is nearest to what was true then.
            self.facts.know(record.trace.facts + onward.trace.facts)
            chosen = [self._after(each) for each in _onwards(decision) if each.when & self._outcomes(stage)]
            if not chosen:
                return f"then {before}", f"then {ENDED}"
            same = next((each for each in chosen if went(each.trace).is_same(before, self._tried())), None)
            self.decision = decision = same if same is not None else chosen[0]
            if same is None:
                return f"then {_words(before, record.cause)}", f"then {_words(went(decision.trace), decision)}"
        if record.answered_at is not None or isinstance(decision, Refuse):
            return None
        further = next((each for each in _onwards(decision) if record.cause.outcome in each.when), None)
        if further is None:
            return None
        self.decision = self._after(further)
        now = went(self.decision.trace)
        return None if now.place is Place.REFUSED else (str(ENDED), f"then {now}")

    def _after(self, onward: Onward) -> RouteDecision:
        return decide_onward(self._snapshot, self.facts, self._query, onward)

    def _outcomes(self, stage: int) -> frozenset[object]:
        """How ringing ended, before the call went on for the n-th time, on any of its phones."""
        onward = self._record.onward
        begin = onward[stage - 1].at if stage else self._record.started_at
        return frozenset(
            target.cause.outcome for target in self._record.targets if begin <= target.added_at <= onward[stage].at
        )


def _onwards(decision: RouteDecision) -> Sequence[Onward]:
    return () if isinstance(decision, DialOut | Refuse) else decision.onward


def _reason_to_leave_out(record: CallDetailRecord) -> str | None:
    steps = record.trace.steps
    if not steps:
        return NOT_TRACED
    first = steps[0]
    is_of_house = first.verdict is Verdict.REFUSED and first.rule is None
    if is_of_house and (record.cause.sip_status in _BEFORE_ROUTING or _FOREIGN in first.why):
        return NOT_ROUTED
    return NOT_UNDERSTOOD if went(record.trace).place is Place.UNKNOWN else None


def _words(place: Went, decided: RouteDecision | Cause) -> str:
    if place.place is not Place.REFUSED:
        return str(place)
    cause = decided if isinstance(decided, Cause) else decided.cause if isinstance(decided, Refuse) else None
    return f"{REFUSED} ({cause.reason})" if cause is not None else str(REFUSED)


def _some(seen: dict[str, None] | None, one: str) -> dict[str, None]:
    seen = {} if seen is None else seen
    if len(seen) <= MOST_SHOWN:
        seen[one] = None
    return seen


def _pattern(record: CallDetailRecord) -> str:
    """What was dialled, as far as it tells something: the country of a number, the whole of a short one."""
    text = record.query.callee.canonical.text
    return f"{text[:3]}..." if text.startswith("+") else text if len(text) <= 8 else f"{text[:5]}..."


def _example(record: CallDetailRecord, again: _Again) -> Example:
    trace = None if again.decision is None else again.decision.trace
    step = None if trace is None else deciding_step(trace) or next(iter(trace.steps), None)
    return Example(
        call_id=record.call_id,
        tenant=record.tenant,
        at=record.started_at,
        caller=record.caller,
        dialled=record.callee,
        because=f"there is no extension {record.caller!r} in this revision" if step is None else step.why,
        rule=None if step is None or step.rule is None else str(step.rule),
        origin=None if step is None or step.origin is None else str(step.origin),
        place=place_of(record),
    )


def replay(snapshot: Snapshot, records: Iterator[CallDetailRecord]) -> Replay:
    """All of them."""
    replayer = Replayer(snapshot)
    for record in records:
        replayer.add(record)
    return replayer.result()
