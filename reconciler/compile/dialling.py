"""`Dialling` to `DiallingConfig`."""

from __future__ import annotations

from engine.config.dialling import DiallingConfig
from schema.dialling import Dialling


def dialling(spec: Dialling) -> DiallingConfig:
    default = DiallingConfig()
    return DiallingConfig(
        country_code=spec.country_code,
        national_prefix=spec.national_prefix or "",
        international_prefixes=default.international_prefixes
        if spec.international_prefixes is None
        else spec.international_prefixes,
        bare_national_lengths=spec.bare_national_lengths or (),
        emergency=default.emergency if spec.emergency_numbers is None else spec.emergency_numbers,
        short_codes=spec.short_codes,
    )
