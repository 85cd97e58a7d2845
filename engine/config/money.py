"""Amounts of money as whole millionths of a currency: exact, and sums and comparisons of them are those of integers.

Manifests have up to six digits behind the point, so nothing is ever rounded. People read and write `12.50`.
"""

from __future__ import annotations

import re
from typing import Final

MILLION: Final = 1_000_000
MOST: Final = 999_999_999 * MILLION + (MILLION - 1)
"""The largest amount that can be written."""
_FORM: Final = re.compile(r"(-?)([0-9]{1,9})(?:\.([0-9]{1,6}))?", re.ASCII)


def millionths(text: str) -> int:
    """Of digits as `12.50` or `-0.008`. ValueError for anything else."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError("is no amount of money; write it like 12.50, without a currency")
    sign, whole, part = found.groups()
    amount = int(whole) * MILLION + int((part or "0").ljust(6, "0"))
    return -amount if sign else amount


def amount_text(amount: int) -> str:
    """`12.50`, `0.008`: at least two digits behind the point, and no more than it takes."""
    whole, part = divmod(abs(amount), MILLION)
    digits = f"{part:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if amount < 0 else ''}{whole}.{digits}"
