"""Identifiers that count instead of drawing, so that a test can name what it expects."""

from uuid import UUID


class CountingIdentifiers:
    def __init__(self) -> None:
        self._count = 0

    def _next(self) -> int:
        self._count += 1
        return self._count

    def branch(self) -> str:
        return f"z9hG4bK-{self._next()}"

    def tag(self) -> str:
        return f"tag-{self._next()}"

    def call_id(self) -> str:
        return f"call-{self._next()}"

    def nonce_bytes(self, count: int) -> bytes:
        return self._next().to_bytes(count, "big")

    def uuid7(self, unix_ms: int) -> UUID:
        return UUID(int=(unix_ms << 80) | (0x7 << 76) | (0x2 << 62) | self._next())
