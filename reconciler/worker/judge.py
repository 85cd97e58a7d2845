"""What a set of files comes to: parsed, accepted, compiled, with a verdict on each unit. Runs in the child.

Keeps parsed files and contents by digest, and its last judgements: the same files in the light of the same state cost nothing again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from types import MappingProxyType
from typing import Final

from engine.config.secret import SecretRef
from reconciler.accept import (
    Acceptance,
    accept,
    blank_file,
    secret_warnings,
    unreadable_files,
)
from reconciler.compile.catalog import compile_unit
from reconciler.compile.registry import config_ref, origin_of
from reconciler.declared_secrets import Named, NamedSecrets, lacking, missing_problems, shared_problems
from reconciler.errors import StateCorrupt
from reconciler.exemptions import Exemptions
from reconciler.ground import Ground
from reconciler.plan import Standstill
from reconciler.proof.prover import Proven, Prover
from reconciler.safety import Breach
from reconciler.secrets.need import secrets_of
from reconciler.secrets.resolver import Resolver
from reconciler.source.tree import SourceFile, SourceTree
from reconciler.state import SYSTEM_UNIT, DesiredState, UnitState
from reconciler.views import ProblemView, Reason
from reconciler.worker.at_hand import AtHand
from reconciler.worker.gather import Gathered, fragment_that_runs, own_files
from reconciler.worker.store import AppliedUnit, StateStore
from reconciler.worker.verdict import MOST_OF_UNIT, MOST_PROBLEMS, Findings, UnitVerdict, Waiting
from schema.catalog import Catalog, SystemResources, TenantResources
from schema.confinement import tenant_of_file
from schema.effective import effective
from schema.kinds.tenant import TenantSpec
from schema.manifest_set import ATenant, HeldBack, ParsedFile, Rejected, owner_of, parse_file
from schema.mark import Mark
from schema.problem import Problem, Severity
from schema.resource import AnyResource, specs_of

MOST_WAITING: Final = 250
MOST_WARNINGS: Final = 50
UNSAFE_RULE: Final = "unsafe-change"


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What a set of files came to in the light of `before`; `unresolved`: secrets that had no value, and why."""

    gathered: Gathered
    before: Catalog
    unresolved: Mapping[SecretRef, str]
    values: Mapping[SecretRef, str] = field(repr=False)
    ground: Ground
    found: Findings
    exemptions: Exemptions
    warned: tuple[Problem, ...] = ()
    """What is to be warned of; and `at_hand`: what only the machine tells, which changes without a commit."""
    at_hand: tuple[Problem, ...] = ()
    declared: tuple[Named, ...] = ()
    """Secrets that nothing needs yet, and `undeclared`: which of them have no value, and why."""
    undeclared: Mapping[SecretRef, str] = field(default_factory=dict)

    @property
    def tree(self) -> SourceTree:
        return self.gathered.tree

    @property
    def standstills(self) -> tuple[Standstill, ...]:
        """Units that stay for the faults of their manifests."""
        return tuple(
            Standstill(verdict.unit, verdict.problem_count, str(verdict.problems[0]) if verdict.problems else "")
            for verdict in self.found.verdicts
            if verdict.problem_count and verdict.reason is not Reason.UNSAFE
        )


class Judge:
    """Use: `judge` for the files of a source, `recall` for those of a revision that was applied; `forget` what is no longer needed."""

    def __init__(self, resolver: Resolver, store: StateStore, at_hand: AtHand | None = None) -> None:
        self._resolver = resolver
        self._at_hand = at_hand or AtHand(resolver)
        self._store = store
        self._parsed: dict[tuple[str, str], ParsedFile] = {}
        self._contents: dict[str, bytes] = {}
        self._last: Judged | None = None
        self._prover = Prover()
        self._named = NamedSecrets()

    def judge(self, gathered: Gathered, before: Ground) -> Judged:
        """All that may run of these files, where `before` runs."""
        self._resolver.use(gathered.tree.sealed)
        last = self._last
        # Judged against its own result, a set of files comes to the same again.
        if (
            last is not None
            and last.gathered == gathered
            and (last.before is before.catalog or last.ground.catalog is before.catalog)
        ):
            resolved = self._resolver.resolve(last.unresolved.keys() | refs_of(last.ground.desired))
            rotated = any(resolved.values.get(ref, value) != value for ref, value in last.values.items())
            is_same = resolved.missing == last.unresolved and not rotated
            if is_same and self._missing_of(last.declared) == last.undeclared:
                return self._looked_again(last)
        self._last = self._judged(gathered, before, {})
        return self._last

    def _looked_again(self, last: Judged) -> Judged:
        """The same, with what the machine tells of it by now."""
        at_hand = self._at_hand.problems(last.ground.catalog)
        if at_hand != last.at_hand:
            warnings = self._told(last.exemptions, (*last.warned, *at_hand))
            self._last = last = replace(last, at_hand=at_hand, found=replace(last.found, warnings=warnings))
        return last

    def _told(self, exemptions: Exemptions, warned: Iterable[Problem]) -> tuple[ProblemView, ...]:
        """What of it manifests do not switch off."""
        report = exemptions.settle(warned, asked=self._at_hand.asked).report
        return tuple(map(_view, islice(report, MOST_WARNINGS)))

    def judge_without(
        self, gathered: Gathered, before: Ground, unsafe: Mapping[str, Sequence[Breach]], *, whole: bool
    ) -> Judged:
        """The same, but these tenants stay as they are. `whole`: also what the platform says of those that have a source of their own."""
        return self._judged(gathered, before, unsafe, whole=whole)

    @property
    def written(self) -> Ground:
        """What the files seen last come to, whether it runs or waits."""
        return self._last.ground if self._last is not None else Ground()

    def recall(self, units: Iterable[AppliedUnit], known: Mapping[str, UnitState]) -> Iterator[Recalled]:
        """Units as they were applied, compiled anew from the manifests that are kept, or why one can't be."""
        for unit in units:
            try:
                resources = self._resources_of(unit)
                owned = SystemResources(tuple(resources)) if unit.unit == SYSTEM_UNIT else _tenant(unit.unit, resources)
            except StateCorrupt as error:
                yield Recalled(unit.unit, None, None, str(error))
                continue
            yield Recalled(
                unit.unit, owned, compile_unit(unit.unit, resources, dict(unit.files), known.get(unit.unit)), None
            )

    def remember(self, tree: SourceTree) -> None:
        """The contents of these files, for whoever asks for them by their digests."""
        self._contents.update((file.digest, file.content) for file in tree.files)

    def content(self, digest: str) -> bytes:
        """A manifest by its digest. StateCorrupt if it is neither remembered nor kept."""
        content = self._contents.get(digest)
        return content if content is not None else self._store.blob(digest)

    def forget(self, desired: DesiredState) -> None:
        """Keep what this state and the last tree are made of."""
        files = {file for unit in desired.units.values() for file in unit.files}
        if self._last is not None:
            files |= {(file.path, file.digest) for file in self._last.tree.files}
        self._parsed = {key: parsed for key, parsed in self._parsed.items() if key in files}
        digests = {digest for _, digest in files}
        self._contents = {digest: content for digest, content in self._contents.items() if digest in digests}

    # What is remembered

    def _resources_of(self, unit: AppliedUnit) -> list[AnyResource]:
        resources: list[AnyResource] = []
        for path, digest in unit.files:
            content = self._contents.get(digest)
            if content is None:
                content = self._contents[digest] = self._store.blob(digest)
            resources += [r for r in self.parse(path, digest, content).resources if unit_of(r) == unit.unit]
        return sorted(effective(resources), key=lambda resource: (resource.ref.kind, resource.ref.name))

    def parse(self, path: str, digest: str, content: bytes) -> ParsedFile:
        """What a file holds by itself; remembered by its digest."""
        parsed = self._parsed.get((path, digest))
        if parsed is None:
            parsed = self._parsed[path, digest] = parse_file(path, content)
        return parsed

    # Judging

    def _judged(
        self, gathered: Gathered, before: Ground, unsafe: Mapping[str, Sequence[Breach]], *, whole: bool = True
    ) -> Judged:
        """A tenant whose own source is at fault does not hold off what the platform says of it: what ran last of the source stands in."""
        instead = {} if whole else self._as_they_ran(unsafe, gathered, before)
        hard = {unit: breaches for unit, breaches in unsafe.items() if unit not in instead}
        judged = self._weighed(_replaced(gathered, instead), before, hard)
        faulty = (
            {verdict.unit for verdict in judged.found.verdicts if verdict.problem_count} - instead.keys() - hard.keys()
        )
        held = {verdict.unit: verdict for verdict in judged.found.verdicts if verdict.unit in faulty}
        is_held = any(verdict.unit == SYSTEM_UNIT and not verdict.is_accepted for verdict in judged.found.verdicts)
        stand_ins = {} if is_held else self._as_they_ran(held, gathered, before)
        if stand_ins:
            first, instead = judged, {**instead, **stand_ins}
            judged = self._weighed(_replaced(gathered, instead), before, hard)
            judged = replace(
                judged,
                unresolved={**judged.unresolved, **first.unresolved},
                values={**first.values, **judged.values},
            )
        told = {unit: held[unit] for unit in stand_ins}
        told |= {unit: _unsafe_verdict(unit, breaches, before) for unit, breaches in unsafe.items() if unit in instead}
        told |= {unit: _stale_verdict(unit, problem) for unit, problem in gathered.stale.items() if unit not in told}
        found = replace(
            judged.found,
            source=gathered.tree.revision,
            verdicts=tuple(_told_instead(verdict, told) for verdict in judged.found.verdicts),
            waiting=tuple(islice(self._waiting(judged.ground, gathered.tree), MOST_WAITING)),
        )
        return replace(judged, gathered=gathered, found=found)

    def _as_they_ran(
        self, units: Iterable[str], gathered: Gathered, before: Ground
    ) -> Mapping[str, tuple[SourceFile, ...]]:
        """What ran last of these tenants' own sources, where that is something else than what is there now."""
        found: dict[str, tuple[SourceFile, ...]] = {}
        for unit in units:
            if unit not in gathered.commits or unit in gathered.absent:
                continue
            now = own_files(((file.path, file.digest) for file in gathered.tree.files), unit)
            ran = fragment_that_runs(unit, before, self.content)
            if ran and now != {(file.path, file.digest) for file in ran}:
                found[unit] = ran
        return found

    def _weighed(self, gathered: Gathered, before: Ground, unsafe: Mapping[str, Sequence[Breach]]) -> Judged:
        tree = gathered.tree
        unresolved: dict[SecretRef, str] = {}
        open_secrets: dict[SecretRef, str] = {}
        values: dict[SecretRef, str] = {}

        def missing(refs: Iterable[SecretRef]) -> Mapping[SecretRef, str]:
            resolved = self._resolver.resolve(refs)
            unresolved.update(resolved.missing)
            open_secrets.update(resolved.warnings)
            values.update(resolved.values)
            return resolved.missing

        files = self._files(tree, before)
        exemptions = Exemptions.of(files)
        kept = [Rejected(ATenant(unit), _unsafe_problems(breaches, before)) for unit, breaches in unsafe.items()]
        kept += [Rejected(ATenant(unit), (problem,)) for unit, problem in gathered.absent.items()]
        kept += exemptions.refused()
        acceptance = accept(files, before.catalog, missing, kept)
        ground = self._compiled(acceptance.assembly.catalog, tree, before)
        proven = self._proven(ground, before)
        while proven.errors and not acceptance.assembly.holds_round:
            kept += [Rejected(ATenant(unit), problems) for unit, problems in proven.errors.items()]
            acceptance = accept(files, before.catalog, missing, kept)
            ground = self._compiled(acceptance.assembly.catalog, tree, before)
            proven = self._proven(ground, before)
        warned = [problem for problem in acceptance.assembly.report if problem not in acceptance.assembly.report.errors]
        warned += proven.warnings
        warned += secret_warnings(ground.catalog, open_secrets, values)
        named = self._named.of(ground.catalog)
        warned += shared_problems(named)
        declared = tuple(one for one in named if not one.is_needed)
        undeclared = self._missing_of(declared)
        warned += missing_problems(declared, undeclared)
        at_hand = self._at_hand.problems(ground.catalog)
        return Judged(
            gathered,
            before.catalog,
            unresolved,
            values,
            ground,
            Findings(
                source=tree.revision,
                verdicts=tuple(_verdicts(acceptance, ground, unsafe, gathered.absent)),
                warnings=self._told(exemptions, (*warned, *at_hand)),
                waiting=tuple(islice(self._waiting(ground, tree), MOST_WAITING)),
                lacking=dict(islice(lacking(declared, undeclared).items(), MOST_WAITING)),
            ),
            exemptions,
            tuple(warned),
            at_hand,
            declared,
            undeclared,
        )

    def _missing_of(self, declared: Sequence[Named]) -> Mapping[SecretRef, str]:
        """Which of these have no value, and why."""
        keys = frozenset(one.ref for one in declared if one.is_key)
        return self._resolver.resolve({one.ref for one in declared}, keys).missing

    def _files(self, tree: SourceTree, before: Ground) -> list[ParsedFile]:
        accepted_files = frozenset(resource.origin.file for resource in before.catalog)
        files = list(unreadable_files(tree.unreadable, before.catalog))
        for file in tree.files:
            self._contents[file.digest] = file.content
            files.append(blank_file(file, accepted_files) or self.parse(file.path, file.digest, file.content))
        return files

    @staticmethod
    def _compiled(catalog: Catalog, tree: SourceTree, before: Ground) -> Ground:
        if catalog is before.catalog:
            return before
        digests = {file.path: file.digest for file in tree.files}
        units: dict[str, UnitState] = {
            SYSTEM_UNIT: compile_unit(SYSTEM_UNIT, catalog.system, digests, before.desired.units.get(SYSTEM_UNIT))
        }
        for name, tenant in catalog.tenants.items():
            known = before.desired.units.get(name)
            if known is not None and tenant is before.catalog.tenants.get(name):
                units[name] = known
            else:
                units[name] = compile_unit(name, tenant, digests, known)
        return Ground(catalog, DesiredState(units))

    def _proven(self, ground: Ground, before: Ground) -> Proven:
        """What is wrong with it; the errors of those that run already, unchanged, hold nobody back and are told as warnings."""
        tenants = ground.catalog.tenants
        changed = {name for name, tenant in tenants.items() if tenant is not before.catalog.tenants.get(name)}
        proven = self._prover.prove(ground, changed)
        errors = {name: problems for name, problems in proven.errors.items() if name in changed}
        running = [problem for name, problems in proven.errors.items() if name not in changed for problem in problems]
        told = (replace(problem, severity=Severity.WARNING) for problem in running)
        return Proven(errors, (*proven.warnings, *told))

    def _waiting(self, ground: Ground, tree: SourceTree) -> Iterator[Waiting]:
        """Resources of the files that no unit runs."""
        running = {ref for unit in ground.desired.units.values() for ref in unit.items}
        for file in tree.files:
            for resource in self.parse(file.path, file.digest, file.content).resources:
                ref = config_ref(resource)
                if ref not in running:
                    yield Waiting(ref, origin_of(resource), unit_of(resource))


@dataclass(frozen=True, slots=True)
class Recalled:
    """One unit of a revision that was applied: its resources and compiled, or `problem`: why that can't be had."""

    unit: str
    owned: SystemResources | TenantResources | None
    state: UnitState | None
    problem: str | None


def ground_of(recalled: Iterable[Recalled]) -> Ground:
    """Those of them that could be had, as one state."""
    system = SystemResources()
    tenants: dict[str, TenantResources] = {}
    units: dict[str, UnitState] = {}
    for one in recalled:
        match one.owned:
            case SystemResources():
                system = one.owned
            case TenantResources():
                tenants[one.unit] = one.owned
        if one.state is not None:
            units[one.unit] = one.state
    return Ground(Catalog(system, MappingProxyType(tenants)), DesiredState(units))


def refs_of(desired: DesiredState) -> set[SecretRef]:
    """The secrets that a state needs."""
    return {ref for unit in desired.units.values() for item in unit.items.values() for ref in secrets_of(item)}


def unit_of(resource: AnyResource) -> str:
    owner = owner_of(resource)
    return owner.name if isinstance(owner, ATenant) else SYSTEM_UNIT


def as_it_is(ground: Ground, reason: Reason) -> tuple[UnitVerdict, ...]:
    """Verdicts that leave every unit of a state as it is, for this reason."""
    units = ground.desired.units
    return tuple(
        UnitVerdict(unit=name, reason=reason, attempted=None, applied=units[name].revision) for name in sorted(units)
    )


def waiting_for(found: Findings, wanted: Ground, running: Ground, why: Reason) -> Findings:
    """What was found, where `running` goes on and `wanted` waits: the units that differ say why."""
    told = {verdict.unit: verdict for verdict in found.verdicts}
    verdicts: list[UnitVerdict] = []
    for name in sorted(told.keys() | running.desired.units.keys()):
        verdict = told.get(name)
        now, then = running.desired.units.get(name), wanted.desired.units.get(name)
        applied = now.revision if now is not None else None
        if verdict is not None and not verdict.is_accepted:
            verdicts.append(replace(verdict, applied=applied))
            continue
        reason = verdict.reason if verdict is not None and now is then else why
        verdicts.append(
            UnitVerdict(
                unit=name, reason=reason, attempted=then.revision if then is not None else None, applied=applied
            )
        )
    refs = {ref for unit in running.desired.units.values() for ref in unit.items}
    waiting = [
        Waiting(ref, unit.origins[ref], unit.unit)
        for unit in wanted.desired.units.values()
        for ref in unit.items
        if ref not in refs and ref in unit.origins
    ]
    return replace(found, verdicts=tuple(verdicts), waiting=(*found.waiting, *waiting[:MOST_WAITING])[:MOST_WAITING])


def _replaced(gathered: Gathered, instead: Mapping[str, tuple[SourceFile, ...]]) -> Gathered:
    """With these tenants' own sources as they ran."""
    if not instead:
        return gathered
    tree = gathered.tree
    others = [file for file in tree.files if tenant_of_file(file.path) not in instead]
    files = sorted([*others, *(file for ran in instead.values() for file in ran)], key=lambda file: file.path)
    unreadable = tuple(file for file in tree.unreadable if tenant_of_file(file.path) not in instead)
    return replace(gathered, tree=SourceTree(tuple(files), unreadable, tree.sealed))


def _told_instead(verdict: UnitVerdict, told: Mapping[str, UnitVerdict]) -> UnitVerdict:
    """The verdict on what is written, where something else stands in for it; unless that is at fault, too."""
    instead = told.get(verdict.unit)
    if instead is None or verdict.problem_count or not verdict.is_accepted:
        return verdict
    return replace(instead, applied=verdict.applied)


def _stale_verdict(unit: str, problem: Problem) -> UnitVerdict:
    return UnitVerdict(
        unit=unit,
        reason=Reason.SOURCE_UNAVAILABLE,
        attempted=None,
        applied=None,
        problems=(_view(problem),),
        problem_count=1,
    )


def _unsafe_verdict(unit: str, breaches: Iterable[Breach], before: Ground) -> UnitVerdict:
    problems = tuple(map(_view, _unsafe_problems(breaches, before)))
    return UnitVerdict(
        unit=unit,
        reason=Reason.UNSAFE,
        attempted=None,
        applied=None,
        problems=problems,
        problem_count=len(problems),
    )


def _verdicts(
    acceptance: Acceptance, ground: Ground, unsafe: Mapping[str, object], absent: Mapping[str, object]
) -> Iterator[UnitVerdict]:
    assembly, running = acceptance.assembly, ground.desired.units
    verdicts: dict[str, TenantResources | SystemResources | HeldBack] = {
        SYSTEM_UNIT: assembly.system,
        **assembly.tenants,
    }
    room = MOST_PROBLEMS
    for name in sorted(running.keys() | verdicts.keys()):
        unit = running.get(name)
        applied = unit.revision if unit is not None else None
        match verdicts.get(name):
            case HeldBack(problems):
                reason = Reason.UNSAFE if name in unsafe else Reason.INVALID
                if name in acceptance.without_secrets:
                    reason = Reason.SECRET_MISSING
                if name in absent:
                    reason = Reason.SOURCE_UNAVAILABLE
                yield UnitVerdict(
                    unit=name,
                    reason=reason,
                    attempted=None,
                    applied=applied,
                    problems=tuple(map(_view, problems[: min(room, MOST_OF_UNIT)])),
                    problem_count=len(problems),
                )
                room = max(1, room - min(len(problems), MOST_OF_UNIT))
            case _ if assembly.holds_round:
                yield UnitVerdict(unit=name, reason=Reason.ROUND_HELD_BACK, attempted=None, applied=applied)
            case _:
                yield UnitVerdict(unit=name, reason=Reason.VALID, attempted=applied, applied=applied)


def _unsafe_problems(breaches: Iterable[Breach], before: Ground) -> tuple[Problem, ...]:
    """What holds a tenant back, at the place where it runs from."""
    return tuple(
        Problem(mark=_place(breach.unit, before), message=breach.what, hint=breach.hint, rule=UNSAFE_RULE)
        for breach in breaches
    )


def _place(unit: str, before: Ground) -> Mark:
    tenant = before.catalog.tenants.get(unit)
    return tenant.tenant.origin if tenant is not None else Mark("manifests", 1, 1)


def _tenant(name: str, resources: list[AnyResource]) -> TenantResources:
    itself = specs_of(resources, TenantSpec)
    if len(itself) != 1:
        raise StateCorrupt(
            f"what was applied last of tenant {name} is not understood by this version; its manifests are read anew"
        )
    return TenantResources(itself[0], tuple(resource for resource in resources if resource is not itself[0]))


def _view(problem: Problem) -> ProblemView:
    return ProblemView(
        file=problem.mark.file,
        line=problem.mark.line,
        column=problem.mark.column,
        severity=problem.severity.value,
        rule=problem.rule,
        message=problem.message,
        hint=problem.hint,
    )
