"""The real source of unguessable values: the kernel's random generator, and UUIDs of version 7 (RFC 9562 §5.7).

Surprising: random bytes are fetched in blocks, since a system call a tag costs more than the rest of it. So a process must not be
forked with one of these in use (children here are spawned). Keys and nonces never come from the block.
"""

from __future__ import annotations

import os
from typing import Final
from uuid import UUID

_BLOCK_BYTES: Final = 4096
_TAG_DIGITS: Final = 16  # 64 bits; RFC 3261 §19.3 asks for 32
_BRANCH_DIGITS: Final = 20
_CALL_ID_DIGITS: Final = 32
_MAGIC_COOKIE: Final = "z9hG4bK"

_RANDOM_BITS: Final = 74
_RANDOM_MASK: Final = (1 << _RANDOM_BITS) - 1
_RAND_B_MASK: Final = (1 << 62) - 1
_VERSION_AND_VARIANT: Final = (0x7 << 76) | (0x2 << 62)
_UNIX_MS_MASK: Final = (1 << 48) - 1
_STEP_BITS: Final = 32
_CLOCK_SET_BACK_MS: Final = 10_000


class RandomIdentifiers:
    """Satisfies `engine.sip.identifiers.Identifiers`. For one thread."""

    def __init__(self) -> None:
        self._digits = ""
        self._at = 0
        self._last_ms = -1
        self._last_random = 0

    def branch(self) -> str:
        return _MAGIC_COOKIE + self._take(_BRANCH_DIGITS)

    def tag(self) -> str:
        return self._take(_TAG_DIGITS)

    def call_id(self) -> str:
        return self._take(_CALL_ID_DIGITS)

    def nonce_bytes(self, count: int) -> bytes:
        return bytes.fromhex(self._take(2 * count)) if count <= _BLOCK_BYTES else os.urandom(count)

    def uuid7(self, unix_ms: int) -> UUID:
        """Rising strictly, also within a millisecond (RFC 9562 §6.2 method 2) and when the clock is set back a little.

        After a step back of more than 10 s ids follow the clock again: they would else claim a false time until it catches up.
        """
        unix_ms &= _UNIX_MS_MASK
        if unix_ms > self._last_ms or unix_ms < self._last_ms - _CLOCK_SET_BACK_MS:
            # The highest bit starts as 0, which leaves room to rise in.
            return self._uuid(unix_ms, int(self._take(19), 16) & (_RANDOM_MASK >> 1))
        random = self._last_random + 1 + int(self._take(_STEP_BITS // 4), 16)
        if random > _RANDOM_MASK:
            return self._uuid(self._last_ms + 1, int(self._take(19), 16) & (_RANDOM_MASK >> 1))
        return self._uuid(self._last_ms, random)

    def _uuid(self, unix_ms: int, random: int) -> UUID:
        self._last_ms = unix_ms
        self._last_random = random
        return UUID(int=(unix_ms << 80) | _VERSION_AND_VARIANT | (random >> 62) << 64 | (random & _RAND_B_MASK))

    def _take(self, count: int) -> str:
        at = self._at
        end = at + count
        if end > len(self._digits):
            self._digits = os.urandom(_BLOCK_BYTES).hex()
            at, end = 0, count
        self._at = end
        return self._digits[at:end]
