"""Shamir's secret sharing as SOPS does it over its key groups: any `threshold` shares give the data key, fewer give nothing.

Each byte of the secret is the constant of a polynomial of its own over GF(2^8), with AES's polynomial. A share is the value of each at
one point, and the point itself as its last byte (HashiCorp Vault's `shamir`, which SOPS carries). Only putting together is here:
nothing of ours makes shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import xor
from typing import Final

_REDUCED_BY: Final = 0x1B


class NoShares(ValueError):
    """They are not of one secret, or two of them are the same."""


def combined(shares: Sequence[bytes]) -> bytes:
    """The secret. NoShares. Too few, or another secret's, give another secret: whoever uses it has to see that."""
    lengths = {len(share) for share in shares}
    points = [share[-1] for share in shares if share]
    if len(shares) < 2 or len(lengths) != 1 or min(lengths) < 2 or 0 in points or len(set(points)) != len(points):
        raise NoShares
    weights = [_weight(points, at) for at in range(len(points))]
    columns = zip(*(share[:-1] for share in shares), strict=True)
    return bytes(
        reduce(xor, (_times(y, weight) for y, weight in zip(column, weights, strict=True))) for column in columns
    )


def _weight(points: Sequence[int], at: int) -> int:
    """Lagrange's basis polynomial of one point, at zero."""
    found = 1
    for other, point in enumerate(points):
        if other != at:
            found = _times(found, _times(point, _inverse(point ^ points[at])))
    return found


def _times(a: int, b: int) -> int:
    found = 0
    for _ in range(8):
        found ^= a * (b & 1)
        a = (a << 1) ^ (0x100 | _REDUCED_BY) * (a >> 7)
        b >>= 1
    return found


def _inverse(a: int) -> int:
    """a to the power of 254."""
    found = a
    for _ in range(6):
        found = _times(_times(found, found), a)
    return _times(found, found)
