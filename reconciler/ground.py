"""A state of the whole, both as resources and compiled: what was applied, or what is to be."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.config.ref import Revision
from engine.config.snapshot import Snapshot, snapshot_revision
from reconciler.state import SYSTEM_UNIT, DesiredState
from schema.catalog import Catalog


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """`catalog` says it in the manifests' words, `desired` in the engine's. Both describe the same units."""

    catalog: Catalog = field(default_factory=Catalog)
    desired: DesiredState = field(default_factory=lambda: DesiredState({}))

    @property
    def is_empty(self) -> bool:
        """True if nothing was ever applied."""
        return not self.desired.units

    @property
    def revision(self) -> Revision:
        """The revision of the Snapshot that the engine makes of it."""
        units = self.desired.units
        system = units[SYSTEM_UNIT].revision if SYSTEM_UNIT in units else Snapshot.empty().system_revision
        return snapshot_revision(system, {name: unit.revision for name, unit in units.items() if name != SYSTEM_UNIT})
