"""How much goes outside: channels of trunks, and calls of extensions and tenants, live and in the last minute.

Everything taken is given back exactly once by who took it; a count that reaches 0 is forgotten, so nothing grows with what was.
"""

from __future__ import annotations

from collections import deque
from typing import Final

MINUTE_S: Final = 60.0

Subject = tuple[str, str]
"""tenant and extension's number; "" = all of the tenant."""


class Usage:
    """Live counts. All of it is asked on the call path, so asking is a dictionary look-up."""

    __slots__ = ("_begun", "_channels", "_outside")

    def __init__(self) -> None:
        self._channels: dict[str, int] = {}
        self._outside: dict[Subject, int] = {}
        self._begun: dict[Subject, deque[float]] = {}

    def channels(self, trunk: str) -> int:
        """By `TrunkConfig.key`."""
        return self._channels.get(trunk, 0)

    def take_channel(self, trunk: str) -> None:
        self._channels[trunk] = self._channels.get(trunk, 0) + 1

    def give_channel(self, trunk: str) -> None:
        _less(self._channels, trunk)

    def begin_outside(self, tenant: str, number: str, now: float) -> None:
        """A call goes outside: once for the tenant (`number` ""), and once for each extension whose call it is."""
        subject = (tenant, number)
        self._outside[subject] = self._outside.get(subject, 0) + 1
        self._begun.setdefault(subject, deque()).append(now)

    def end_outside(self, tenant: str, number: str) -> None:
        _less(self._outside, (tenant, number))

    def outside_calls(self, tenant: str, number: str) -> int:
        return self._outside.get((tenant, number), 0)

    def outside_calls_last_minute(self, tenant: str, number: str, now: float) -> int:
        begun = self._begun.get((tenant, number))
        if begun is None:
            return 0
        oldest = now - MINUTE_S
        while begun and begun[0] <= oldest:
            begun.popleft()
        if not begun:
            del self._begun[tenant, number]
        return len(begun)

    def forget_old(self, now: float) -> None:
        """Now and then: what nobody asks for would stay."""
        for tenant, number in list(self._begun):
            self.outside_calls_last_minute(tenant, number, now)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is taken."""
        return not self._channels and not self._outside


def _less(counts: dict[str, int] | dict[Subject, int], key: object) -> None:
    table: dict[object, int] = counts  # type: ignore[assignment]  # the key is of its table
    left = table.get(key, 0) - 1
    if left > 0:
        table[key] = left
    else:
        table.pop(key, None)
