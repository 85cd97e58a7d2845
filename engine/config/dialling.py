"""How numbers are dialled somewhere: the plain values that a `DialContext` is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from dialing.number import DialContext


@dataclass(frozen=True, slots=True, kw_only=True)
class DiallingConfig:
    """As `dialing.number.DialContext`; `emergency`: the numbers that reach help, whoever dials them."""

    country_code: str | None = None
    national_prefix: str = ""
    international_prefixes: tuple[str, ...] = ("00",)
    bare_national_lengths: tuple[int, ...] = ()
    emergency: tuple[str, ...] = ("112",)
    short_codes: tuple[str, ...] = ()

    def context(self, outside_prefixes: frozenset[str] = frozenset()) -> DialContext:
        """What it comes to; equal values share one, for each call by a trunk asks. `outside_prefixes`: of people's outside lines."""
        return _context(self, outside_prefixes)


@lru_cache(maxsize=1024)
def _context(config: DiallingConfig, outside_prefixes: frozenset[str]) -> DialContext:
    return DialContext(
        country_code=config.country_code,
        national_prefix=config.national_prefix,
        international_prefixes=config.international_prefixes,
        emergency=frozenset(config.emergency),
        short_codes=frozenset(config.short_codes),
        bare_national_lengths=frozenset(config.bare_national_lengths),
        outside_prefixes=outside_prefixes,
        sos=config.emergency[0] if config.emergency else None,
    )
