"""Nonces that prove themselves: nothing is kept for a challenge, so a flood of unanswered ones costs no memory.

RFC 7616 §5.4 (limited use), §5.12. A nonce is the time it was made, random bytes, and a MAC over both and its
scope: for which realm and for whom it was made.

Surprising: the time inside is shifted by a secret amount, so that a nonce does not tell strangers how long we are up.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from hmac import compare_digest
from typing import Final, NamedTuple

from engine.sip.identifiers import Identifiers

_TIME_DIGITS: Final = 12
_RANDOM_BYTES: Final = 8
_MAC_BYTES: Final = 12
_BODY_DIGITS: Final = _TIME_DIGITS + 2 * _RANDOM_BYTES
_FORM: Final = re.compile(rf"[0-9a-f]{{{_BODY_DIGITS + 2 * _MAC_BYTES}}}")
_TIME_RANGE: Final = 16**_TIME_DIGITS


class Nonce(NamedTuple):
    """A nonce of ours. `ident`: unique; `issued_at`: by the clock of `now`, seconds."""

    ident: int
    issued_at: float


class NonceMint:
    """Makes and recognises nonces. `key`: 16 to 64 secret bytes, new for each start."""

    __slots__ = ("_identifiers", "_key", "_shift_ms")

    def __init__(self, key: bytes, identifiers: Identifiers) -> None:
        self._key = key
        self._identifiers = identifiers
        self._shift_ms = int.from_bytes(blake2b(b"shift", key=key, digest_size=5).digest(), "big")

    def make(self, scope: str, now: float) -> str:
        """A new nonce for a scope."""
        time_ms = (int(now * 1000) + self._shift_ms) % _TIME_RANGE
        body = f"{time_ms:0{_TIME_DIGITS}x}{self._identifiers.nonce_bytes(_RANDOM_BYTES).hex()}"
        return body + self._mac(body, scope)

    def read(self, text: str, scope: str) -> Nonce | None:
        """The nonce; None if we did not make it for that scope (with this key)."""
        if _FORM.fullmatch(text) is None:
            return None
        body = text[:_BODY_DIGITS]
        if not compare_digest(text[_BODY_DIGITS:], self._mac(body, scope)):
            return None
        time_ms = (int(body[:_TIME_DIGITS], 16) - self._shift_ms) % _TIME_RANGE
        return Nonce(int(body, 16), time_ms / 1000)

    def _mac(self, body: str, scope: str) -> str:
        text = f"{body}{scope}".encode("utf-8", "surrogateescape")
        return blake2b(text, key=self._key, digest_size=_MAC_BYTES).hexdigest()
