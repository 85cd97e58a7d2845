"""One look at the source: read, parse, accept, compile, compare with what the asker holds. Runs in the child.

Keeps parsed files by content, and the state applied last both as a Catalog (for the schema's rules) and compiled. A round's
state becomes the applied one by `commit`, when the engine has taken it; without that the next look starts from the same ground.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import Final, assert_never

from engine.config.ref import ConfigRef, Revision
from engine.config.secret import SecretRef
from engine.config.snapshot import ConfigItem
from reconciler.accept import Acceptance, accept, blank_file, secret_warnings, unreadable_files
from reconciler.compile.catalog import compile_unit
from reconciler.compile.registry import config_ref, origin_of
from reconciler.diff import Create, Delete, Update, diff
from reconciler.errors import SourceUnavailable, StateCorrupt
from reconciler.secrets.need import secrets_of
from reconciler.secrets.resolver import Resolver
from reconciler.source.directory import Directory
from reconciler.source.tree import SourceTree
from reconciler.state import SYSTEM_UNIT, DesiredState, Held, HeldUnit, UnitChange, UnitState
from reconciler.views import ProblemView, Reason
from reconciler.worker.store import AppliedUnit, StateStore, applied_units
from reconciler.worker.verdict import MOST_OF_UNIT, MOST_PROBLEMS, Findings, Round, UnitVerdict, Waiting
from schema.catalog import Catalog, SystemResources, TenantResources
from schema.kinds.tenant import TenantSpec
from schema.manifest_set import ATenant, HeldBack, ParsedFile, owner_of, parse_file
from schema.problem import Problem
from schema.resource import AnyResource, specs_of

MOST_WAITING: Final = 250
MOST_WARNINGS: Final = 50


@dataclass(frozen=True, slots=True, eq=False)
class _Ground:
    """A state that was applied, or is to be: the same thing as resources and compiled."""

    catalog: Catalog = field(default_factory=Catalog)
    desired: DesiredState = field(default_factory=lambda: DesiredState({}))


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """What a set of files came to, kept so that a look at the same files costs no second judgement."""

    tree: SourceTree
    before: Catalog
    unresolved: Mapping[SecretRef, str]
    values: Mapping[SecretRef, str] = field(repr=False)
    ground: _Ground
    found: Findings


class Look:
    """The child's memory and its one verb. `commit` follows when the engine has taken what `look` gave."""

    def __init__(self, source: Directory, resolver: Resolver, store: StateStore) -> None:
        self._source = source
        self._resolver = resolver
        self._store = store
        self._parsed: dict[tuple[str, str], ParsedFile] = {}
        self._contents: dict[str, bytes] = {}
        self._applied = _Ground()
        self._wanted = _Ground()
        self._judged: _Judged | None = None
        self._saved: tuple[AppliedUnit, ...] | None = None
        self._state_problem: str | None = None
        self._number = 0
        self._restore()

    def look(self, held: Held) -> Round:
        """What is to be done so that who holds `held` follows the source."""
        self._number += 1
        try:
            judged = self._judge(self._source.read())
        except SourceUnavailable as error:
            self._wanted = self._applied
            found = Findings(source_problem=str(error), verdicts=self._as_it_was())
        else:
            self._wanted = judged.ground
            found = judged.found
        desired = self._wanted.desired
        secrets = self._resolver.secrets(_refs(desired))
        return Round(
            number=self._number,
            found=found,
            state_problem=self._state_problem,
            changes=tuple(self._changes(desired, held)),
            removed=self._removed(desired, held, found),
            secrets=None if secrets.version == held.secrets_version else secrets,
        )

    def commit(self, number: int, revision: Revision, at: str) -> str | None:
        """The engine has taken round `number`. Returns why it can't be kept on disk, or None."""
        if number != self._number:
            return self._state_problem
        self._applied = self._wanted
        units = applied_units(self._applied.desired)
        if units != self._saved:
            try:
                self._store.save(self._applied.desired, revision, at, self._content)
            except (OSError, StateCorrupt) as error:
                # The engine goes on with the new revision; only a restart would not know it. Tried again at each commit.
                self._state_problem = f"the applied revision can't be kept on disk: {error}"
            else:
                self._saved, self._state_problem = units, None
        self._forget()
        return self._state_problem

    # What is remembered

    def _restore(self) -> None:
        """Take up what was applied last. A unit whose manifests are damaged or no longer understood is left out, and said."""
        try:
            applied = self._store.applied()
        except StateCorrupt as error:
            self._state_problem = str(error)
            return
        system = SystemResources()
        tenants: dict[str, TenantResources] = {}
        desired: dict[str, UnitState] = {}
        for unit in applied.units if applied is not None else ():
            try:
                resources = self._resources_of(unit)
                if unit.unit == SYSTEM_UNIT:
                    system = SystemResources(tuple(resources))
                else:
                    tenants[unit.unit] = _tenant(unit.unit, resources)
            except StateCorrupt as error:
                self._state_problem = str(error)
                continue
            desired[unit.unit] = compile_unit(unit.unit, resources, dict(unit.files), None)
        self._applied = self._wanted = _Ground(Catalog(system, MappingProxyType(tenants)), DesiredState(desired))
        self._saved = applied.units if applied is not None else None

    def _resources_of(self, unit: AppliedUnit) -> list[AnyResource]:
        resources: list[AnyResource] = []
        for path, digest in unit.files:
            content = self._contents.get(digest)
            if content is None:
                content = self._contents[digest] = self._store.blob(digest)
            resources += [r for r in self._parse(path, digest, content).resources if _unit_of(r) == unit.unit]
        return sorted(resources, key=lambda resource: (resource.ref.kind, resource.ref.name))

    def _parse(self, path: str, digest: str, content: bytes) -> ParsedFile:
        parsed = self._parsed.get((path, digest))
        if parsed is None:
            parsed = self._parsed[path, digest] = parse_file(path, content)
        return parsed

    def _content(self, digest: str) -> bytes:
        content = self._contents.get(digest)
        return content if content is not None else self._store.blob(digest)

    def _forget(self) -> None:
        """Keep what the applied state and the last tree are made of."""
        files = {file for unit in self._applied.desired.units.values() for file in unit.files}
        if self._judged is not None:
            files |= {(file.path, file.digest) for file in self._judged.tree.files}
        self._parsed = {key: parsed for key, parsed in self._parsed.items() if key in files}
        digests = {digest for _, digest in files}
        self._contents = {digest: content for digest, content in self._contents.items() if digest in digests}

    # Judging

    def _judge(self, tree: SourceTree) -> _Judged:
        before = self._applied.catalog
        last = self._judged
        # Judged against its own result, a set of files comes to the same again.
        if last is not None and last.tree == tree and (last.before is before or last.ground.catalog is before):
            resolved = self._resolver.resolve(last.unresolved.keys() | _refs(last.ground.desired))
            rotated = any(resolved.values.get(ref, value) != value for ref, value in last.values.items())
            if resolved.missing == last.unresolved and not rotated:
                return last
        unresolved: dict[SecretRef, str] = {}
        open_secrets: dict[SecretRef, str] = {}
        values: dict[SecretRef, str] = {}

        def missing(refs: Iterable[SecretRef]) -> Mapping[SecretRef, str]:
            resolved = self._resolver.resolve(refs)
            unresolved.update(resolved.missing)
            open_secrets.update(resolved.warnings)
            values.update(resolved.values)
            return resolved.missing

        acceptance = accept(self._files(tree), before, missing)
        ground = self._compiled(acceptance.assembly.catalog, tree)
        warned = [problem for problem in acceptance.assembly.report if problem not in acceptance.assembly.report.errors]
        warned += secret_warnings(ground.catalog, open_secrets, values)
        self._judged = _Judged(
            tree,
            before,
            unresolved,
            values,
            ground,
            Findings(
                source=tree.revision,
                verdicts=tuple(self._verdicts(acceptance, ground)),
                warnings=tuple(map(_view, warned[:MOST_WARNINGS])),
                waiting=tuple(islice(self._waiting(ground, tree), MOST_WAITING)),
            ),
        )
        return self._judged

    def _files(self, tree: SourceTree) -> list[ParsedFile]:
        accepted_files = frozenset(resource.origin.file for resource in self._applied.catalog)
        files = list(unreadable_files(tree.unreadable, self._applied.catalog))
        for file in tree.files:
            self._contents[file.digest] = file.content
            files.append(blank_file(file, accepted_files) or self._parse(file.path, file.digest, file.content))
        return files

    def _compiled(self, catalog: Catalog, tree: SourceTree) -> _Ground:
        before = self._applied
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
        return _Ground(catalog, DesiredState(units))

    def _verdicts(self, acceptance: Acceptance, ground: _Ground) -> Iterator[UnitVerdict]:
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
                    reason = Reason.SECRET_MISSING if name in acceptance.without_secrets else Reason.INVALID
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

    def _as_it_was(self) -> tuple[UnitVerdict, ...]:
        units = self._applied.desired.units
        return tuple(
            UnitVerdict(unit=name, reason=Reason.SOURCE_UNAVAILABLE, attempted=None, applied=units[name].revision)
            for name in sorted(units)
        )

    def _waiting(self, ground: _Ground, tree: SourceTree) -> Iterator[Waiting]:
        """Resources of the files that no unit runs."""
        running = {ref for unit in ground.desired.units.values() for ref in unit.items}
        for file in tree.files:
            for resource in self._parse(file.path, file.digest, file.content).resources:
                ref = config_ref(resource)
                if ref not in running:
                    yield Waiting(ref, origin_of(resource), _unit_of(resource))

    # Comparing

    def _changes(self, desired: DesiredState, held: Held) -> Iterator[UnitChange]:
        for name, unit in desired.units.items():
            theirs = held.units.get(name)
            if theirs is not None and theirs == HeldUnit(unit.revision, unit.origins_revision):
                continue
            ours = self._applied.desired.units.get(name)
            if theirs is None or ours is None or theirs != HeldUnit(ours.revision, ours.origins_revision):
                yield _whole(unit)
            else:
                yield _part(ours, unit)

    @staticmethod
    def _removed(desired: DesiredState, held: Held, found: Findings) -> tuple[str, ...]:
        """Tenants that the source no longer has. One that is held back stays, even if we have lost what it was (a damaged disk)."""
        if not any(verdict.unit == SYSTEM_UNIT and verdict.is_accepted for verdict in found.verdicts):
            return ()
        kept = {verdict.unit for verdict in found.verdicts if not verdict.is_accepted}
        return tuple(sorted(held.units.keys() - desired.units.keys() - kept - {SYSTEM_UNIT}))


def _refs(desired: DesiredState) -> set[SecretRef]:
    return {ref for unit in desired.units.values() for item in unit.items.values() for ref in secrets_of(item)}


def _tenant(name: str, resources: list[AnyResource]) -> TenantResources:
    itself = specs_of(resources, TenantSpec)
    if len(itself) != 1:
        raise StateCorrupt(
            f"what was applied last of tenant {name} is not understood by this version; its manifests are read anew"
        )
    return TenantResources(itself[0], tuple(resource for resource in resources if resource is not itself[0]))


def _whole(unit: UnitState) -> UnitChange:
    return UnitChange(
        unit=unit.unit,
        revision=unit.revision,
        origins_revision=unit.origins_revision,
        whole=True,
        upserts=tuple(unit.items.values()),
        origins=unit.origins,
    )


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


def _unit_of(resource: AnyResource) -> str:
    owner = owner_of(resource)
    return owner.name if isinstance(owner, ATenant) else SYSTEM_UNIT


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
