"""One look at the source: read, judge, plan, decide what of it may run now, compare with what the asker holds. Runs in the child.

Keeps the state applied last both as a Catalog (for the schema's rules) and compiled. A round's state becomes the applied one by
`commit`, when the engine has taken it; without that the next look starts from the same ground. What may not run yet (it waits for
approval, breaks a limit, or following rests) is proposed and leaves what runs as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, assert_never

from engine.config.ref import ConfigRef, Revision
from engine.config.snapshot import ConfigItem
from reconciler.compile.registry import config_ref
from reconciler.diff import Create, Delete, Update, diff
from reconciler.errors import OrderRefused, SourceUnavailable, StateCorrupt
from reconciler.ground import Ground
from reconciler.plan import SHORT, Action, Plan, names_digest
from reconciler.planner import make_plan, resources_of
from reconciler.safety import Breach
from reconciler.secrets.resolver import Resolver
from reconciler.source.commit import GitCommit
from reconciler.source.tenant_remote import TenantRemote, tenant_remotes
from reconciler.source.tree import Source, SourceTree
from reconciler.state import SYSTEM_UNIT, DesiredState, Held, HeldUnit, UnitChange, UnitState, whole
from reconciler.views import Reason
from reconciler.worker.at_hand import AtHand
from reconciler.worker.declared import KeptDeclarations, declared
from reconciler.worker.export import manifests_of
from reconciler.worker.gather import Gatherer
from reconciler.worker.judge import Judge, Judged, Recalled, as_it_is, ground_of, refs_of, waiting_for
from reconciler.worker.order import Account, Approve, Hold, Order, Return, Trigger
from reconciler.worker.store import Applied, AppliedUnit, StateStore, applied_units
from reconciler.worker.verdict import Findings, Proposal, Round
from reconciler.worker.whose import Whose, whose
from schema.resource import AnyResource

MOST_TOUCHED: Final = 1000


@dataclass(frozen=True, slots=True, eq=False)
class _Decided:
    """What shall run now, what was found, and how it comes about. `hold`: what following does after it is taken.

    `commits`: of units that are gone back to.
    """

    ground: Ground
    found: Findings
    account: Account
    proposal: Proposal | None = None
    refusal: str | None = None
    hold: Hold | None = None
    commits: Mapping[str, GitCommit | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """One resource. `content`: of the file that declares it; `commit`: with which its unit came to be as it runs."""

    resource: AnyResource
    content: bytes
    revision: Revision
    is_applied: bool
    commit: GitCommit | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What a commit came to. `problem`: why it can't be kept on disk, or None; `sequence`: of the revision that runs, 0 = not known."""

    problem: str | None
    sequence: int


CommitOf = Callable[[SourceTree], GitCommit | None]


class Look:
    """The child's memory. `commit` follows when the engine has taken what `look` gave. `data`: versions that plans are made under;
    `commit_of`: whose the manifests are, None if that can't be told; `mode`: who applies where no manifest says it;
    `data_folder`: where tenants' own sources are kept."""

    def __init__(
        self,
        source: Source,
        resolver: Resolver,
        store: StateStore,
        data: Mapping[str, str] | None = None,
        commit_of: CommitOf = lambda _: None,
        mode: str = "auto",
        at_hand: AtHand | None = None,
        data_folder: Path = Path(),
    ) -> None:
        self._source = source
        self._commit_of = commit_of
        self._default_mode = mode
        self._resolver = resolver
        self._store = store
        self._data = data if data is not None else {}
        self._judge = Judge(resolver, store, at_hand)
        self._data_folder = data_folder
        self._gatherer = Gatherer(data_folder, self._judge.parse, self._judge.content, lambda: self._kept_sealed)
        self._applied = Ground()
        self._decided = _Decided(self._applied, Findings(), Account(trigger=Trigger.AUTO))
        self._plan: Plan | None = None
        self._saved: tuple[AppliedUnit, ...] | None = ()
        self._commits: Mapping[str, GitCommit | None] = {}
        self._unsaved: Account | None = None
        self._lost: frozenset[str] = frozenset()
        self._sequence = 0
        self._hold = store.hold()
        self._state_problem: str | None = None
        self._number = 0
        self._kept_sealed = store.sealed()
        resolver.keep(self._kept_sealed)
        self._restore()

    # Questions of a round

    def look(self, held: Held, order: Order | None = None) -> Round:
        """What is to be done so that who holds `held` follows the source, or obeys the order."""
        self._number += 1
        self._plan = None
        try:
            decided = self._decide(order)
        except OrderRefused as error:
            decided = replace(self._decide(None), refusal=str(error))
        self._decided = decided
        desired = decided.ground.desired
        secrets = self._resolver.secrets(refs_of(desired))
        return Round(
            number=self._number,
            found=decided.found,
            state_problem=self._state_problem,
            changes=tuple(self._changes(desired, held)),
            removed=self._removed(desired, held, decided.found),
            secrets=None if secrets.version == held.secrets_version else secrets,
            proposal=decided.proposal,
            refusal=decided.refusal,
            account=decided.account,
            hold=decided.hold or self._hold,
            sequence=self._sequence,
            touched=self._touched(),
        )

    def commit(self, number: int, revision: Revision, at: str, duration_s: float = 0.0) -> Kept:
        """The engine has taken round `number`."""
        if number != self._number:
            return Kept(self._state_problem, self._sequence)
        decided = self._decided
        self._commits = self._commits_after(decided)
        self._applied = decided.ground
        units = applied_units(self._applied.desired)
        self._lost -= self._applied.desired.units.keys()
        account = replace(decided.account, duration_s=round(duration_s, 3))
        if self._unsaved is not None and not account.changes:
            account = self._unsaved
        # What is lost of a unit must not be written over what may still be repaired, before something changes.
        if account.changes or (units != self._saved and not self._lost):
            try:
                applied = self._store.save(
                    self._applied.desired, revision, at, self._judge.content, account, self._commits
                )
            except (OSError, StateCorrupt) as error:
                # The engine goes on with the new revision; only a restart would not know it. Tried again at each commit.
                self._state_problem = f"the applied revision can't be kept on disk: {error}"
                self._unsaved = account if account.changes else None
            else:
                self._saved, self._state_problem, self._sequence = units, None, applied.sequence
                self._unsaved = None
                self._decided = replace(decided, account=replace(account, created=0, updated=0, deleted=0))
        if decided.hold is not None:
            self.hold(replace(decided.hold, at=at))
            self._decided = replace(self._decided, hold=None)
        self._keep_sealed()
        self._judge.forget(self._applied.desired)
        return Kept(self._state_problem, self._sequence)

    def _commits_after(self, decided: _Decided) -> Mapping[str, GitCommit | None]:
        """With which commit each unit came to be as it is to run: a unit that does not change keeps its own."""
        before = self._applied.desired.units
        return {
            name: self._commits.get(name)
            if name in before and before[name].revision == unit.revision
            else decided.commits.get(name, decided.account.commit)
            for name, unit in decided.ground.desired.units.items()
        }

    def _keep_sealed(self) -> None:
        """A restart finds the secrets of what runs also where the source is not to be had: as they are encrypted, never otherwise."""
        wanted = self._resolver.sealed_of(refs_of(self._applied.desired))
        if wanted != self._kept_sealed:
            try:
                self._store.save_sealed(wanted)
                self._kept_sealed = wanted
            except OSError as error:
                self._state_problem = f"encrypted files of the applied revision can't be kept on disk: {error}"

    def hold(self, hold: Hold | None) -> str | None:
        """Let following rest, or go on. Returns why that can't be kept on disk, or None."""
        self._hold = hold
        try:
            self._store.save_hold(hold)
        except OSError as error:
            return (
                f"following {'rests' if hold is not None else 'goes on'} now, but that can't be kept on disk: {error}"
            )
        return None

    # Questions besides rounds

    def plan(self, sequence: int | None = None) -> Plan:
        """What following the source would change now, or going back to a revision. SourceUnavailable, StateCorrupt."""
        if sequence is not None:
            return make_plan(self._applied, self._recalled(sequence), self._data)
        return self._whole_plan(self._judged_now())

    def commits_of(self, sequence: int | None = None) -> tuple[GitCommit, ...]:
        """That the manifests are of which `plan` of the same number leads to; () where git does not know. StateCorrupt."""
        if sequence is not None:
            account = self._store.revision(sequence).account
            return () if account is None or account.commit is None else (account.commit,)
        try:
            judged = self._judged_now()
        except SourceUnavailable:
            return ()
        return self._whose(judged).all

    def _judged_now(self) -> Judged:
        return self._judge.judge(self._gatherer.gather(self._source.read(), self._applied), self._applied)

    @property
    def followed(self) -> tuple[TenantRemote, ...]:
        """Tenants' own sources that are to be fetched: those that the revision declares which runs."""
        return tenant_remotes(self._applied.catalog.system, self._data_folder)

    @property
    def held_by(self) -> Hold | None:
        return self._hold

    @property
    def mode(self) -> str:
        """Who applies, by what runs: `auto` or `approved`."""
        return self._mode_of(self._judge.written)

    @property
    def waiting(self) -> Proposal | None:
        """What the last look left undone."""
        return self._decided.proposal

    @property
    def sequence(self) -> int:
        """Of the revision that runs, 0 = none."""
        return self._sequence

    def find(self, ref: ConfigRef) -> Found | None:
        """The resource with that key: as it runs, else as it is written."""
        for ground, is_applied in ((self._applied, True), (self._judge.written, False)):
            for resource in resources_of(ground, ref.tenant):
                if config_ref(resource) == ref:
                    unit = ground.desired.units[ref.tenant]
                    digest = dict(unit.files).get(resource.origin.file)
                    content = self._judge.content(digest) if digest is not None else b""
                    commit = self._commits.get(ref.tenant) if is_applied else None
                    return Found(resource, content, unit.revision, is_applied, commit)
        return None

    def revisions(self) -> Iterator[Applied]:
        """Those that are kept, newest first."""
        return self._store.revisions()

    def manifests(self, sequence: int | None = None) -> tuple[Revision, Mapping[str, bytes]]:
        """Files by path that come to what a revision was; None = what runs. StateCorrupt."""
        ground = self._applied if sequence is None else self._recalled(sequence)
        return ground.revision, manifests_of(ground, self._judge.content, self._judge.parse)

    def declarations(
        self, tenant: str, revision: str, refs: Iterable[ConfigRef], at: str = ""
    ) -> KeptDeclarations | None:
        """How these were written when the tenant was at that revision; None if that is kept no more. `at`: when that was, ISO 8601 UTC."""
        return declared(self._store, tenant, revision, refs, at)

    # What is remembered

    def _restore(self) -> None:
        """Take up what was applied last. A unit whose manifests are damaged or no longer understood is left out, and said."""
        try:
            applied = self._store.applied()
        except StateCorrupt as error:
            applied = self._store.newest()
            instead = "what was applied last is compiled from the source"
            if applied is not None:
                instead = f"revision {applied.sequence}, the newest that is kept, is taken instead"
            self._state_problem = f"{error}; {instead}"
        if applied is None:
            return
        recalled = self._recalled_at_start(applied.units)
        problems = [one.problem for one in recalled if one.problem is not None]
        self._state_problem = problems[0] if problems else self._state_problem
        self._lost = frozenset(one.unit for one in recalled if one.problem is not None)
        self._applied = ground_of(recalled)
        self._decided = replace(self._decided, ground=self._applied)
        self._sequence = applied.sequence
        self._commits = {unit.unit: unit.commit for unit in applied.units}
        self._saved = applied.units if self._state_problem is None else None

    def _recalled_at_start(self, units: tuple[AppliedUnit, ...]) -> Sequence[Recalled]:
        """With what is damaged on disk taken from the source, where that still holds the same files."""
        recalled = list(self._judge.recall(units, {}))
        damaged = next((one.problem for one in recalled if one.problem is not None), None)
        if damaged is None:
            return recalled
        try:
            self._judge.remember(self._source.read())
        except SourceUnavailable:
            return recalled
        again = list(self._judge.recall(units, {}))
        if all(one.problem is None for one in again):
            self._state_problem = f"{damaged}; it is written anew from the manifests"
        return again

    def _recalled(self, sequence: int) -> Ground:
        """A revision that is kept, whole. StateCorrupt if any of it is not to be had."""
        applied = self._store.revision(sequence)
        recalled = list(self._judge.recall(applied.units, self._applied.desired.units))
        problems = [one.problem for one in recalled if one.problem is not None]
        if problems:
            raise StateCorrupt(f"revision {sequence} can't be had any more: {problems[0]}")
        return ground_of(recalled)

    # Deciding

    def _decide(self, order: Order | None) -> _Decided:
        """What shall run. OrderRefused says why an order is not obeyed; without an order it is never raised."""
        if isinstance(order, Return):
            return self._go_back(order)
        try:
            judged = self._judged_now()
        except SourceUnavailable as error:
            if order is not None:
                raise OrderRefused(f"the manifests can't be read: {error}") from None
            found = Findings(source_problem=str(error), verdicts=as_it_is(self._applied, Reason.SOURCE_UNAVAILABLE))
            return _Decided(self._applied, found, Account(trigger=Trigger.HEAL))
        self._let_go(judged)
        if self._is_first(order, judged):
            return self._begin(judged)
        plan = self._whole_plan(judged)
        if isinstance(order, Approve):
            return self._approve(order, judged, plan)
        if plan.is_empty:
            return self._follow(judged, plan, Trigger.AUTO)
        if self._hold is not None:
            why = Reason.SUSPENDED if self._hold.source is None else Reason.FELL_BACK
            return self._wait(judged, plan, why, _held_words(self._hold))
        if self._needs_approval(judged):
            return self._wait(judged, plan, Reason.AWAITING_APPROVAL, "its plan has to be approved")
        return self._follow_safely(judged, plan)

    def _is_first(self, order: Order | None, judged: Judged) -> bool:
        """Whether all is new and nobody is asked: then nobody waits for a plan that says of each field that it is new."""
        return order is None and self._applied.is_empty and self._hold is None and not self._needs_approval(judged)

    def _begin(self, judged: Judged) -> _Decided:
        self._plan = make_plan(self._applied, judged.ground, self._data, judged.standstills, with_fields=False)
        decided = self._follow(judged, self._plan, Trigger.AUTO)
        return replace(decided, account=replace(decided.account, digest=""))

    def _needs_approval(self, judged: Judged) -> bool:
        return self._mode_of(judged.ground) == "approved"

    def _mode_of(self, written: Ground) -> str:
        return self._ground_of_mode(written).catalog.system.spec.apply or self._default_mode

    def _ground_of_mode(self, written: Ground) -> Ground:
        """What runs says who applies; where nothing runs yet, or nobody knows what it said, what is to run does."""
        return written if self._applied.is_empty or SYSTEM_UNIT in self._lost else self._applied

    def _let_go(self, judged: Judged) -> None:
        """A hold ends when the source is another than the one that it was for."""
        if self._hold is not None and not self._hold.holds(judged.tree.revision):
            self.hold(None)

    def _whole_plan(self, judged: Judged) -> Plan:
        return make_plan(self._applied, judged.ground, self._data, judged.standstills)

    def _follow(self, judged: Judged, plan: Plan, trigger: Trigger, author: str = "") -> _Decided:
        self._plan = plan
        account = _account(plan, trigger, author, judged.tree.revision)
        whose = Whose() if plan.is_empty else self._whose(judged)
        commit = whose.first
        if commit is not None:
            note = whose.words(with_author=bool(author))
            account = replace(account, author=author or commit.author, note=note, commit=commit)
        return _Decided(judged.ground, judged.found, account, commits=whose.units)

    def _whose(self, judged: Judged) -> Whose:
        """With which commits what is written came to differ from what runs."""
        return whose(
            self._applied.desired.units,
            judged.ground.desired.units,
            lambda: self._commit_of(judged.gathered.main),
            judged.gathered.commits,
        )

    def _follow_safely(self, judged: Judged, plan: Plan) -> _Decided:
        """Tenants whose change breaks a limit stay; what is left goes on unless that breaks one, too."""
        if not plan.breaches:
            return self._follow(judged, plan, Trigger.AUTO)
        unsafe: dict[str, list[Breach]] = {}
        for breach in plan.breaches:
            if breach.unit != SYSTEM_UNIT:
                unsafe.setdefault(breach.unit, []).append(breach)
        what = _breach_words(plan.breaches)
        if unsafe:
            for is_whole in (False, True):
                rest = self._judge.judge_without(judged.gathered, self._applied, unsafe, whole=is_whole)
                plan_of_rest = self._whole_plan(rest)
                if not plan_of_rest.breaches:
                    decided = self._follow(rest, plan_of_rest, Trigger.AUTO)
                    return replace(decided, proposal=_proposal(plan, Reason.UNSAFE, what))
        return self._wait(judged, plan, Reason.UNSAFE, what)

    def _wait(self, judged: Judged, plan: Plan, why: Reason, what: str) -> _Decided:
        return _Decided(
            self._applied,
            waiting_for(judged.found, judged.ground, self._applied, why),
            Account(trigger=Trigger.HEAL),
            proposal=_proposal(plan, why, what),
        )

    def _approve(self, order: Approve, judged: Judged, plan: Plan) -> _Decided:
        if self._hold is not None:
            raise OrderRefused(f"{_held_words(self._hold)}; resume first: trunkline resume")
        if plan.is_empty:
            raise OrderRefused("there is nothing to apply: what runs is what the manifests say")
        _check(order.digest, order.confirmed, plan)
        if order.revision and not names_digest(order.revision, plan.after):
            raise OrderRefused(f"the plan leads to revision {plan.after[:SHORT]}, not to {order.revision[:SHORT]}")
        return self._follow(judged, plan, Trigger.APPROVED, order.author)

    def _go_back(self, order: Return) -> _Decided:
        try:
            ground = self._recalled(order.sequence)
        except StateCorrupt as error:
            raise OrderRefused(str(error)) from None
        plan = make_plan(self._applied, ground, self._data)
        if order.digest is not None:
            if plan.is_empty:
                raise OrderRefused(f"revision {order.sequence} is what runs")
            _check(order.digest, order.confirmed, plan)
        missing = self._resolver.resolve(refs_of(ground.desired)).missing
        if missing:
            ref, reason = next(iter(sorted(missing.items())))
            raise OrderRefused(
                f"revision {order.sequence} needs the secret {ref}, which is not there any more: {reason}"
            )
        self._plan = plan
        is_fallback = order.trigger is Trigger.FALLBACK
        why = Reason.FELL_BACK if is_fallback else Reason.SUSPENDED
        back_to = self._store.revision(order.sequence)
        account = replace(
            _account(plan, order.trigger, order.author, ""),
            note=f"back to revision {order.sequence}: {order.reason}",
            commit=back_to.account.commit if back_to.account is not None else None,
        )
        return _Decided(
            ground,
            Findings(verdicts=as_it_is(ground, why)),
            account,
            hold=Hold(
                by=order.author,
                at="",
                reason=account.note,
                source=order.source if is_fallback else None,
            ),
            commits={unit.unit: unit.commit for unit in back_to.units},
        )

    # Comparing

    def _touched(self) -> tuple[ConfigRef, ...]:
        changes = self._plan.changes if self._plan is not None else ()
        return tuple([change.ref for change in changes if change.action is not Action.DELETE][:MOST_TOUCHED])

    def _changes(self, desired: DesiredState, held: Held) -> Iterator[UnitChange]:
        for name, unit in desired.units.items():
            theirs = held.units.get(name)
            if theirs is not None and theirs == HeldUnit(unit.revision, unit.origins_revision):
                continue
            ours = self._applied.desired.units.get(name)
            if theirs is None or ours is None or theirs != HeldUnit(ours.revision, ours.origins_revision):
                yield whole(unit)
            else:
                yield _part(ours, unit)

    def _removed(self, desired: DesiredState, held: Held, found: Findings) -> tuple[str, ...]:
        """Tenants that the source no longer has. One that is held back stays, even if we have lost what it was (a damaged disk)."""
        if not any(verdict.unit == SYSTEM_UNIT and verdict.is_accepted for verdict in found.verdicts):
            return ()
        kept = {verdict.unit for verdict in found.verdicts if not verdict.is_accepted}
        return tuple(sorted(held.units.keys() - desired.units.keys() - kept - self._lost - {SYSTEM_UNIT}))


def _check(digest: str, confirmed: Iterable[str], plan: Plan) -> None:
    """OrderRefused unless this is the plan that was looked at, and every limit that it breaks was confirmed."""
    if not names_digest(digest, plan.digest):
        raise OrderRefused(
            f"the plan is another by now: its digest is {plan.digest[:SHORT]}, not {digest[:SHORT]}; look at it again: trunkline plan"
        )
    confirmed = frozenset(confirmed)
    open_ones = [breach for breach in plan.breaches if not breach.is_confirmable or breach.id not in confirmed]
    if open_ones:
        raise OrderRefused("; ".join(str(breach) for breach in open_ones))


def _account(plan: Plan, trigger: Trigger, author: str, source: str) -> Account:
    counts = plan.counts
    return Account(
        trigger=trigger,
        author=author,
        digest=plan.digest if not plan.is_empty else "",
        source=source,
        disruption=plan.disruption.value,
        created=counts[Action.CREATE],
        updated=counts[Action.UPDATE],
        deleted=counts[Action.DELETE],
    )


def _proposal(plan: Plan, why: Reason, what: str) -> Proposal:
    return Proposal(
        digest=plan.digest,
        after=plan.after,
        why=why,
        what=what,
        breaches=tuple(breach.id for breach in plan.breaches),
    )


def _breach_words(found: Sequence[Breach]) -> str:
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{found[0]}{more}"


def _held_words(hold: Hold) -> str:
    if hold.source is not None:
        return f"following rests until the manifests change: {hold.reason}"
    since = f" since {hold.at}" if hold.at else ""
    return f"following was suspended by {hold.by or 'somebody'}{since}: {hold.reason}"


def _part(before: UnitState, after: UnitState) -> UnitChange:
    upserts: list[ConfigItem] = []
    deletes: list[ConfigRef] = []
    for change in diff(before.items, after.items):
        match change:
            case Create(new) | Update(_, new):
                upserts.append(new)
            case Delete(old):
                deletes.append(old.ref)
            case _:
                assert_never(change)
    moved = {ref: origin for ref, origin in after.origins.items() if before.origins.get(ref) != origin}
    return UnitChange(
        unit=after.unit,
        revision=after.revision,
        origins_revision=after.origins_revision,
        whole=False,
        upserts=tuple(upserts),
        deletes=tuple(deletes),
        origins=moved,
    )
