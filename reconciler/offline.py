"""What a source would run if a server started with it: its state without an engine, and what is wrong with the rest.

Pure. Secrets are not looked at: where manifests are tried out they are not at hand. A tenant with problems is left out, as there is no
revision of it before; with a problem of the system's own nothing would run. Two sources that are compared share what they have in common:
files are parsed once for each content, units that are declared by the same ones are the same object.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.config.snapshot import Snapshot
from reconciler.accept import unreadable_files
from reconciler.compile.catalog import compile_unit
from reconciler.exemptions import Exemptions
from reconciler.ground import Ground
from reconciler.proof.prover import Prover
from reconciler.source.tree import SourceTree
from reconciler.state import SYSTEM_UNIT, DesiredState, evolved, whole
from schema.catalog import Catalog, SystemResources, TenantResources
from schema.manifest_set import Assembly, ATenant, HeldBack, ParsedFile, Rejected, assemble, parse_file
from schema.problem import Problem, Report
from schema.resource import AnyResource


@dataclass(frozen=True, slots=True, eq=False)
class Offline:
    """`ground`: of the units without problems, empty if nothing would run; `held`: the problems of the others, by unit.

    `parsed`: the files, by path and digest.
    """

    ground: Ground
    held: Mapping[str, Report]
    report: Report
    parsed: Mapping[tuple[str, str], ParsedFile]

    @property
    def snapshot(self) -> Snapshot | None:
        """What the engine would hold; None if nothing would run."""
        if self.ground.is_empty:
            return None
        return evolved(Snapshot.empty(), map(whole, self.ground.desired.units.values()), ())


def offline(tree: SourceTree, like: Offline | None = None) -> Offline:
    """Judge and compile a source by itself. `like`: another one, to share with."""
    known = like.parsed if like is not None else {}
    before = like.ground if like is not None else Ground()
    parsed: dict[tuple[str, str], ParsedFile] = {}
    for file in tree.files:
        key = file.path, file.digest
        parsed[key] = known[key] if key in known else parse_file(file.path, file.content)
    weighed = weigh(parsed.values(), tree, before)
    assembly = weighed.assembly
    verdicts = {SYSTEM_UNIT: assembly.system, **assembly.tenants}
    held = {unit: Report.of(verdict.problems) for unit, verdict in verdicts.items() if isinstance(verdict, HeldBack)}
    return Offline(weighed.ground, held, weighed.report, parsed)


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """A source by itself. `found`: all that the rules and the proofs say; `report`: what of it manifests do not switch off."""

    assembly: Assembly
    ground: Ground
    found: tuple[Problem, ...]
    exemptions: Exemptions

    @property
    def report(self) -> Report:
        return self.exemptions.settle(self.found).report


def weigh(files: Iterable[ParsedFile], tree: SourceTree, before: Ground) -> Weighed:
    """Relate, compile and prove; tenants whose routing is proven wrong are left out, until no further one is."""
    parsed = [*files, *unreadable_files(tree.unreadable, Catalog())]
    exemptions = Exemptions.of(parsed)
    digests = {file.path: file.digest for file in tree.files}
    prover = Prover()
    rejected: list[Rejected] = [*exemptions.refused()]
    while True:
        extra = [ParsedFile("", rejected=tuple(rejected))] if rejected else []
        assembly = assemble([*parsed, *extra])
        if assembly.holds_round:
            return Weighed(assembly, Ground(), assembly.report.problems, exemptions)
        ground = _ground(assembly.catalog, digests, before)
        proven = prover.prove(ground)
        if not proven.errors:
            return Weighed(assembly, ground, (*assembly.report, *proven.warnings), exemptions)
        rejected += [Rejected(ATenant(unit), problems) for unit, problems in proven.errors.items()]


def _ground(catalog: Catalog, digests: Mapping[str, str], before: Ground) -> Ground:
    known = before.desired.units
    system: SystemResources = catalog.system
    if SYSTEM_UNIT in known and _are_same(system, before.catalog.system):
        system, units = before.catalog.system, {SYSTEM_UNIT: known[SYSTEM_UNIT]}
    else:
        units = {SYSTEM_UNIT: compile_unit(SYSTEM_UNIT, system, digests, known.get(SYSTEM_UNIT))}
    tenants: dict[str, TenantResources] = {}
    for name, tenant in catalog.tenants.items():
        old = before.catalog.tenants.get(name)
        if old is not None and _are_same(tenant, old):
            tenants[name], units[name] = old, known[name]
        else:
            tenants[name], units[name] = tenant, compile_unit(name, tenant, digests, known.get(name))
    return Ground(Catalog(system, tenants), DesiredState(units))


def _are_same(one: Iterable[AnyResource], other: Iterable[AnyResource]) -> bool:
    """The same objects: then they come from the same files, with the same content."""
    ours, theirs = list(one), list(other)
    return len(ours) == len(theirs) and all(a is b for a, b in zip(ours, theirs, strict=True))
