"""Amounts of money as whole millionths of a currency: exact, and sums and comparisons of them are those of integers.

Manifests have up to six digits behind the point, so nothing is ever rounded. People read and write `12.50`.
"""

from __future__ import annotations

import re
from typing import Final

MILLION: Final = 1_000_000
MOST: Final = 999_999_999 * MILLION + (MILLION - 1)
"""The largest amount that can be written."""
_FORM: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]{1,6}))?", re.ASCII)
_MOST_DIGITS: Final = 9
_MOST_DIGITS_OF_SUM: Final = 24


def millionths(text: str) -> int:
    """Of digits as `12.50` or `-0.008`. ValueError for anything else."""
    return _read(text, _MOST_DIGITS)


def sum_millionths(text: str) -> int:
    """The same, of what was multiplied and added up, and so may be more than people can write."""
    return _read(text, _MOST_DIGITS_OF_SUM)


def _read(text: str, most_digits: int) -> int:
    found = _FORM.fullmatch(text)
    if found is None or len(found[2]) > most_digits:
        raise ValueError("is no amount of money; write it like 12.50, without a currency")
    sign, whole, part = found.groups()
    amount = int(whole) * MILLION + int((part or "0").ljust(6, "0"))
    return -amount if sign else amount


def amount_text(amount: int) -> str:
    """`12.50`, `0.008`: at least two digits behind the point, and no more than it takes."""
    whole, part = divmod(abs(amount), MILLION)
    digits = f"{part:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if amount < 0 else ''}{whole}.{digits}"
