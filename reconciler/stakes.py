"""What is at stake in a plan besides calls and registrations: whether help can be called, and what an hour of calls outside may cost.

Only tenants that change are looked at, or all where a shared trunk or a shared RateTable does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine.config.extension import ExtensionConfig
from engine.config.outbound_rule import OutboundRuleConfig
from engine.config.rate_table import RateTableConfig
from engine.config.ref import ConfigRef, Revision
from engine.config.snapshot import ConfigItem, TenantSnapshot
from engine.config.system import SystemConfig
from engine.config.tenant import TenantConfig
from engine.config.trunk import TrunkConfig
from reconciler.ground import Ground
from reconciler.proof.emergency import gets_through
from reconciler.proof.proof import Subject
from reconciler.state import SYSTEM_UNIT, UnitState
from reconciler.toll.exposure import Exposure, exposure
from reconciler.toll.words import money

NO_LIMIT: Final = "no limit"
_NOTHING: Final[Mapping[ConfigRef, ConfigItem]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """How many of a tenant's extensions, of those that are enabled, reach all of its emergency `numbers`."""

    tenant: str
    extensions: int
    reaching: int
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Toll:
    """The worst hour of calls outside, `before` and `after`: digits, or `no limit`; None = there were no rates.

    `budget`: None = none; `unpriced`: what can be called after the change and has no rate, so that it is not in the sum.
    """

    tenant: str
    currency: str
    before: str | None
    after: str | None
    budget: str | None
    unpriced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stakes:
    """By tenant, in order."""

    help: tuple[Help, ...] = ()
    tolls: tuple[Toll, ...] = ()


def stakes_of(before: Ground, after: Ground, differing: Iterable[str]) -> Stakes:
    """`differing`: the units that may have changed."""
    units = {unit for unit in differing if _revision(before, unit) != _revision(after, unit)}
    if SYSTEM_UNIT in units and _shared(before) != _shared(after):
        units |= before.desired.units.keys() | after.desired.units.keys()
    help_: list[Help] = []
    tolls: list[Toll] = []
    for unit in sorted(units - {SYSTEM_UNIT}):
        will = _subject(after, unit)
        if will is not None:
            help_ += _help(will)
        tolls += _toll(unit, _subject(before, unit, with_rates=True), will)
    return Stakes(tuple(help_), tuple(tolls))


def _revision(ground: Ground, unit: str) -> Revision | None:
    state = ground.desired.units.get(unit)
    return None if state is None else state.revision


def _shared(ground: Ground) -> Mapping[ConfigRef, ConfigItem]:
    """What of the system all tenants' calls outside depend on."""
    unit = ground.desired.units.get(SYSTEM_UNIT)
    items = unit.items if unit is not None else _NOTHING
    return {ref: item for ref, item in items.items() if ref.kind in ("Trunk", "RateTable")}


def _subject(ground: Ground, unit: str, *, with_rates: bool = False) -> Subject | None:
    """The tenant, if it has a way outside; with `with_rates`, if it has rates as well."""
    state = ground.desired.units.get(unit)
    if state is None or not any(isinstance(item, OutboundRuleConfig) for item in state.items.values()):
        return None
    if with_rates and not _has_rates(state):
        return None
    shared = _shared(ground)
    trunks = {item.name: item for item in shared.values() if isinstance(item, TrunkConfig)}
    tables = {ref: item for ref, item in shared.items() if isinstance(item, RateTableConfig)}
    items = [item for item in state.items.values() if not isinstance(item, SystemConfig)]
    tenant = TenantSnapshot.build(items, revision=state.revision)  # type: ignore[arg-type]  # a tenant's unit holds a tenant's values
    return Subject.of(tenant, trunks, tables, ground.catalog.tenants.get(unit, ()))


def _has_rates(state: UnitState) -> bool:
    return any(isinstance(item, TenantConfig) and item.tolls.rates for item in state.items.values())


def _help(subject: Subject) -> Iterator[Help]:
    tenant = subject.tenant
    numbers = tenant.config.dialling.emergency
    people = [extension for extension in tenant.extensions.values() if extension.enabled]
    if not people or not numbers or not tenant.config.enabled:
        return
    counts = Counter(extension.groups for extension in people)
    one_of: dict[tuple[str, ...], ExtensionConfig] = {extension.groups: extension for extension in people}
    reaching = sum(
        count for groups, count in counts.items() if all(gets_through(subject, one_of[groups], n) for n in numbers)
    )
    yield Help(tenant=subject.name, extensions=len(people), reaching=reaching, numbers=numbers)


def _toll(unit: str, was: Subject | None, will: Subject | None) -> Iterator[Toll]:
    before = exposure(was) if was is not None else None
    after = exposure(will) if will is not None else None
    told = after or before
    if told is not None:
        yield Toll(
            tenant=unit,
            currency=told.currency,
            before=_amount(before),
            after=_amount(after),
            budget=None if after is None or after.budget is None else money(after.budget),
            unpriced=() if after is None else after.unpriced,
        )


def _amount(found: Exposure | None) -> str | None:
    if found is None:
        return None
    return NO_LIMIT if found.worst is None else money(found.worst)
