"""How numbers are dialled somewhere: the plain values that a `DialContext` is made of."""

from __future__ import annotations

from dataclasses import dataclass

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

    def context(self) -> DialContext:
        return DialContext(
            country_code=self.country_code,
            national_prefix=self.national_prefix,
            international_prefixes=self.international_prefixes,
            emergency=frozenset(self.emergency),
            short_codes=frozenset(self.short_codes),
            bare_national_lengths=frozenset(self.bare_national_lengths),
        )
