"""What a ring group remembers of its members: who was rung last, and for how long each has talked for it (feature D1).

Live facts, not configuration: they order the members of the next call (`roundRobin`, `leastTalkTime`) and say nothing about this one.
Pure; who keeps them across a restart takes `rows` while `is_changed`, and gives them back by `restore`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from engine.config.ref import ConfigRef


class GroupMemoryRow(NamedTuple):
    """Of one member. `last_rung`: grows with each ringing, of whatever group; 0 = never. `talk_s`: 0 = it has answered nothing yet."""

    tenant: str
    group: str
    number: str
    last_rung: int
    talk_s: float


class _Member:
    __slots__ = ("last_rung", "talk_s")

    def __init__(self, last_rung: int = 0, talk_s: float = 0.0) -> None:
        self.last_rung = last_rung
        self.talk_s = talk_s


class GroupMemory:
    """By tenant and group, then by the member's number. As large as the groups that were called are, for `retain` follows each change."""

    __slots__ = ("_groups", "_rung", "is_changed")

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], dict[str, _Member]] = {}
        self._rung = 0
        self.is_changed = False

    # What calls tell.

    def rung(self, group: ConfigRef, number: str) -> None:
        self._rung += 1
        self._member(group, number).last_rung = self._rung

    def answered(self, group: ConfigRef, number: str) -> None:
        """Counts as a second of talk, so that it no longer is one who has answered nothing."""
        self._member(group, number).talk_s += 1.0

    def talked(self, group: ConfigRef, number: str, seconds: float) -> None:
        """An answered call is over; the second that `answered` counted is part of it."""
        self._member(group, number).talk_s += max(0.0, seconds - 1.0)

    # What routing asks.

    def last_rung(self, tenant: str, group: str, number: str) -> int:
        member = self._groups.get((tenant, group), {}).get(number)
        return member.last_rung if member is not None else 0

    def talk_s(self, tenant: str, group: str, number: str) -> int:
        member = self._groups.get((tenant, group), {}).get(number)
        return int(member.talk_s) if member is not None else 0

    # What is kept.

    def retain(self, members_of: Callable[[str, str], Iterable[str]]) -> None:
        """Forget groups and members that are gone; `members_of`: of a tenant's group, nobody if there is none."""
        for (tenant, group), members in list(self._groups.items()):
            gone = members.keys() - members_of(tenant, group)
            for number in gone:
                del members[number]
            if not members:
                del self._groups[(tenant, group)]
            if gone:
                self.is_changed = True

    def rows(self) -> list[GroupMemoryRow]:
        """All of it, to be written down; what comes later is a change again."""
        self.is_changed = False
        return [
            GroupMemoryRow(tenant, group, number, member.last_rung, member.talk_s)
            for (tenant, group), members in self._groups.items()
            for number, member in members.items()
        ]

    def restore(self, rows: Iterable[GroupMemoryRow]) -> None:
        """What was kept before a restart, before the first call."""
        for row in rows:
            self._groups.setdefault((row.tenant, row.group), {})[row.number] = _Member(row.last_rung, row.talk_s)
            self._rung = max(self._rung, row.last_rung)

    def _member(self, group: ConfigRef, number: str) -> _Member:
        self.is_changed = True
        members = self._groups.setdefault((group.tenant, group.name), {})
        member = members.get(number)
        if member is None:
            member = members[number] = _Member()
        return member
