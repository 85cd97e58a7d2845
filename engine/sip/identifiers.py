"""Where random values of the protocol come from: injected, so that tests are literal (RFC 3261 §19.3, §8.1.1.7)."""

from typing import Protocol
from uuid import UUID


class Identifiers(Protocol):
    """The source of every unguessable or unique value."""

    def branch(self) -> str:
        """A Via branch, with the magic cookie `z9hG4bK`; at least 64 random bits."""

    def tag(self) -> str:
        """A From or To tag; at least 64 random bits."""

    def call_id(self) -> str:
        """A SIP Call-ID for a leg of ours."""

    def nonce_bytes(self, count: int) -> bytes:
        """`count` random bytes, for keys and nonces."""

    def uuid7(self, unix_ms: int) -> UUID:
        """A UUID version 7 (RFC 9562 §5.7) for the wall time `unix_ms`."""
