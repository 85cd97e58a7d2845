"""The rates of a RateTable, found by the longest prefix of a full number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from engine.config.money import MILLION
from engine.config.rate_table import RateTableConfig

HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Price:
    """`prefix`: digits without "+"; `amount`: of each unit of `unit_s` seconds that is begun."""

    prefix: str
    amount: Decimal
    unit_s: int

    @property
    def an_hour(self) -> Decimal:
        """What a line that talks all the time costs in an hour."""
        return self.amount * HOUR_S / self.unit_s


@dataclass(frozen=True, slots=True, eq=False)
class PriceList:
    """Prices of calls to the outside. `by_length`: the longest prefixes first."""

    by_length: tuple[tuple[int, Mapping[str, Price]], ...]
    begun: frozenset[str]
    """All that a prefix begins with, but for whole ones."""

    @classmethod
    def of(cls, prices: Iterable[Price]) -> PriceList:
        found: dict[int, dict[str, Price]] = {}
        for price in prices:
            found.setdefault(len(price.prefix), {})[price.prefix] = price
        begun = frozenset(
            prefix[:end] for of_length in found.values() for prefix in of_length for end in range(len(prefix))
        )
        return cls(tuple(sorted(found.items(), reverse=True)), begun)

    def find(self, digits: str) -> Price | None:
        """The price of calls to a full number, without its "+"."""
        for length, of_length in self.by_length:
            price = of_length.get(digits[:length])
            if price is not None:
                return price
        return None

    def own(self, prefix: str) -> Iterator[str]:
        """How numbers begin that this prefix fits and no longer one: its price is for those, or they have none."""
        if prefix not in self.begun:
            yield prefix
            return
        for digit in "5012346789":
            if self._at(f"{prefix}{digit}") is None:
                yield from self.own(f"{prefix}{digit}")

    def _at(self, prefix: str) -> Price | None:
        return next((of.get(prefix) for length, of in self.by_length if length == len(prefix)), None)

    def prices(self) -> list[Price]:
        return [price for _, of_length in self.by_length for price in of_length.values()]


@lru_cache(maxsize=64)
def price_list(table: RateTableConfig) -> PriceList:
    """Of a RateTable as it was compiled."""
    return PriceList.of(Price(rate.prefix, Decimal(rate.outgoing) / MILLION, rate.unit_s) for rate in table.rates)
