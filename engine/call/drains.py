"""Drains: what the configuration has given up while calls use it, and until when those calls may go on.

An extension, a tenant, a trunk, a ring group that still rings, a listening socket or media ports. After each apply, every live call is
held against what there is now: what is missing for the first time gets its time, what drains already keeps the one it has, and what is
back is forgotten. When the time is over, the calls that still use it are ended with a cause of their own.

Surprising: nothing here waits for a call's end. Who uses what is looked up when somebody asks, so a drain without calls is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from engine.call.call import Call
from engine.config.ref import ConfigRef
from engine.config.snapshot import Snapshot
from engine.config.system import SYSTEM_REF
from engine.identity import CallId
from engine.media.session import MediaSession
from engine.views import DrainView


class Removed(NamedTuple):
    """What is gone. `part`: which socket or port range, where the resource itself may still be there under another one."""

    ref: ConfigRef
    part: str = ""


def _all_kept(_: MediaSession) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Ground:
    """What there is now. `draining_sockets`: label to Listener name; `given_up`: the port range of a session that is gone, or None."""

    snapshot: Snapshot
    draining_sockets: Mapping[str, str] = field(default_factory=dict)
    given_up: Callable[[MediaSession], str | None] = _all_kept

    def missing(self, call: Call) -> Iterator[Removed]:
        """What the call uses and the configuration has no more; a thing may come more than once."""
        began = call.tenant
        tenant = self.snapshot.tenants.get(began.config.name)
        if tenant is None:
            yield Removed(began.config.ref)
        elif tenant is not began:
            for extension in call.extensions():
                if extension.ref not in tenant.items:
                    yield Removed(extension.ref)
            for group in call.groups():
                if group not in tenant.items:
                    yield Removed(group)
        for ref in call.trunks():
            if self.snapshot.item(ref) is None:
                yield Removed(ref)
        for leg in call.legs():
            label = (leg.flow if leg.session is None else leg.session.flow).listener
            listener = self.draining_sockets.get(label)
            if listener is not None:
                yield Removed(ConfigRef("", "Listener", listener), label)
            place = self.given_up(leg.media)
            if place is not None:
                yield Removed(SYSTEM_REF, place)


class Drains:
    """`calls`: the live ones, as the switch has them."""

    __slots__ = ("_calls", "_ground", "_until")

    def __init__(self, calls: Mapping[CallId, Call]) -> None:
        self._calls = calls
        self._ground = Ground(Snapshot.empty())
        self._until: dict[Removed, float] = {}

    def heed(self, ground: Ground, until: float) -> None:
        """After an apply. `until`: how long calls may use what this one removed, monotonic seconds; earlier removals keep their time."""
        self._ground = ground
        self._until = {removed: self._until.get(removed, until) for removed in self._users()}

    def take_due(self, now: float) -> list[tuple[Removed, Sequence[Call]]]:
        """What has drained long enough, and the calls that still use it: they are to be ended."""
        if not self._until or min(self._until.values()) > now:
            return []
        users = self._users()
        due = sorted(removed for removed, until in self._until.items() if until <= now)
        for removed in due:
            del self._until[removed]
        return [(removed, users[removed]) for removed in due if removed in users]

    def views(self, utc: Callable[[float], datetime]) -> tuple[DrainView, ...]:
        """What calls go on with, by the time at which they end. `utc`: wall time of a monotonic instant."""
        if not self._until:
            return ()
        users = self._users()
        rows = sorted((until, removed) for removed, until in self._until.items() if removed in users)
        return tuple(
            DrainView(ref=removed.ref, calls=tuple(call.id for call in users[removed]), until=utc(until))
            for until, removed in rows
        )

    def _users(self) -> dict[Removed, list[Call]]:
        found: dict[Removed, list[Call]] = {}
        missing = self._ground.missing
        for call in self._calls.values():
            for removed in dict.fromkeys(missing(call)):
                found.setdefault(removed, []).append(call)
        return found
