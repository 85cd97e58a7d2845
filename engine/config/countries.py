"""Countries that a tenant calls and does not call (feature C5), and how the call path finds them.

A country is the digits that its numbers begin with. Of several that share a country code (+1, +44) the longest prefix says which is meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryPrefixConfig:
    """`prefix`: the first digits of full numbers, without "+"; `name`: what a manifest calls it."""

    prefix: str
    name: str
    is_allowed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CountriesConfig:
    """`prefixes`: sorted, none twice; `allows_others`: what holds for numbers that begin with none of them. Without prefixes: no policy."""

    prefixes: tuple[CountryPrefixConfig, ...] = ()
    allows_others: bool = True


@dataclass(frozen=True, slots=True)
class CountryIndex:
    """`by_length`: the longest first."""

    by_length: tuple[tuple[int, Mapping[str, CountryPrefixConfig]], ...]
    allows_others: bool

    @classmethod
    def of(cls, config: CountriesConfig) -> CountryIndex | None:
        """The index; None if there is no policy."""
        if not config.prefixes:
            return None
        found: dict[int, dict[str, CountryPrefixConfig]] = {}
        for one in config.prefixes:
            found.setdefault(len(one.prefix), {})[one.prefix] = one
        return cls(tuple(sorted(found.items(), reverse=True)), config.allows_others)

    def find(self, digits: str) -> CountryPrefixConfig | None:
        """The country of a full number without its "+"; None if it is none of those that are named."""
        for length, of_length in self.by_length:
            found = of_length.get(digits[:length])
            if found is not None:
                return found
        return None
