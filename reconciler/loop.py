"""The reconciler: one round after the other, asked for by a change of the source, by a person, or by the interval.

A round looks (in the child), builds the next Snapshot from what came back, lets the engine take it, and commits. What is refused or
fails leaves everything as it was and is tried again, later each time, or at once when the source changes. Rounds never overlap; an
edit during one leads to another. An order (an approval, going back) is a round like any other.

What a round changed is watched for its first minute: if some of it fails, the revision before returns by itself, and the manifests
that failed are not tried again until they change.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol, TypeVar

from engine.config.ref import ConfigRef
from engine.config.snapshot import Snapshot
from engine.config.steps import Steps
from engine.errors import EngineError, PrepareRefused
from engine.ports import EngineControl
from engine.views import ListenerView, TrunkState, TrunkView
from reconciler.errors import OrderRefused, ReconcileError, Unknown, WorkerLost
from reconciler.plan import SHORT
from reconciler.ports import PlanView, ResourceFilter, TenantSources
from reconciler.restore import Restored
from reconciler.state import SYSTEM_UNIT, Evolution, Held, HeldUnit
from reconciler.status import Board, hold_view
from reconciler.views import AppliedView, Condition, Reason, ReconcileView, ResourceView, RoundView
from reconciler.worker.frames import (
    DeclarationsAsked,
    ManifestsAsked,
    NotTold,
    PlanTold,
    Question,
    ResourceAsked,
    RevisionsAsked,
    Told,
)
from reconciler.worker.order import Account, Approve, Hold, Order, Return, Trigger
from reconciler.worker.process import Worker
from reconciler.worker.verdict import Round

T = TypeVar("T")

log = logging.getLogger("trunkline.reconciler")

INTERVAL_S: Final = 5.0
"""How often the source and the secrets are looked at without being asked; costs a `stat` of each file, in the child."""
HEALTH_S: Final = 1.0
"""How often what runs is looked at."""
PROBATION_S: Final = 60.0
"""For so long a failure of what a round changed is a reason to go back."""
FIRST_RETRY_S: Final = 1.0
LONGEST_RETRY_S: Final = 60.0
_OF_OTHERS: Final = frozenset({"Trunk", "TenantSource"})
"""Kinds whose failure is not ours alone: a carrier that was down before, a git server. Trunks are looked after by themselves."""


class ServedEngine(EngineControl, Protocol):
    """What is brought to follow the manifests, and can be asked how it stands."""

    def listeners(self) -> Sequence[ListenerView]: ...

    def trunks(self) -> Sequence[TrunkView]: ...


@dataclass(frozen=True, slots=True)
class _Probation:
    """What was applied a moment ago. `refs`: what it created or changed; `trunks`: those of them that were up before; `back_to`: the
    revision before; `source`: what it came of."""

    until: float
    refs: frozenset[ConfigRef]
    trunks: frozenset[ConfigRef]
    back_to: int
    source: str | None


class Reconciler:
    """Satisfies `ReconcileTrigger`, `ReconcileQuery`, `PlanQuery` and `ReconcileControl`.

    `jitter`: a random factor around 1; `monotonic`: seconds; `refresh`: brings the source up to date before somebody who asks to
    reconcile now is answered; why it can't, or None; `sources`: fetches tenants' own sources.
    """

    def __init__(
        self,
        *,
        engine: ServedEngine,
        worker: Worker,
        restored: Restored,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        jitter: Callable[[], float],
        interval_s: float = INTERVAL_S,
        refresh: Callable[[], Awaitable[str | None]] | None = None,
        sources: TenantSources | None = None,
    ) -> None:
        self._engine = engine
        self._sources = sources
        if sources is not None:
            sources.changed = self.request
        self._refresh = refresh
        self._worker = worker
        self._clock = clock
        self._monotonic = monotonic
        self._jitter = jitter
        self._interval_s = interval_s
        self._held = restored.held
        self._wanted = asyncio.Event()
        self._rounds = asyncio.Lock()
        self._failures = 0
        self._sequence = 0
        self._probation: _Probation | None = None
        self._trunks: Mapping[ConfigRef, TrunkView] = {}
        self.serving = asyncio.Event()
        """Set once the engine holds a revision of the manifests."""
        self._board = Board(clock())
        self._board.restored({unit: held.revision for unit, held in restored.held.units.items()}, clock())

    # ReconcileTrigger

    def request(self) -> None:
        self._wanted.set()

    # ReconcileQuery

    def status(self) -> ReconcileView:
        return self._board.view(self._engine.snapshot, self._sequence)

    def resources(self, wanted: ResourceFilter) -> Sequence[ResourceView]:
        return tuple(self._board.resources(self._engine.snapshot, wanted))

    def conditions(self, ref: ConfigRef) -> Sequence[Condition]:
        return self._board.conditions(self._engine.snapshot, ref)

    # PlanQuery

    async def plan(self, sequence: int | None = None) -> PlanView:
        match await self._worker.plan(sequence):
            case PlanTold() as told:
                return PlanView(
                    plan=told.plan,
                    refs=told.refs,
                    mode=told.mode,
                    waiting=told.waiting,
                    hold=hold_view(told.hold),
                    commit=told.commit,
                    more_commits=told.more_commits,
                )
            case NotTold() as why:
                raise _refused(why)

    async def revisions(self, before: int | None = None, limit: int = 1000) -> bytes:
        return await self._told(RevisionsAsked(before, limit))

    async def manifests(self, sequence: int | None = None) -> bytes:
        return await self._told(ManifestsAsked(sequence))

    async def resource(self, ref: ConfigRef) -> bytes:
        return await self._told(ResourceAsked(ref))

    async def declarations(self, tenant: str, revision: str, refs: Sequence[ConfigRef], at: str = "") -> bytes:
        return await self._told(DeclarationsAsked(tenant, revision, tuple(refs), at))

    async def _told(self, question: Question) -> bytes:
        match await self._worker.tell(question):
            case Told(content):
                return content
            case NotTold() as why:
                raise _refused(why)

    # ReconcileControl

    async def approve(self, digest: str, confirmed: frozenset[str], author: str, revision: str = "") -> AppliedView:
        return await self._obey(Approve(digest=digest, revision=revision, confirmed=confirmed, author=author))

    async def go_back(self, sequence: int, digest: str, confirmed: frozenset[str], author: str) -> AppliedView:
        reason = f"rolled back by {author or 'somebody'}"
        return await self._obey(
            Return(
                sequence=sequence,
                trigger=Trigger.ROLLBACK,
                author=author,
                reason=reason,
                digest=digest,
                confirmed=confirmed,
            )
        )

    async def suspend(self, by: str, reason: str) -> None:
        await self._hold(
            Hold(by=by, at=self._clock().isoformat(timespec="seconds"), reason=reason or "no reason given")
        )
        log.warning("suspended: by=%s reason=%s", by, reason)

    async def resume(self, by: str) -> None:
        await self._hold(None)
        log.warning("resumed: by=%s", by)

    async def _hold(self, hold: Hold | None) -> None:
        async with self._rounds:
            try:
                problem = await self._worker.hold(hold)
            except WorkerLost as error:  # holding twice is holding once
                log.warning("told once more: %s", error)
                problem = await self._worker.hold(hold)
        await self.round()
        if problem is not None:
            raise OrderRefused(problem)

    async def reconcile(self) -> AppliedView:
        stale = await self._refresh() if self._refresh is not None else None
        if self._sources is not None:
            await self._sources.refresh()
        before = self._engine.snapshot.revision
        if not await self.round():
            raise OrderRefused(self._board.last_failure or "the round failed; the log says why")
        if stale is not None:
            raise OrderRefused(f"{stale}; what was fetched before is followed")
        after = self._engine.snapshot.revision
        return AppliedView(revision=after, sequence=self._sequence, message=self._board.words(changed=before != after))

    async def _obey(self, order: Order) -> AppliedView:
        async with self._rounds:
            try:
                done = await self._ordered(order)
            except PrepareRefused as error:
                raise OrderRefused(f"the engine can't take it: {'; '.join(error.reasons)}") from None
        self.request()  # what the source says in the light of this shows at once, not in five seconds
        if done.refusal is not None:
            raise OrderRefused(done.refusal)
        problem = self._board.state_problem
        message = "applied, and serving" if problem is None else f"applied, and serving, but {problem}"
        return AppliedView(revision=self._engine.snapshot.revision, sequence=self._sequence, message=message)

    # Rounds

    async def follow(self, changes: AsyncIterator[None]) -> None:
        """Ask for a round at each change of the source. Runs until cancelled."""
        async for _ in changes:
            self.request()

    async def run(self) -> None:
        """One round after the other, until cancelled."""
        while True:
            self._wanted.clear()
            await self.round()
            try:
                await asyncio.wait_for(self._wanted.wait(), self._pause_s())
            except TimeoutError:
                pass

    async def round(self) -> bool:
        """One round. True if the engine holds what the source says, as far as that is valid. Never raises but for cancellation."""
        async with self._rounds:
            return await self._attempt()

    async def _attempt(self, order: Order | None = None) -> bool:
        try:
            done = await self._ordered(order) if order is not None else await self._round(self._monotonic())
            if done.refusal is not None:
                log.error("not done: %s", done.refusal)
                return False
        except PrepareRefused as error:
            self._failed(f"prepare refused: {'; '.join(error.reasons)}")
        except (ReconcileError, EngineError) as error:
            self._failed(f"round failed: {error}")
        except Exception as error:
            # The border of a round: whatever goes wrong in it leaves the last good revision running.
            log.exception("round failed")
            self._board.last_failure = f"round failed: {error}"
        else:
            self._failures = 0
            self._board.last_failure = None
            return True
        self._failures += 1
        return False

    def _failed(self, message: str) -> None:
        log.error("%s", message)
        self._board.last_failure = message

    async def _ordered(self, order: Order) -> Round:
        """A round that obeys. A child that ends in it is told once more: if the engine has taken what was ordered and nobody kept that,
        the next round would undo it."""
        before = self._engine.snapshot.revision
        try:
            return await self._round(self._monotonic(), order)
        except WorkerLost as error:
            log.warning("told once more: %s", error)
        taken = self._engine.snapshot.revision
        if taken != before and isinstance(order, Return):
            order = replace(order, digest=None)  # of the plan that is done
        done = await self._round(self._monotonic(), order)
        is_done = taken != before and self._engine.snapshot.revision == taken
        return replace(done, refusal=None) if is_done else done

    async def _round(self, started: float, order: Order | None = None) -> Round:
        before = self._engine.snapshot
        drifted = self._drifted(before)
        done = await self._worker.look(self._observed(before), order)
        if not done.is_quiet:
            await self._apply(done, before, started, drifted)
        if self._held.units:
            self.serving.set()
        committed = await self._worker.commit(
            done.number,
            self._engine.snapshot.revision,
            self._clock().isoformat(timespec="milliseconds"),
            self._monotonic() - started,
        )
        if self._sources is not None:
            self._sources.follow(committed.followed)
        self._watch(done, committed.sequence)
        self._sequence = committed.sequence
        self._tell(done, committed.state_problem, None)
        self._look_after()
        return done

    def _drifted(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Units in which the engine holds something else than it was given."""
        running = {name: tenant.revision for name, tenant in snapshot.tenants.items()}
        running[SYSTEM_UNIT] = snapshot.system_revision
        ours = {unit: held.revision for unit, held in self._held.units.items()}
        return tuple(
            sorted(unit for unit in ours.keys() | running.keys() if ours and running.get(unit) != ours.get(unit))
        )

    # The first minute

    async def watch_health(self) -> None:
        """Look after what runs, and go back if what was changed a moment ago has failed. Runs until cancelled."""
        while True:
            await asyncio.sleep(HEALTH_S)
            await self.check_health()

    async def check_health(self) -> None:
        """One look at what runs."""
        problems = self._look_after()
        probation = self._probation
        if probation is None:
            return
        is_over = self._monotonic() >= probation.until
        failed = dict(self._trunks_lost(probation, is_over=is_over))
        if not is_over:
            failed |= {
                ref: why for ref, why in problems.items() if ref in probation.refs and ref.kind not in _OF_OTHERS
            }
        if is_over or failed:
            self._probation = None
        if failed:
            first = min(failed)
            await self._fall_back(probation, f"{first} failed within {PROBATION_S:.0f} s: {failed[first]}")

    def _trunks_lost(self, probation: _Probation, *, is_over: bool) -> Iterator[tuple[ConfigRef, str]]:
        """Changed trunks that were up and no longer are: one that is refused at once, others when their time to come up is over."""
        for ref, view in self._trunks.items():
            if ref not in probation.trunks:
                continue
            if view.state is TrunkState.REFUSED or (is_over and _is_lost(view)):
                yield ref, view.reason

    def _look_after(self) -> Mapping[ConfigRef, str]:
        """What of the engine does not work, and why."""
        problems = {
            ConfigRef("", "Listener", view.name): view.problem
            for view in self._engine.listeners()
            if view.problem is not None and not view.is_draining
        }
        self._trunks = {view.ref: view for view in self._engine.trunks()}
        problems |= {ref: view.problem for ref, view in self._trunks.items() if view.problem is not None}
        if self._sources is not None:
            problems |= self._sources.problems()
        tips = {} if self._sources is None else self._sources.tips()
        for word in self._board.health(self._engine.snapshot, problems, self._clock(), self._trunks, tips):
            log.warning("%s", word)
        return problems

    def _watch(self, done: Round, sequence: int) -> None:
        """Begin to watch what this round changed, if there is something to go back to."""
        if done.touched and done.sequence and sequence != done.sequence:
            until = self._monotonic() + PROBATION_S
            touched = frozenset(done.touched)
            # As the last look found them, which was before this round.
            up = frozenset(ref for ref, view in self._trunks.items() if ref in touched and _is_up(view))
            self._probation = _Probation(until, touched, up, done.sequence, done.found.source)

    async def _fall_back(self, probation: _Probation, reason: str) -> None:
        log.error("going back to revision %d: %s", probation.back_to, reason)
        order = Return(
            sequence=probation.back_to,
            trigger=Trigger.FALLBACK,
            author="trunkline",
            reason=reason,
            source=probation.source,
        )
        async with self._rounds:
            await self._attempt(order)
            self._probation = None

    def _observed(self, snapshot: Snapshot) -> Held:
        """What we hold, without the units in which the engine differs from it: those are then sent anew."""
        running = {name: tenant.revision for name, tenant in snapshot.tenants.items()}
        running[SYSTEM_UNIT] = snapshot.system_revision
        agreed = {unit: held for unit, held in self._held.units.items() if running.get(unit) == held.revision}
        strangers = {name: HeldUnit(revision, "") for name, revision in running.items() if name and name not in agreed}
        version = self._held.secrets_version if self._engine.secrets.version == self._held.secrets_version else ""
        return Held(agreed | strangers, version)

    async def _apply(self, done: Round, before: Snapshot, started: float, drifted: tuple[str, ...]) -> None:
        try:
            evolution = Evolution(before, done.removed)
            for change in done.changes:
                await _in_steps(evolution.adding(change))
                await asyncio.sleep(0)
            snapshot = await _in_steps(evolution.completing())
        except ValueError:
            self._held = Held()  # what we hold does not fit to what the child thinks: all anew
            raise
        secrets = done.secrets or self._engine.secrets
        try:
            retired = await self._engine.apply(snapshot, secrets)
        except PrepareRefused as error:
            message = "; ".join(error.reasons)
            self._tell(done, done.state_problem, (Reason.PREPARE_REFUSED, message))
            self._board.done(self._entry(done, before, Reason.PREPARE_REFUSED, message, started))
            raise
        self._held = _held_after(self._held, done, secrets.version)
        for gone in retired:
            if not gone.done:
                log.warning("not retired yet: ref=%s reason=%s", gone.ref, gone.reason)
        if snapshot.revision != before.revision or done.secrets is not None:
            what = "applied" if snapshot.revision != before.revision else "secrets changed"
            if drifted:
                what = f"drift healed: {', '.join(unit or 'system' for unit in drifted)}"
            entry = self._entry(done, snapshot, Reason.IN_SYNC, what, started, is_drift=bool(drifted))
            self._board.done(entry)
            log.info(
                "%s: revision=%s values=%d units=%s ms=%d",
                what,
                snapshot.revision[:12],
                entry.changed,
                ",".join(unit or "system" for unit in entry.units) or "-",
                entry.duration_s * 1000,
            )

    def _entry(
        self, done: Round, snapshot: Snapshot, result: Reason, message: str, started: float, *, is_drift: bool = False
    ) -> RoundView:
        account = done.account
        changing = [change for change in done.changes if change.changes_values]
        return RoundView(
            at=self._clock(),
            result=result,
            revision=snapshot.revision,
            source=done.found.source,
            changed=sum(len(change.upserts) + len(change.deletes) for change in changing),
            units=tuple(sorted({change.unit for change in changing} | set(done.removed))),
            duration_s=self._monotonic() - started,
            message=message if account is None or not account.note else f"{message}, {account.note}",
            trigger=Trigger.HEAL.value if is_drift and not (account and account.changes) else _trigger(account),
            author=account.author if account is not None else "",
            digest=account.digest if account is not None else "",
        )

    def _tell(self, done: Round, state_problem: str | None, refused: tuple[Reason, str] | None) -> None:
        news = self._board.found(done, state_problem, refused, self._clock())
        if news.source_problem is not None:
            log.error("source unavailable: %s", news.source_problem)
        if news.state_problem is not None:
            log.error("state: %s", news.state_problem)
        if news.proposal is not None:
            log.warning(
                "waiting: reason=%s digest=%s %s",
                news.proposal.why.value,
                news.proposal.digest[:SHORT],
                news.proposal.what,
            )
        for problem in news.warnings:
            log.warning("%s", problem)
        for verdict in news.verdicts:
            if verdict.is_accepted:
                log.info("accepted again: unit=%s", verdict.unit or "system")
            elif verdict.problem_count:
                log.error("held back: unit=%s problems=%d", verdict.unit or "system", verdict.problem_count)
                for problem in verdict.problems[:20]:
                    log.error("%s", problem)

    def _pause_s(self) -> float:
        if not self._failures:
            return self._interval_s
        return float(min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(self._failures - 1, 10)) * self._jitter())


def _held_after(held: Held, done: Round, secrets_version: str) -> Held:
    units = dict(held.units)
    for unit in done.removed:
        units.pop(unit, None)
    for change in done.changes:
        units[change.unit] = HeldUnit(change.revision, change.origins_revision)
    return Held(units, secrets_version)


def _is_up(view: TrunkView) -> bool:
    return view.state in (TrunkState.UP, TrunkState.REGISTERED)


def _is_lost(view: TrunkView) -> bool:
    """Whether a trunk that was up is not any more. One that is not asked by OPTIONS is not known to be down."""
    return view.problem is not None or (view.registers and view.state is TrunkState.TRYING)


def _trigger(account: Account | None) -> str:
    return account.trigger.value if account is not None else ""


def _refused(why: NotTold) -> ReconcileError:
    return Unknown(why.reason) if why.is_unknown else OrderRefused(why.reason)


async def _in_steps(steps: Steps[T]) -> T:
    """Do the work, and let phones be answered between its steps."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        await asyncio.sleep(0)
