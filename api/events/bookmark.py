"""How far a reader is, as the `id` of what it was sent: `EPOCH-PLACE` for who sees all, for a tenant's reader a word that only we can read.

Places are counted over the whole system, so plain ones would tell a tenant how much goes on elsewhere. A tenant's are hidden with a key of
its own: a keyed hash of the place, and the place under a mask made of that hash (a synthetic IV, RFC 5297). The same place has the same
word, no two words tell of order or distance, and one of another tenant, of another epoch or made up is read as no place at all. Hashes and
no cipher, for importing `cryptography` would cost the server 7 MiB.
"""

from __future__ import annotations

from hashlib import blake2b
from hmac import compare_digest
from typing import Final

KEY_BYTES: Final = 32
_HALF_BYTES: Final = 8
_WORD_DIGITS: Final = 4 * _HALF_BYTES
_LONGEST_PLACE: Final = 15


class Bookmarks:
    """Those of one epoch for one tenant; None = for who sees all. `key`: the epoch's, `KEY_BYTES` that nobody else has."""

    def __init__(self, epoch: str, key: bytes, tenant: str | None) -> None:
        self._epoch = epoch
        self._key = None if tenant is None else blake2b(tenant.encode(), key=key, digest_size=KEY_BYTES).digest()

    def of(self, place: int) -> str:
        """The id of what was sent last to a reader at that place."""
        if self._key is None:
            return f"{self._epoch}-{place}"
        plain = place.to_bytes(_HALF_BYTES, "big")
        mark = _hash(self._key, b"mark", plain)
        return f"{self._epoch}-{mark.hex()}{_masked(self._key, mark, plain).hex()}"

    def place(self, text: str | None) -> int | None:
        """None: it is none of these."""
        epoch, _, word = (text or "").rpartition("-")
        if epoch != self._epoch or not word.isascii():
            return None
        if self._key is None:
            return int(word) if word.isdecimal() and len(word) <= _LONGEST_PLACE else None
        try:
            both = bytes.fromhex(word) if len(word) == _WORD_DIGITS else b""
        except ValueError:
            return None
        mark = both[:_HALF_BYTES]
        plain = _masked(self._key, mark, both[_HALF_BYTES:])
        return int.from_bytes(plain, "big") if both and compare_digest(mark, _hash(self._key, b"mark", plain)) else None


def _masked(key: bytes, mark: bytes, half: bytes) -> bytes:
    mask = _hash(key, b"mask", mark)
    return bytes([one ^ other for one, other in zip(half, mask, strict=False)])


def _hash(key: bytes, use: bytes, content: bytes) -> bytes:
    return blake2b(content, key=key, person=use, digest_size=_HALF_BYTES).digest()
