"""Limits on what one change may take away: a slip of the hand, or a merge gone wrong, stops here and asks to be confirmed by name.

Pure. Counted are resources, extensions and numbers that a change deletes or changes, each against what runs, for each tenant and
overall; where fewer than a minimum run, shares say nothing and are not looked at. The limits are those of the running system: a change
can't widen the limits that it is measured by. The protection of a resource lives there too, so removing its file does not remove it;
that alone can't be confirmed away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from engine.config.listener import ListenerConfig
from engine.config.outbound_index import OutboundIndex
from engine.config.outbound_rule import OutboundRuleConfig
from engine.config.ref import ConfigRef
from engine.config.snapshot import ConfigItem
from engine.config.tenant import TenantConfig
from engine.config.trunk import TrunkConfig
from reconciler.numbers import numbers_of
from reconciler.state import SYSTEM_UNIT, UnitState
from schema.kinds.system import Safety

OVERALL: Final = ""


class Limit(StrEnum):
    """What a breach is of; the values begin the names that confirm it."""

    DELETED = "deleted"
    CHANGED = "changed"
    TENANT_DELETED = "tenant-deleted"
    LAST_LISTENER = "last-listener"
    LAST_TRUNK = "last-trunk"
    LAST_EMERGENCY_ROUTE = "last-emergency-route"
    PROTECTED = "protected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """`id`: confirms it; `unit`: the tenant it is about, "" if about the system or all together; `what`: with the counts."""

    id: str
    unit: str
    what: str
    hint: str
    is_confirmable: bool = True

    def __str__(self) -> str:
        return f"{self.what}; {self.hint} [{self.id}]"


@dataclass(slots=True)
class _Tally:
    """Of one sort of thing in one scope."""

    total: int = 0
    deleted: int = 0
    changed: int = 0

    def add(self, other: _Tally) -> None:
        self.total += other.total
        self.deleted += other.deleted
        self.changed += other.changed


def breaches(
    before: Mapping[str, UnitState],
    after: Mapping[str, UnitState],
    safety: Safety,
    protected: Iterable[ConfigRef],
) -> tuple[Breach, ...]:
    """All limits that the change from `before` to `after` breaks, sorted by name. None for a first revision."""
    if not before:
        return ()
    return tuple(sorted(_breaches(before, after, safety, protected), key=lambda breach: breach.id))


def _breaches(
    before: Mapping[str, UnitState],
    after: Mapping[str, UnitState],
    safety: Safety,
    protected: Iterable[ConfigRef],
) -> Iterator[Breach]:
    yield from _protected(protected, after)
    yield from _last_listener(before, after)
    overall: dict[str, _Tally] = {}
    for unit in sorted(before):
        old, new = before[unit], after.get(unit)
        tallies = _same(old) if old is new else _tallies(old.items, new.items if new is not None else {})
        for noun, tally in tallies.items():
            overall.setdefault(noun, _Tally()).add(tally)
        if unit == SYSTEM_UNIT or old is new:
            continue
        if new is None:
            yield _tenant_deleted(unit, tallies)
        else:
            yield from _shares(unit, tallies, safety)
            yield from _last_way_outside(unit, old, new)
    yield from _last_shared_trunk(before, after)
    if len(before.keys() - {SYSTEM_UNIT}) > 1:  # else it would only say again what is said of the one tenant
        yield from _shares(OVERALL, overall, safety)


def _same(unit: UnitState) -> Mapping[str, _Tally]:
    extensions = sum(ref.kind == "Extension" for ref in unit.items)
    numbers = extensions + sum(ref.kind == "RingGroup" for ref in unit.items)
    return {"resources": _Tally(len(unit.items)), "extensions": _Tally(extensions), "numbers": _Tally(numbers)}


def _tallies(old: Mapping[ConfigRef, ConfigItem], new: Mapping[ConfigRef, ConfigItem]) -> Mapping[str, _Tally]:
    resources, extensions, numbers = _Tally(), _Tally(), _Tally()
    for ref, item in old.items():
        now = new.get(ref)
        tallies = (resources, extensions) if ref.kind == "Extension" else (resources,)
        for tally in tallies:
            tally.total += 1
            tally.deleted += now is None
            tally.changed += now is not None and now != item
    owners, owners_now = numbers_of(old.values()), numbers_of(new.values())
    for number, owner in owners.items():
        numbers.total += 1
        numbers.deleted += number not in owners_now
        numbers.changed += owners_now.get(number, owner) != owner
    return {"resources": resources, "extensions": extensions, "numbers": numbers}


def _shares(unit: str, tallies: Mapping[str, _Tally], safety: Safety) -> Iterator[Breach]:
    whose = f"Tenant {unit}" if unit else "All tenants together"
    for noun, tally in tallies.items():
        if tally.total < safety.minimum:
            continue
        for limit, count, most, field in (
            (Limit.DELETED, tally.deleted, safety.max_deleted_percent, "maxDeletedPercent"),
            (Limit.CHANGED, tally.changed, safety.max_changed_percent, "maxChangedPercent"),
        ):
            if count * 100 > most * tally.total:
                yield Breach(
                    id=_name(f"{noun}-{limit.value}", unit),
                    unit=unit,
                    what=f"{whose}: {count} of {tally.total} {noun} {_verb(limit, count)}, more than {most} %",
                    hint=f"{_confirm(_name(f'{noun}-{limit.value}', unit))} (the limit is System spec.safety.{field})",
                )


def _verb(limit: Limit, count: int) -> str:
    return f"would be {limit.value}" if count != 1 else f"is to be {limit.value}"


def _tenant_deleted(unit: str, tallies: Mapping[str, _Tally]) -> Breach:
    name = _name(Limit.TENANT_DELETED.value, unit)
    counted = ", ".join(f"{tally.total} {noun}" for noun, tally in tallies.items() if noun != "numbers")
    return Breach(
        id=name, unit=unit, what=f"Tenant {unit} would be deleted with all it has ({counted})", hint=_confirm(name)
    )


def _last_listener(before: Mapping[str, UnitState], after: Mapping[str, UnitState]) -> Iterator[Breach]:
    had, has = _listeners(before), _listeners(after)
    names = {listener.name for listener in has}
    sockets = {_socket(listener) for listener in has}
    if had and not any(listener.name in names or _socket(listener) in sockets for listener in had):
        told = ", ".join(sorted(f"{one.name} ({one.transport} {one.port})" for one in had))
        yield Breach(
            id=Limit.LAST_LISTENER.value,
            unit=SYSTEM_UNIT,
            what=f"every running listener would be deleted: {told}; each phone has to be told another address or port",
            hint=_confirm(Limit.LAST_LISTENER.value),
        )


def _last_way_outside(unit: str, old: UnitState, new: UnitState) -> Iterator[Breach]:
    """The last trunk of a tenant, and the last rule by which it can call for help."""
    trunks = _trunks(old)
    if trunks and not _trunks(new):
        name = _name(Limit.LAST_TRUNK.value, unit)
        what = f"Tenant {unit} would have no trunk any more: {', '.join(trunks)} would be deleted or disabled"
        yield Breach(id=name, unit=unit, what=what, hint=_confirm(name))
    numbers = _reachable_help(old)
    if numbers and not _reachable_help(new):
        name = _name(Limit.LAST_EMERGENCY_ROUTE.value, unit)
        what = f"nobody of Tenant {unit} could call for help any more ({', '.join(numbers)}): no outbound rule would lead there"
        yield Breach(id=name, unit=unit, what=what, hint=_confirm(name))


def _last_shared_trunk(before: Mapping[str, UnitState], after: Mapping[str, UnitState]) -> Iterator[Breach]:
    old, new = before.get(SYSTEM_UNIT), after.get(SYSTEM_UNIT)
    if old is None or old is new:
        return
    trunks = _trunks(old)
    if trunks and not (new is not None and _trunks(new)):
        name = Limit.LAST_TRUNK.value
        what = f"there would be no shared trunk any more: {', '.join(trunks)} would be deleted or disabled"
        yield Breach(id=name, unit=SYSTEM_UNIT, what=what, hint=_confirm(name))


def _trunks(unit: UnitState) -> list[str]:
    return sorted(item.name for item in unit.items.values() if isinstance(item, TrunkConfig) and item.enabled)


def _reachable_help(unit: UnitState) -> list[str]:
    """The emergency numbers that some outbound rule leads to."""
    rules = OutboundIndex.of(item for item in unit.items.values() if isinstance(item, OutboundRuleConfig))
    tenants = [item for item in unit.items.values() if isinstance(item, TenantConfig)]
    numbers = tenants[0].dialling.emergency if tenants else ()
    return [number for number in numbers if any(True for _ in rules.whoever_calls(number))]


def _listeners(units: Mapping[str, UnitState]) -> list[ListenerConfig]:
    system = units.get(SYSTEM_UNIT)
    return [item for item in system.items.values() if isinstance(item, ListenerConfig)] if system is not None else []


def _socket(listener: ListenerConfig) -> tuple[str, str | None, int]:
    return listener.transport, listener.address, listener.port


def _protected(protected: Iterable[ConfigRef], after: Mapping[str, UnitState]) -> Iterator[Breach]:
    for ref in protected:
        unit = after.get(ref.tenant)
        if unit is None or ref not in unit.items:
            yield Breach(
                id=f"{Limit.PROTECTED.value}:{'/'.join(part for part in ref if part)}",
                unit=ref.tenant,
                what=f"{ref} would be deleted and is protected (metadata.deletionProtection)",
                hint="first let a revision without its protection be applied, then delete it",
                is_confirmable=False,
            )


def _name(what: str, unit: str) -> str:
    return f"{what}:{unit}" if unit else what


def _confirm(name: str) -> str:
    return f"if it is meant, add --confirm {name}"
