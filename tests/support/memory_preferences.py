"""Where preferences survive, in memory. Satisfies `PreferenceStore`."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import JournalError
from engine.preferences import PreferenceKey, Preferences


class MemoryPreferences:
    """`failure`: with what the next writes are refused, until it is None; `stored`: what is kept."""

    def __init__(self) -> None:
        self.stored: dict[PreferenceKey, Preferences] = {}
        self.failure: str | None = None

    async def put_preferences(self, preferences: Preferences) -> None:
        self._fail()
        self.stored[preferences.key] = preferences

    async def remove_preferences(self, keys: Sequence[PreferenceKey]) -> None:
        self._fail()
        for key in keys:
            self.stored.pop(key, None)

    async def preferences(self) -> Sequence[Preferences]:
        self._fail()
        return list(self.stored.values())

    def _fail(self) -> None:
        if self.failure is not None:
            raise JournalError(self.failure)
