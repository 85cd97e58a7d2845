"""What shall be and what is, as values: unit by unit, a unit being a tenant or the system ("").

`DesiredState` is what the manifests compile to. The other side holds `Held`, the same by its hashes. Pure; the cost of an
`Evolution` follows the change, unchanged tenants and values are shared with the predecessor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from engine.config.declared import DeclaredConfig
from engine.config.ip_rule import IpRuleConfig
from engine.config.listener import ListenerConfig
from engine.config.rate_table import RateTableConfig
from engine.config.ref import ConfigRef, Origin, Revision
from engine.config.snapshot import ConfigItem, Snapshot, TenantSnapshot
from engine.config.steps import Steps, finished
from engine.config.system import SystemConfig
from engine.config.trunk import TrunkConfig

SYSTEM_UNIT = ""
"""The unit of what belongs to no tenant."""


@dataclass(frozen=True, slots=True, eq=False)
class UnitState:
    """One unit, compiled. `digests`: of each value; `files`: (path, content digest) of the manifests that declare it."""

    unit: str
    revision: Revision
    items: Mapping[ConfigRef, ConfigItem]
    digests: Mapping[ConfigRef, str]
    origins: Mapping[ConfigRef, Origin]
    origins_revision: str
    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class DesiredState:
    """All units that shall run."""

    units: Mapping[str, UnitState]


@dataclass(frozen=True, slots=True)
class HeldUnit:
    """What somebody holds of a unit: its values' hash, and that of where they stand."""

    revision: Revision
    origins_revision: str


@dataclass(frozen=True, slots=True)
class Held:
    """What the engine's side holds; `secrets_version` is "" if it has none."""

    units: Mapping[str, HeldUnit] = field(default_factory=dict)
    secrets_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitChange:
    """How one unit becomes `revision`. `whole`: `upserts` are all its values, whatever was there before.

    `origins` are all of the unit's if `whole`, else those that are new or moved.
    """

    unit: str
    revision: Revision
    origins_revision: str
    whole: bool
    upserts: tuple[ConfigItem, ...] = ()
    deletes: tuple[ConfigRef, ...] = ()
    origins: Mapping[ConfigRef, Origin] = field(default_factory=dict)

    @property
    def changes_values(self) -> bool:
        """False if only lines moved."""
        return self.whole or bool(self.upserts or self.deletes)


def whole(unit: UnitState) -> UnitChange:
    """All of a unit, for who holds nothing of it."""
    return UnitChange(
        unit=unit.unit,
        revision=unit.revision,
        origins_revision=unit.origins_revision,
        whole=True,
        upserts=tuple(unit.items.values()),
        origins=unit.origins,
    )


def origins_revision(origins: Mapping[ConfigRef, Origin]) -> str:
    """A hash of where everything stands."""
    return sha256(repr(sorted(origins.items())).encode()).hexdigest()[:16]


class Evolution:
    """The next snapshot in the making, unit by unit and step by step, so that its maker can let others run in between."""

    def __init__(self, before: Snapshot, removed: Iterable[str] = ()) -> None:
        gone = frozenset(removed)
        self._before = before
        self._tenants = {name: tenant for name, tenant in before.tenants.items() if name not in gone}
        self._system = before.system
        self._listeners = before.listeners
        self._trunks = before.trunks
        self._ip_rules = before.ip_rules
        self._rate_tables: Mapping[str, RateTableConfig] = {
            name: index.table for name, index in before.rate_tables.items()
        }
        self._declared = before.declared
        self._origins = before.origins

    def add(self, change: UnitChange) -> None:
        """Take one unit's change in. ValueError if it does not fit to what is there: then everything is to be sent anew."""
        finished(self.adding(change))

    def adding(self, change: UnitChange) -> Steps[None]:
        """`add`, in steps."""
        if change.unit != SYSTEM_UNIT:
            self._tenants[change.unit] = yield from _evolving_tenant(self._tenants.get(change.unit), change)
            return
        self._system, self._listeners, self._trunks = _evolved_system(
            self._system, self._listeners, self._trunks, change
        )
        self._ip_rules = _evolved_ip_rules(self._ip_rules, change)
        self._rate_tables = _evolved_rate_tables(self._rate_tables, change)
        self._declared = _evolved_declared(self._declared, change)
        self._origins = _merged(self._origins, change)

    def snapshot(self) -> Snapshot:
        """All of it. ValueError as `Snapshot.build`."""
        return finished(self.completing())

    def completing(self) -> Steps[Snapshot]:
        """`snapshot`, in steps."""
        return Snapshot.building(
            system=self._system,
            listeners=self._listeners.values(),
            trunks=self._trunks.values(),
            ip_rules=self._ip_rules.values(),
            rate_tables=self._rate_tables.values(),
            declared=self._declared.values(),
            tenants=self._tenants.values(),
            origins=self._origins,
            predecessor=self._before,
        )


def evolved(before: Snapshot, changes: Iterable[UnitChange], removed: Iterable[str]) -> Snapshot:
    """The snapshot after these changes, in one go."""
    evolution = Evolution(before, removed)
    for change in changes:
        evolution.add(change)
    return evolution.snapshot()


def _evolving_tenant(before: TenantSnapshot | None, change: UnitChange) -> Steps[TenantSnapshot]:
    """The tenant after the change. ValueError if it does not fit to what is there."""
    upserts = [
        item
        for item in change.upserts
        if item.ref.tenant and not isinstance(item, (SystemConfig, ListenerConfig, IpRuleConfig))
    ]
    if len(upserts) < len(change.upserts):
        raise ValueError(f"a value of the system in tenant {change.unit}")
    if change.whole:
        return TenantSnapshot.building(upserts, origins=change.origins, revision=change.revision, predecessor=before)
    if before is None:
        raise ValueError(f"a part of tenant {change.unit} came without the rest")
    return before.evolving(revision=change.revision, upserts=upserts, deletes=change.deletes, origins=change.origins)


def _evolved_system(
    system: SystemConfig,
    listeners_before: Mapping[str, ListenerConfig],
    trunks_before: Mapping[str, TrunkConfig],
    change: UnitChange,
) -> tuple[SystemConfig, Mapping[str, ListenerConfig], Mapping[str, TrunkConfig]]:
    listeners = {} if change.whole else dict(listeners_before)
    trunks = {} if change.whole else dict(trunks_before)
    system = SystemConfig() if change.whole else system
    for ref in change.deletes:
        match ref.kind:
            case "Listener":
                listeners.pop(ref.name, None)
            case "Trunk":
                trunks.pop(ref.name, None)
            case "System":
                system = SystemConfig()
    for item in change.upserts:
        match item:
            case SystemConfig():
                system = item
            case ListenerConfig():
                listeners[item.name] = item
            case TrunkConfig() if not item.tenant:
                trunks[item.name] = item
            case DeclaredConfig(kind="Listener"):
                listeners.pop(item.name, None)
            case DeclaredConfig(kind="Trunk", tenant=""):
                trunks.pop(item.name, None)
            case IpRuleConfig():
                pass
            case RateTableConfig() if not item.tenant:
                pass
            case DeclaredConfig() if not item.tenant:
                pass
            case _:
                raise ValueError(f"{item.ref} among the system's own")
    return system, listeners, trunks


def _evolved_ip_rules(before: Mapping[str, IpRuleConfig], change: UnitChange) -> Mapping[str, IpRuleConfig]:
    gone = before.keys() if change.whole else {ref.name for ref in change.deletes if ref.kind == "IpRule"}
    new = {item.name: item for item in change.upserts if isinstance(item, IpRuleConfig)}
    return {**{name: item for name, item in before.items() if name not in gone}, **new}


def _evolved_rate_tables(before: Mapping[str, RateTableConfig], change: UnitChange) -> Mapping[str, RateTableConfig]:
    gone = before.keys() if change.whole else {ref.name for ref in change.deletes if ref.kind == "RateTable"}
    new = {item.name: item for item in change.upserts if isinstance(item, RateTableConfig)}
    return {**{name: table for name, table in before.items() if name not in gone}, **new}


def _evolved_declared(
    before: Mapping[ConfigRef, DeclaredConfig], change: UnitChange
) -> Mapping[ConfigRef, DeclaredConfig]:
    """What is carried out from now on is no longer among them."""
    gone = before.keys() if change.whole else {*change.deletes, *(item.ref for item in change.upserts)}
    new = {item.ref: item for item in change.upserts if isinstance(item, DeclaredConfig)}
    return {**{ref: item for ref, item in before.items() if ref not in gone}, **new}


def _merged(before: Mapping[ConfigRef, Origin], change: UnitChange) -> Mapping[ConfigRef, Origin]:
    if change.whole:
        return dict(change.origins)
    if not change.deletes and not change.origins:
        return before
    merged = {**before, **change.origins}
    for ref in change.deletes:
        merged.pop(ref, None)
    return merged
