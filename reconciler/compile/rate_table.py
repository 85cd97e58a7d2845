"""`RateTable` to `RateTableConfig`."""

from __future__ import annotations

from decimal import Decimal

from engine.config.money import millionths
from engine.config.rate_table import PrefixRateConfig, RateTableConfig
from schema.kinds.rate_table import Rate, RateTableSpec
from schema.resource import ResourceRef


def compile_rate_table(ref: ResourceRef, spec: RateTableSpec) -> RateTableConfig:
    return RateTableConfig(
        tenant=ref.tenant or "",
        name=ref.name,
        currency=spec.currency or "",
        rates=tuple(sorted(map(_rate, spec.rates), key=lambda rate: rate.prefix)),
    )


def amount(written: Decimal) -> int:
    """In millionths."""
    return millionths(f"{written:f}")


def _rate(rate: Rate) -> PrefixRateConfig:
    return PrefixRateConfig(
        prefix=rate.prefix[1:],
        outgoing=amount(rate.outgoing),
        incoming=amount(rate.incoming),
        unit_s=int(rate.unit.total_seconds()),
    )
