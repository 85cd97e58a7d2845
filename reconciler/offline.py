"""What a source would run if a server started with it: the Snapshot without an engine, and what is wrong with the rest.

Pure. Secrets are not looked at: where manifests are tried out they are not at hand. A tenant with problems is left out, as there is no
revision of it before; with a problem of the system's own nothing would run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.config.snapshot import Snapshot
from reconciler.accept import unreadable_files
from reconciler.compile.catalog import compile_unit
from reconciler.source.tree import SourceTree
from reconciler.state import SYSTEM_UNIT, UnitChange, UnitState, evolved
from schema.catalog import Catalog
from schema.manifest_set import HeldBack, assemble, parse_file
from schema.problem import Report


@dataclass(frozen=True, slots=True, eq=False)
class Offline:
    """`snapshot`: of the units without problems, None if nothing would run; `held`: the problems of the others, by unit."""

    snapshot: Snapshot | None
    held: Mapping[str, Report]
    report: Report


def offline(tree: SourceTree) -> Offline:
    """Judge and compile a source by itself."""
    files = [parse_file(file.path, file.content) for file in tree.files]
    assembly = assemble([*files, *unreadable_files(tree.unreadable, Catalog())])
    verdicts = {SYSTEM_UNIT: assembly.system, **assembly.tenants}
    held = {unit: Report.of(verdict.problems) for unit, verdict in verdicts.items() if isinstance(verdict, HeldBack)}
    if assembly.holds_round:
        return Offline(None, held, assembly.report)
    digests = {file.path: file.digest for file in tree.files}
    catalog = assembly.catalog
    units = [compile_unit(SYSTEM_UNIT, catalog.system, digests, None)]
    units += [compile_unit(name, tenant, digests, None) for name, tenant in catalog.tenants.items()]
    return Offline(evolved(Snapshot.empty(), map(_whole, units), ()), held, assembly.report)


def _whole(unit: UnitState) -> UnitChange:
    return UnitChange(
        unit=unit.unit,
        revision=unit.revision,
        origins_revision=unit.origins_revision,
        whole=True,
        upserts=tuple(unit.items.values()),
        origins=unit.origins,
    )
