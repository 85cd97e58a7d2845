"""`Dialling` to `DiallingConfig`: what a country has, unless a field says otherwise."""

from __future__ import annotations

from typing import Final

from engine.config.dialling import DiallingConfig
from reconciler.compile.numbering import Numbering, numbering
from schema.dialling import Dialling

_NOWHERE: Final = Numbering(
    country_code="",
    national_prefix="",
    international_prefixes=("00",),
    bare_national_lengths=(),
    emergency=("112",),
)


def dialling(spec: Dialling) -> DiallingConfig:
    of = _NOWHERE if spec.country is None else numbering(spec.country)
    return DiallingConfig(
        country_code=(of.country_code or None) if spec.country_code is None else spec.country_code,
        national_prefix=of.national_prefix if spec.national_prefix is None else spec.national_prefix,
        international_prefixes=of.international_prefixes
        if spec.international_prefixes is None
        else spec.international_prefixes,
        bare_national_lengths=of.bare_national_lengths
        if spec.bare_national_lengths is None
        else spec.bare_national_lengths,
        emergency=of.emergency if spec.emergency_numbers is None else spec.emergency_numbers,
        short_codes=spec.short_codes,
    )
