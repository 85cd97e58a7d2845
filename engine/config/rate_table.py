"""What calls over trunks cost, by the first digits of the number outside (feature C7), and how the call path finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.config.declared import DeclaredField
from engine.config.ref import ConfigRef
from engine.config.steps import STEP, Steps, finished


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixRateConfig:
    """`prefix`: the first digits of full numbers, without "+"; `outgoing`, `incoming`: the price of each unit begun, in millionths of the
    currency (`engine.config.money`)."""

    prefix: str
    outgoing: int
    incoming: int = 0
    unit_s: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTableConfig:
    """`tenant`: "" = a shared one; `currency`: "" = that of whoever uses it; `rates`: by prefix, none twice."""

    tenant: str
    name: str
    rates: tuple[PrefixRateConfig, ...]
    currency: str = ""
    declared: tuple[DeclaredField, ...] = ()

    @property
    def ref(self) -> ConfigRef:
        return ConfigRef(self.tenant, "RateTable", self.name)


@dataclass(frozen=True, slots=True, eq=False)
class RateIndex:
    """`by_length`: the longest prefixes first."""

    table: RateTableConfig
    by_length: tuple[tuple[int, Mapping[str, PrefixRateConfig]], ...]

    @classmethod
    def of(cls, table: RateTableConfig) -> RateIndex:
        return finished(cls.making(table))

    @classmethod
    def making(cls, table: RateTableConfig) -> Steps[RateIndex]:
        """`of`, in steps."""
        found: dict[int, dict[str, PrefixRateConfig]] = {}
        for count, rate in enumerate(table.rates, start=1):
            found.setdefault(len(rate.prefix), {})[rate.prefix] = rate
            if count % STEP == 0:
                yield
        return cls(table, tuple(sorted(found.items(), reverse=True)))

    def find(self, digits: str) -> PrefixRateConfig | None:
        """The rate of a full number without its "+"; None if there is none."""
        for length, of_length in self.by_length:
            rate = of_length.get(digits[:length])
            if rate is not None:
                return rate
        return None


def indexing(before: Mapping[str, RateIndex], tables: Mapping[str, RateTableConfig]) -> Steps[Mapping[str, RateIndex]]:
    """An index for each table, by name: that of before for one that has not changed."""
    found: dict[str, RateIndex] = {}
    for name, table in tables.items():
        known = before.get(name)
        found[name] = known if known is not None and known.table == table else (yield from RateIndex.making(table))
    return found
