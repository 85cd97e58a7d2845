"""All manifests of one moment: the platform's, and those of tenants' own sources, each below `@TENANT/`. Runs in the child.

Followed are the sources that the revision declares which runs: one that is only written, and perhaps waits for approval, is not, for
fetching it would show its token to whoever wrote the address. A source that can't be had takes nothing away: what ran last of it stands
in for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.accept import UNAVAILABLE
from reconciler.errors import SourceUnavailable, StateCorrupt
from reconciler.fragment import placed_below
from reconciler.ground import Ground
from reconciler.source import tenant_bounds
from reconciler.source.commit import GitCommit
from reconciler.source.tenant_remote import TenantRemote, tenant_remotes
from reconciler.source.tree import SealedFiles, SourceFile, SourceTree, UnreadableFile
from schema.confinement import folder_of, tenant_of_file
from schema.kinds.tenant_source import TenantSourceSpec
from schema.manifest_set import ParsedFile
from schema.problem import Problem
from schema.resource import AnyResource, Resource, specs_of


@dataclass(frozen=True, slots=True)
class Gathered:
    """`main`: the platform's part of `tree`; `commits`: of tenants' own sources.

    `absent`: tenants of whose source nothing at all is known, and why: they can't be told apart from empty ones. `stale`: those whose
    source can't be had, or not as it is now; what is known of it is in `tree`.
    """

    main: SourceTree
    tree: SourceTree
    commits: Mapping[str, GitCommit | None] = field(default_factory=dict, compare=False)
    absent: Mapping[str, Problem] = field(default_factory=dict)
    stale: Mapping[str, Problem] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Part:
    """What is known of one tenant's own source; None as `tree`: nothing."""

    tree: SourceTree | None
    problem: Problem | None = None
    commit: GitCommit | None = None


class Gatherer:
    """`content`: of a manifest by its digest (StateCorrupt); `sealed`: the encrypted files of what runs, as they were kept."""

    def __init__(
        self,
        data: Path,
        parse: Callable[[str, str, bytes], ParsedFile],
        content: Callable[[str], bytes],
        sealed: Callable[[], Mapping[str, bytes]],
    ) -> None:
        self._data = data
        self._parse = parse
        self._content = content
        self._sealed = sealed
        self._sources: dict[str, tuple[TenantRemote, _Mirrored]] = {}

    def gather(self, main: SourceTree, applied: Ground) -> Gathered:
        """`applied`: what runs."""
        declared = self._declared(main)
        if not declared:
            self._sources = {}
            return Gathered(main, main)
        followed = {remote.tenant: remote for remote in tenant_remotes(applied.catalog.system, self._data)}
        parts = {tenant: self._part(source, followed.get(tenant), applied) for tenant, source in declared.items()}
        self._sources = {tenant: known for tenant, known in self._sources.items() if tenant in declared}
        return Gathered(
            main,
            joined(main, {tenant: part.tree for tenant, part in parts.items()}),
            {tenant: part.commit for tenant, part in parts.items()},
            {tenant: part.problem for tenant, part in parts.items() if part.tree is None and part.problem is not None},
            {tenant: part.problem for tenant, part in parts.items() if part.tree and part.problem is not None},
        )

    def _declared(self, main: SourceTree) -> Mapping[str, Resource[TenantSourceSpec]]:
        """As the platform's manifests are written now."""
        found: dict[str, Resource[TenantSourceSpec]] = {}
        for file in main.files:
            if b"TenantSource" in file.content and tenant_of_file(file.path) is None:
                resources: Iterable[AnyResource] = self._parse(file.path, file.digest, file.content).resources
                found |= {source.ref.name: source for source in specs_of(resources, TenantSourceSpec)}
        return found

    def _part(self, source: Resource[TenantSourceSpec], followed: TenantRemote | None, applied: Ground) -> _Part:
        tenant = source.ref.name
        if followed is None:
            why = f"{source.ref} is declared, and does not run yet: its source is fetched from then on"
            return self._as_it_ran(source, why, "wait, or approve the plan that brings it", applied)
        known = self._sources.get(tenant)
        if known is None or known[0].remote != followed.remote:
            known = self._sources[tenant] = followed, _Mirrored(followed, self._data)
        try:
            tree, problem = known[1].read()
        except SourceUnavailable as error:
            return self._as_it_ran(source, str(error), "as soon as it can be had, it is followed", applied)
        told = None if not problem else _problem(source, problem, "as soon as it can be had, it is followed")
        return _Part(tree, told, known[1].commit)

    def _as_it_ran(self, source: Resource[TenantSourceSpec], why: str, hint: str, applied: Ground) -> _Part:
        """What ran last of it, where it can't be had."""
        tenant = source.ref.name
        fragment = fragment_that_runs(tenant, applied, self._content)
        if not fragment:
            return _Part(None, _problem(source, why, hint))
        folder = folder_of(tenant)
        sealed = {path: content for path, content in self._sealed().items() if path.startswith(folder)}
        return _Part(SourceTree(fragment, sealed=SealedFiles(sealed, is_known=True)), _problem(source, why, hint))


class _Mirrored:
    """What was fetched of one tenant's source; read anew for each tip only."""

    def __init__(self, followed: TenantRemote, data: Path) -> None:
        from reconciler.source.fetched import FetchedSource  # with dulwich

        self._tenant = followed.tenant
        self._fetched = FetchedSource(followed.remote, data, limits=tenant_bounds.LIMITS)
        self._placed: tuple[SourceTree, SourceTree] | None = None

    def read(self) -> tuple[SourceTree, str]:
        tree, problem = self._fetched.latest()
        if self._placed is None or self._placed[0] is not tree:
            self._placed = tree, placed_below(tree, self._tenant)
        return self._placed[1], problem

    @property
    def commit(self) -> GitCommit | None:
        return None if self._placed is None else self._fetched.commit_of(self._placed[0])


def joined(main: SourceTree, parts: Mapping[str, SourceTree | None]) -> SourceTree:
    """All in one. What the platform has in a folder that a tenant's source fills is said to be unreadable, as which counts is unclear."""
    ours = [file for file in main.files if tenant_of_file(file.path) not in parts]
    files, unreadable = list(ours), list(main.unreadable)
    contents = {path: content for path, content in main.sealed.contents.items() if tenant_of_file(path) not in parts}
    reasons = {path: reason for path, reason in main.sealed.unreadable.items() if tenant_of_file(path) not in parts}
    for file in main.files:
        tenant = tenant_of_file(file.path)
        if tenant in parts:
            why = f"stands in a folder that TenantSource {tenant} fills; move it, or remove the TenantSource"
            unreadable.append(UnreadableFile(file.path, why))
    for tree in parts.values():
        if tree is not None:
            files += tree.files
            unreadable += tree.unreadable
            contents |= tree.sealed.contents
            reasons |= tree.sealed.unreadable
    return SourceTree(
        tuple(sorted(files, key=_path)),
        tuple(sorted(unreadable, key=_path)),
        SealedFiles(contents, reasons, is_known=main.sealed.is_known),
    )


def fragment_that_runs(tenant: str, running: Ground, content: Callable[[str], bytes]) -> tuple[SourceFile, ...]:
    """What runs of a tenant's own source; () if nothing of it does, or it is not kept any more."""
    unit = running.desired.units.get(tenant)
    if unit is None:
        return ()
    try:
        return tuple(SourceFile(path, content(digest), digest) for path, digest in _own(unit.files, tenant))
    except StateCorrupt:
        return ()


def own_files(files: Iterable[tuple[str, str]], tenant: str) -> frozenset[tuple[str, str]]:
    """Of (path, digest) those that are of the tenant's own source."""
    return frozenset(_own(files, tenant))


def _own(files: Iterable[tuple[str, str]], tenant: str) -> Iterator[tuple[str, str]]:
    yield from ((path, digest) for path, digest in files if tenant_of_file(path) == tenant)


def _path(file: SourceFile | UnreadableFile) -> str:
    return file.path


def _problem(source: Resource[TenantSourceSpec], what: str, hint: str) -> Problem:
    return Problem(mark=source.mark("metadata", "name"), message=what, hint=hint, rule=UNAVAILABLE)
