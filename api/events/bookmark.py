"""How far a reader is, as the `id` of what it was sent: `EPOCH-PLACE` for who sees all, for a tenant's reader a word that only we can read.

Places are counted over the whole system, so plain ones would tell a tenant how much goes on elsewhere. A tenant's are encrypted with a key
of its own, as one block of AES each: the same place has the same word, no two words can be told apart by order or distance, and one of
another tenant, another epoch or nobody's is read as no place at all.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

KEY_BYTES: Final = 32
_BLOCK_BYTES: Final = 16
_LONGEST_PLACE: Final = 15


class Bookmarks:
    """Those of one epoch for one tenant; None = for who sees all. `key`: the epoch's, `KEY_BYTES` that nobody else has."""

    def __init__(self, epoch: str, key: bytes, tenant: str | None) -> None:
        self._epoch = epoch
        if tenant is None:
            self._encrypt = self._decrypt = None
            return
        cipher = Cipher(AES(blake2b(tenant.encode(), key=key, digest_size=32).digest()), ECB())  # noqa: S305  # one block, never more
        self._encrypt, self._decrypt = cipher.encryptor(), cipher.decryptor()

    def of(self, place: int) -> str:
        """The id of what was sent last to a reader at that place."""
        if self._encrypt is None:
            return f"{self._epoch}-{place}"
        return f"{self._epoch}-{self._encrypt.update(place.to_bytes(_BLOCK_BYTES, 'big')).hex()}"

    def place(self, text: str | None) -> int | None:
        """None: it is none of these."""
        epoch, _, word = (text or "").rpartition("-")
        if epoch != self._epoch or not word.isascii():
            return None
        if self._decrypt is None:
            return int(word) if word.isdecimal() and len(word) <= _LONGEST_PLACE else None
        try:
            block = bytes.fromhex(word)
        except ValueError:
            return None
        if len(block) != _BLOCK_BYTES:
            return None
        place = int.from_bytes(self._decrypt.update(block), "big")
        return place if len(str(place)) <= _LONGEST_PLACE else None
