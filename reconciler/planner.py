"""Making a `Plan` of two states. Pure; the cost follows what differs, units that are the same object are not looked into."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from engine.config.extension import ExtensionConfig
from engine.config.ip_rule import IpRuleConfig
from engine.config.ref import ConfigRef, Origin
from engine.config.snapshot import ConfigItem
from engine.config.system import SYSTEM_REF, SystemConfig
from reconciler.compile.registry import config_ref, origin_of
from reconciler.disruption import Disruption, disruption
from reconciler.field_diff import field_changes
from reconciler.ground import Ground
from reconciler.numbers import numbers_of
from reconciler.plan import Action, BlastRadius, Plan, PlannedChange, Standstill
from reconciler.safety import breaches
from reconciler.stakes import Stakes, stakes_of
from reconciler.state import SYSTEM_UNIT, UnitState
from schema.kinds.system import SystemSpec
from schema.resource import AnyResource, Spec

_NOTHING: Final[Mapping[ConfigRef, ConfigItem]] = {}
_DEFAULTS: Final[Mapping[ConfigRef, Spec]] = {SYSTEM_REF: SystemSpec()}


def make_plan(
    before: Ground,
    after: Ground,
    data: Mapping[str, str],
    held: Iterable[Standstill] = (),
    *,
    with_fields: bool = True,
) -> Plan:
    """What turns `before` into `after`. `data`: versions of the data besides the manifests; `held`: what stays for its faults.

    `with_fields`: False leaves out the fields, which are most of the work where all is new; then the digest is none to approve.
    """
    units = sorted(before.desired.units.keys() | after.desired.units.keys())
    differing = [unit for unit in units if not _is_same(before, after, unit)]
    changes = tuple(change for unit in differing for change in _changes(before, after, unit, with_fields))
    return Plan(
        before=before.revision,
        after=after.revision,
        changes=changes,
        radius=_radius(before, after, changes),
        breaches=breaches(
            before.desired.units, after.desired.units, before.catalog.system.spec.safety, _protected(before, differing)
        ),
        held=tuple(sorted(held, key=lambda one: one.unit)),
        stakes=stakes_of(before, after, differing) if with_fields else Stakes(),
        data=data,
    )


def _is_same(before: Ground, after: Ground, unit: str) -> bool:
    if before.desired.units.get(unit) is not after.desired.units.get(unit):
        return False
    if unit == SYSTEM_UNIT:
        return before.catalog.system is after.catalog.system
    return before.catalog.tenants.get(unit) is after.catalog.tenants.get(unit)


def resources_of(ground: Ground, unit: str) -> Iterable[AnyResource]:
    """All resources of one unit, none if there is no such unit."""
    return ground.catalog.system if unit == SYSTEM_UNIT else ground.catalog.tenants.get(unit) or ()


def _resources(ground: Ground, unit: str) -> Mapping[ConfigRef, AnyResource]:
    return {config_ref(resource): resource for resource in resources_of(ground, unit)}


def _items(ground: Ground, unit: str) -> Mapping[ConfigRef, ConfigItem]:
    state = ground.desired.units.get(unit)
    return state.items if state is not None else _NOTHING


def _changes(before: Ground, after: Ground, unit: str, with_fields: bool) -> Iterator[PlannedChange]:
    old, new = _resources(before, unit), _resources(after, unit)
    old_items, new_items = _items(before, unit), _items(after, unit)
    drains = after.catalog.system.spec.drain.total_seconds() > 0
    denied = _denied(new_items) if unit == SYSTEM_UNIT else ()
    for ref in sorted(old.keys() | new.keys()):
        was, now = old.get(ref), new.get(ref)
        item, item_now = old_items.get(ref), new_items.get(ref)
        if (was is now or was == now) and (item is item_now or item == item_now):
            continue
        action = Action.CREATE if was is None else Action.DELETE if now is None else Action.UPDATE
        yield PlannedChange(
            ref=ref,
            action=Action.UPDATE if ref in _DEFAULTS and not before.is_empty else action,
            disruption=disruption(item, item_now, drains=drains, denied=denied),
            origin=_origin(now if now is not None else was),
            fields=field_changes(was, now, _DEFAULTS.get(ref)) if with_fields else (),
        )


def _denied(items: Mapping[ConfigRef, ConfigItem]) -> tuple[str, ...]:
    """The networks that are denied, by the System and by IpRules."""
    found: list[str] = []
    for item in items.values():
        match item:
            case SystemConfig():
                found += item.security.deny
            case IpRuleConfig(is_allowed=False):
                found.append(item.network)
    return tuple(found)


def _origin(resource: AnyResource | None) -> Origin | None:
    return origin_of(resource) if resource is not None else None


def _protected(before: Ground, units: Iterable[str]) -> Sequence[ConfigRef]:
    return [
        ref
        for unit in units
        for ref, resource in _resources(before, unit).items()
        if resource.metadata.deletion_protection
    ]


# Who may notice


def _radius(before: Ground, after: Ground, changes: Iterable[PlannedChange]) -> BlastRadius:
    """A change of a tenant reaches all its extensions, one of the system everybody's; one that disturbs nothing reaches nobody."""
    reached: set[str] = set()
    own: dict[str, set[ConfigRef]] = {}
    for change in changes:
        if change.disruption is Disruption.NONE:
            continue
        if change.ref.tenant == SYSTEM_UNIT and change.action is not Action.CREATE:
            reached |= before.desired.units.keys() | after.desired.units.keys()
        elif change.ref.kind == "Extension":
            own.setdefault(change.ref.tenant, set()).add(change.ref)
        else:
            reached.add(change.ref.tenant)
    counts = [0, 0, 0, 0]
    for unit in before.desired.units.keys() | after.desired.units.keys():
        old, new = before.desired.units.get(unit), after.desired.units.get(unit)
        for index, count in enumerate(_reach(old, new, None if unit in reached else own.get(unit, frozenset()))):
            counts[index] += count
    return BlastRadius(counts[0], counts[1], counts[2], counts[3])


def _reach(
    old: UnitState | None, new: UnitState | None, reached: Iterable[ConfigRef] | None
) -> tuple[int, int, int, int]:
    """Extensions reached, all of them; numbers reached, all of them. `reached`: None = everybody."""
    sides = [side.items for side in (old, new) if side is not None]
    if old is new:
        sides = sides[:1]
    extensions = {ref for items in sides for ref in items if ref.kind == "Extension"}
    if reached is None:
        numbers = {number for items in sides for number in numbers_of(items.values())}
        return len(extensions), len(extensions), len(numbers), len(numbers)
    found = {ref for ref in reached if ref in extensions}
    if not found and old is new:
        groups = sum(ref.kind == "RingGroup" for ref in sides[0])
        return 0, len(extensions), 0, len(extensions) + groups
    numbers = {number for items in sides for number in numbers_of(items.values())}
    touched = {item.number for items in sides for ref in found if isinstance(item := items.get(ref), ExtensionConfig)}
    return len(found), len(extensions), len(touched), len(numbers)
