"""How every unit stands, kept by the parent: conditions with the moment they last turned, what was attempted, what runs, history.

Quiet: a round that finds what the last one found changes nothing here. Instants are handed in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final

from engine.config.declared import DeclaredConfig
from engine.config.extension import ExtensionConfig
from engine.config.ref import ConfigRef, Revision
from engine.config.snapshot import ConfigItem, Snapshot
from engine.config.system import SYSTEM_REF
from engine.views import TrunkState, TrunkView
from reconciler.plan import SHORT
from reconciler.ports import ResourceFilter
from reconciler.state import SYSTEM_UNIT
from reconciler.views import (
    Condition,
    ConditionType,
    HoldView,
    ProblemView,
    ProposalView,
    Reason,
    ReconcileView,
    ResourceView,
    RoundView,
    UnitStatus,
)
from reconciler.worker.order import Hold
from reconciler.worker.verdict import Findings, Proposal, Round, UnitVerdict, Waiting

HISTORY: Final = 50
MOST_FIELDS_TOLD: Final = 10
_DECLARED_IN_PART: Final = {"RingGroup": "type: paging", "Listener": "this transport"}
"""Kinds of which some resources are carried out, and what makes the others."""
_NO_TRUNKS: Final[Mapping[ConfigRef, TrunkView]] = {}
_NO_TIPS: Final[Mapping[ConfigRef, str]] = {}


@dataclass(frozen=True, slots=True)
class News:
    """What a round found that the one before had not."""

    source_problem: str | None
    state_problem: str | None
    proposal: Proposal | None
    warnings: tuple[ProblemView, ...]
    verdicts: tuple[UnitVerdict, ...]


def _is_news(before: UnitVerdict | None, verdict: UnitVerdict) -> bool:
    if before is None:
        return not verdict.is_accepted
    return (before.reason, before.problems, before.problem_count) != (
        verdict.reason,
        verdict.problems,
        verdict.problem_count,
    )


class Board:
    """The standing of all units. Its owner tells it of each round."""

    def __init__(self, now: datetime) -> None:
        self._started = now
        self._units: dict[str, UnitStatus] = {}
        self._history: deque[RoundView] = deque(maxlen=HISTORY)
        self._found = Findings()
        self.state_problem: str | None = None
        """Why what runs can't be kept on disk, or was not found there."""
        self._last_round: datetime | None = None
        self._last_applied: datetime | None = None
        self._proposal: Proposal | None = None
        self._hold: Hold | None = None
        self._ready: dict[str, Condition] = {}
        self._problems: Mapping[ConfigRef, str] = {}
        self._trunks: Mapping[ConfigRef, TrunkView] = {}
        self._tips: Mapping[ConfigRef, str] = {}
        self.last_failure: str | None = None
        """Why the last round failed, None if it did not."""

    def restored(self, units: Mapping[str, Revision], now: datetime) -> None:
        """What runs was taken from disk, the source was not looked at yet."""
        for unit, revision in units.items():
            self._put(UnitVerdict(unit=unit, reason=Reason.VALID, attempted=revision, applied=revision), None, now)

    def found(self, done: Round, state_problem: str | None, refused: tuple[Reason, str] | None, now: datetime) -> News:
        """A round came to this; `refused`: why the engine did not take it. Returns what was not so before."""
        found, proposal = done.found, done.proposal
        before = {verdict.unit: verdict for verdict in self._found.verdicts}
        told = frozenset(self._found.warnings)
        news = News(
            None if found.source_problem == self._found.source_problem else found.source_problem,
            None if state_problem == self.state_problem else state_problem,
            None if proposal == self._proposal else proposal,
            tuple(problem for problem in found.warnings if problem not in told),
            tuple(verdict for verdict in found.verdicts if _is_news(before.get(verdict.unit), verdict)),
        )
        self._found, self.state_problem, self._last_round = found, state_problem, now
        self._proposal, self._hold = proposal, done.hold
        for unit in self._units.keys() - {verdict.unit for verdict in found.verdicts}:
            del self._units[unit]
        for verdict in found.verdicts:
            self._put(verdict, refused, now)
        return news

    def done(self, entry: RoundView) -> None:
        """A round changed what runs, or was refused."""
        last = self._history[-1] if self._history else None
        is_same_refusal = (
            last is not None
            and entry.result is not Reason.IN_SYNC
            and (last.result, last.message, last.source) == (entry.result, entry.message, entry.source)
        )
        if is_same_refusal:
            return
        self._history.append(entry)
        if entry.result is Reason.IN_SYNC:
            self._last_applied = entry.at

    def health(
        self,
        snapshot: Snapshot,
        problems: Mapping[ConfigRef, str],
        now: datetime,
        trunks: Mapping[ConfigRef, TrunkView] = _NO_TRUNKS,
        tips: Mapping[ConfigRef, str] = _NO_TIPS,
    ) -> list[str]:
        """What runs stands like this; `problems`: of what does not work; `tips`: the commits of tenants' own sources. Returns what was
        not so before, in words."""
        self._trunks, self._tips = trunks, tips
        news = [f"{ref} does not work: {why}" for ref, why in problems.items() if self._problems.get(ref) != why]
        news += [f"{ref} works again" for ref in self._problems.keys() - problems.keys()]
        self._problems = problems
        ready = {SYSTEM_UNIT: _system_ready(problems, now)}
        ready |= {name: _tenant_ready(tenant.config.enabled, now) for name, tenant in snapshot.tenants.items()}
        self._ready = {unit: _since(condition, self._ready.get(unit)) for unit, condition in ready.items()}
        return news

    def words(self, *, changed: bool) -> str:
        """How following stands, in one line."""
        if self._found.source_problem is not None:
            return self._found.source_problem
        held = ", ".join(unit.unit or "system" for unit in self._units.values() if unit.problem_count)
        told = f"held back for problems in the manifests: {held}" if held else ""
        if self._proposal is not None:
            waits = f"{self._proposal.what}; its digest is {self._proposal.digest[:SHORT]}"
            return f"{waits}\n{told}".rstrip()
        if told:
            return told
        return "applied, and serving" if changed else "nothing to do: what runs is what the manifests say"

    def conditions(self, snapshot: Snapshot, ref: ConfigRef) -> tuple[Condition, ...]:
        """How one resource stands."""
        unit = self._with_health(ref.tenant)
        if unit is None:
            return ()
        ready = self._resource_ready(snapshot, ref)
        lacking = not_carried_out(snapshot.item(ref))
        return tuple(
            ready
            if condition.type is ConditionType.READY and ready is not None
            else replace(condition, is_true=False, reason=Reason.NOT_SUPPORTED_YET, message=lacking)
            if condition.type is ConditionType.APPLIED and condition.is_true and lacking
            else condition
            for condition in unit.conditions
        )

    def _resource_ready(self, snapshot: Snapshot, ref: ConfigRef) -> Condition | None:
        """Whether the resource itself works, where that is not just what its unit does."""
        unit = self._ready.get(ref.tenant)
        item = snapshot.item(ref)
        if unit is None or (item is None and ref != SYSTEM_REF):
            return Condition(ConditionType.READY, False, Reason.NEVER_ACCEPTED, "does not run", self._started)
        trunk = self._trunks.get(ref)
        if trunk is not None:
            return _trunk_ready(trunk)
        if ref.kind == "TenantSource":
            return self._source_ready(ref, unit.since)
        if ref in self._problems:
            return Condition(ConditionType.READY, False, Reason.NOT_LISTENING, self._problems[ref], unit.since)
        if isinstance(item, ExtensionConfig) and not item.enabled:
            return Condition(ConditionType.READY, False, Reason.DISABLED, "is switched off: enabled: false", unit.since)
        if isinstance(item, DeclaredConfig) and ref in self._found.lacking:
            why = self._found.lacking[ref]
            return Condition(ConditionType.READY, False, Reason.SECRET_MISSING, why, unit.since)
        if isinstance(item, DeclaredConfig) and item.waits:
            return Condition(ConditionType.READY, False, Reason.NOT_SUPPORTED_YET, not_carried_out(item), unit.since)
        if ref.kind == "Listener":
            return Condition(ConditionType.READY, True, Reason.WORKS, "listens", unit.since)
        return None

    def _source_ready(self, ref: ConfigRef, since: datetime) -> Condition:
        if ref in self._problems:
            return Condition(ConditionType.READY, False, Reason.SOURCE_UNAVAILABLE, self._problems[ref], since)
        if not self._tips.get(ref):
            return Condition(ConditionType.READY, False, Reason.PROGRESSING, "has not been fetched yet", since)
        words = f"is followed at commit {self._tips[ref][:SHORT]}"
        return Condition(ConditionType.READY, True, Reason.WORKS, words, since)

    def _with_health(self, name: str) -> UnitStatus | None:
        unit = self._units.get(name)
        if unit is None:
            return None
        ready = self._ready.get(name)
        if ready is None or unit.applied is None:
            ready = Condition(ConditionType.READY, False, Reason.NEVER_ACCEPTED, "does not run", self._started)
        return replace(unit, conditions=(*unit.conditions[:2], ready, *unit.conditions[2:]))

    def view(self, snapshot: Snapshot, sequence: int = 0) -> ReconcileView:
        return ReconcileView(
            revision=snapshot.revision,
            source=self._found.source,
            source_problem=self._found.source_problem,
            last_round_at=self._last_round,
            last_applied_at=self._last_applied,
            state_problem=self.state_problem,
            units=tuple(unit for name in sorted(self._units) if (unit := self._with_health(name)) is not None),
            warnings=self._found.warnings,
            history=tuple(reversed(self._history)),
            sequence=sequence,
            proposal=_proposal_view(self._proposal),
            hold=hold_view(self._hold),
        )

    def resources(self, snapshot: Snapshot, wanted: ResourceFilter) -> Iterator[ResourceView]:
        """Those that run and those that wait, by key; costs what the tenants looked into have, not all."""
        return islice(self._resources(snapshot, wanted), wanted.limit)

    def _resources(self, snapshot: Snapshot, wanted: ResourceFilter) -> Iterator[ResourceView]:
        waiting: dict[str, list[Waiting]] = {}
        for waits in self._found.waiting:
            waiting.setdefault(waits.ref.tenant, []).append(waits)
        after = wanted.after
        for unit in sorted({SYSTEM_UNIT, *snapshot.tenants, *waiting}):
            if (wanted.tenant is not None and unit != wanted.tenant) or (after is not None and unit < after.tenant):
                continue
            views = {view.ref: view for view in self._waiting(waiting.get(unit, ()))}
            views.update((view.ref, view) for view in self._running(snapshot, unit))
            for ref in sorted(views):
                if (after is None or ref > after) and (wanted.kind is None or ref.kind == wanted.kind):
                    yield views[ref]

    def _running(self, snapshot: Snapshot, unit: str) -> Iterator[ResourceView]:
        reason, message = self._standing(unit)
        tenant = snapshot.tenants.get(unit)
        revision = snapshot.system_revision if tenant is None else tenant.revision
        refs = tuple(tenant.items) if tenant is not None else tuple(snapshot.origins) if unit == SYSTEM_UNIT else ()
        for ref in refs:
            lacking = not_carried_out(snapshot.item(ref))
            is_held = bool(lacking) and reason is Reason.IN_SYNC
            yield ResourceView(
                ref=ref,
                origin=snapshot.origin(ref),
                applied=not lacking,
                revision=revision,
                reason=Reason.NOT_SUPPORTED_YET if is_held else reason,
                message=lacking if is_held else message,
            )

    def _waiting(self, waiting: Iterable[Waiting]) -> Iterator[ResourceView]:
        for waits in waiting:
            reason, message = self._standing(waits.unit)
            yield ResourceView(
                ref=waits.ref, origin=waits.origin, applied=False, revision=None, reason=reason, message=message
            )

    def _standing(self, unit: str) -> tuple[Reason, str]:
        status = self._units.get(unit)
        if status is None:
            return Reason.NEVER_ACCEPTED, "not looked at yet"
        applied = next(condition for condition in status.conditions if condition.type is ConditionType.APPLIED)
        return applied.reason, applied.message

    def _put(self, verdict: UnitVerdict, refused: tuple[Reason, str] | None, now: datetime) -> None:
        before = self._units.get(verdict.unit)
        applied = verdict.applied
        if refused is not None:
            applied = before.applied if before is not None else None
        conditions = (
            _accepted(verdict, now),
            _applied(verdict, applied, refused, self._proposal, now),
            _stalled(verdict, refused, now),
        )
        self._units[verdict.unit] = UnitStatus(
            unit=verdict.unit,
            attempted=verdict.attempted,
            applied=applied,
            conditions=tuple(_turned(condition, before) for condition in conditions),
            problems=verdict.problems,
            problem_count=verdict.problem_count,
        )


def _accepted(verdict: UnitVerdict, now: datetime) -> Condition:
    return Condition(ConditionType.ACCEPTED, verdict.is_accepted, verdict.reason, _words(verdict), now)


def _applied(
    verdict: UnitVerdict,
    applied: Revision | None,
    refused: tuple[Reason, str] | None,
    proposal: Proposal | None,
    now: datetime,
) -> Condition:
    if refused is not None and applied != verdict.applied:
        return Condition(ConditionType.APPLIED, False, refused[0], refused[1], now)
    if verdict.reason is Reason.VALID:
        return Condition(ConditionType.APPLIED, True, Reason.IN_SYNC, "runs as the manifests say", now)
    if verdict.is_accepted:
        message = _words(verdict) if verdict.problem_count or proposal is None else proposal.what
        return Condition(ConditionType.APPLIED, False, verdict.reason, message, now)
    if applied is None:
        return Condition(ConditionType.APPLIED, False, Reason.NEVER_ACCEPTED, f"does not run: {_words(verdict)}", now)
    return Condition(ConditionType.APPLIED, False, Reason.LAST_GOOD_KEPT, f"runs as it was: {_words(verdict)}", now)


def _stalled(verdict: UnitVerdict, refused: tuple[Reason, str] | None, now: datetime) -> Condition:
    if verdict.reason is Reason.VALID:
        reason = Reason.PROGRESSING if refused is not None else Reason.IN_SYNC
        words = "it is tried again" if refused is not None else "nothing waits for anybody"
        return Condition(ConditionType.STALLED, False, reason, words, now)
    return Condition(ConditionType.STALLED, True, verdict.reason, f"waits for somebody: {_words(verdict)}", now)


def _trunk_ready(view: TrunkView) -> Condition:
    """A trunk that is not up takes nothing from its tenant or the system but itself."""
    words = f"{view.state.value}: {view.reason}"
    match view.state:
        case TrunkState.UP | TrunkState.REGISTERED:
            return Condition(ConditionType.READY, True, Reason.WORKS, words, view.since)
        case TrunkState.DISABLED:
            return Condition(ConditionType.READY, False, Reason.DISABLED, "is switched off: enabled: false", view.since)
        case TrunkState.TRYING:
            return Condition(ConditionType.READY, not view.registers, Reason.PROGRESSING, words, view.since)
        case TrunkState.UNREACHABLE | TrunkState.REFUSED:
            return Condition(ConditionType.READY, False, Reason.NOT_CONNECTED, words, view.since)


def _system_ready(problems: Mapping[ConfigRef, str], now: datetime) -> Condition:
    deaf = {ref: why for ref, why in problems.items() if ref.kind == "Listener"}
    if not deaf:
        return Condition(ConditionType.READY, True, Reason.WORKS, "all listeners listen", now)
    told = "; ".join(f"{ref}: {why}" for ref, why in sorted(deaf.items()))
    return Condition(ConditionType.READY, False, Reason.NOT_LISTENING, told, now)


def not_carried_out(item: ConfigItem | None) -> str:
    """What of a resource the engine can't do yet, in words; "" = nothing, which is so of nearly all."""
    if isinstance(item, DeclaredConfig) and item.waits:
        what = _DECLARED_IN_PART.get(item.kind, f"kind {item.kind}")
        return f"{what} is not carried out yet"
    if item is None or not item.declared:
        return ""
    told = [field.path for field in item.declared[:MOST_FIELDS_TOLD]]
    more = len(item.declared) - len(told)
    listed = ", ".join(told) + (f" and {more} more" if more else "")
    return f"not carried out yet: {listed}; all else of it runs"


def _tenant_ready(enabled: bool, now: datetime) -> Condition:
    if enabled:
        return Condition(ConditionType.READY, True, Reason.WORKS, "its phones are served", now)
    return Condition(ConditionType.READY, False, Reason.DISABLED, "is switched off: enabled: false", now)


def hold_view(hold: Hold | None) -> HoldView | None:
    return None if hold is None else HoldView(by=hold.by, at=hold.at, reason=hold.reason, source=hold.source)


def _proposal_view(proposal: Proposal | None) -> ProposalView | None:
    if proposal is None:
        return None
    return ProposalView(
        digest=proposal.digest,
        revision=proposal.after,
        reason=proposal.why,
        message=proposal.what,
        breaches=proposal.breaches,
    )


def _words(verdict: UnitVerdict) -> str:
    match verdict.reason:
        case Reason.VALID:
            return "its manifests are valid"
        case Reason.AWAITING_APPROVAL:
            return "its plan has to be approved"
        case Reason.SUSPENDED:
            return "following is suspended"
        case Reason.FELL_BACK:
            return "what the manifests say failed; they are tried again when they change"
        case Reason.ROUND_HELD_BACK:
            return "a fault in the system's manifests, or in a file whose owner is not known, holds all back"
        case Reason.SOURCE_UNAVAILABLE if not verdict.problems:
            return "the manifests can't be read"
        case _:
            more = verdict.problem_count - 1
            first = str(verdict.problems[0]) if verdict.problems else "it has problems"
            return first if more < 1 else f"{first} (and {more} more)"


def _turned(condition: Condition, before: UnitStatus | None) -> Condition:
    """The condition with the moment since when it is so."""
    for old in before.conditions if before is not None else ():
        if old.type is condition.type:
            return _since(condition, old)
    return condition


def _since(condition: Condition, old: Condition | None) -> Condition:
    if old is not None and old.is_true is condition.is_true:
        return replace(condition, since=old.since)
    return condition
