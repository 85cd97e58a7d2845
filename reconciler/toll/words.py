"""Exposures in words, the same for proofs and plans."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Final

from reconciler.toll.exposure import Caller

CENT: Final = Decimal("0.01")
MOST_NAMED: Final = 5
MOST_CALLERS: Final = 3


def money(amount: Decimal, currency: str = "") -> str:
    """Two digits behind the point, rounded up: a bound stays one."""
    return f"{amount.quantize(CENT, ROUND_CEILING):,f}{f' {currency}' if currency else ''}"


def unpriced_words(unpriced: Sequence[str]) -> str:
    """`+33, +49 and 12 more`."""
    named, more = unpriced[:MOST_NAMED], len(unpriced) - MOST_NAMED
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def dearest_words(callers: Sequence[Caller]) -> str:
    """`extension 101 and 6 more: +53 at 48.00 an hour`: the dearest first, each rate with who gets to it."""
    shown = [f"{one.who}: +{one.prefix} at {money(one.hour)} an hour" for one in callers if one.hour]
    more = len(shown) - MOST_CALLERS
    return "; ".join(shown[:MOST_CALLERS]) + (f"; and {more} more" if more > 0 else "")
