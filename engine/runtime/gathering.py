"""From marks to events: asks the views for what is marked, and finds by itself what nobody marks. No clock and no loop.

Trunks and listeners also change by time alone (a registration runs out, a socket loses its address), and there are few of them: within a
second each is looked at and compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, Protocol, TypeVar

from engine.cause import Outcome
from engine.cdr import CallDetailRecord
from engine.identity import CallId
from engine.live_event import (
    BanLifted,
    Banned,
    CallChanged,
    CallEnded,
    Figures,
    ListenerChanged,
    ListenerGone,
    LiveEvent,
    Missed,
    PreferencesChanged,
    Rates,
    RegistrationChanged,
    RegistrationGone,
    TrunkChanged,
    TrunkGone,
)
from engine.marks import Marks
from engine.views import BanView, CallView, ListenerView, PreferencesView, RegistrationView, TrunkView

SLICE: Final = 100
HEARD_AGAIN: Final = 20
"""In how many looks all talking calls are heard once."""
TRUNKS_AGAIN: Final = 10
"""In how many looks all trunks are looked at once."""
_BANS_COUNTED: Final = 200
"""With more than so many, how much each has dropped is not told anew."""
_SAME: Final = timedelta(seconds=1)
"""The wall time of a monotonic instant differs a little each time it is asked."""
_BROKEN: Final = frozenset({Outcome.FAILED, Outcome.INTERRUPTED})

_NOTHING: Final = Figures()

ListenerPlace = tuple[str, str, str]
KeyT = TypeVar("KeyT")


class Sources(Protocol):
    """Where the feed asks: the engine's own parts."""

    def live_ids(self) -> Sequence[CallId]: ...

    def live_call(self, call_id: CallId) -> CallView | None: ...

    def live_registration(self, key: tuple[str, str, str]) -> RegistrationView | None: ...

    def call_counts(self) -> Mapping[str, int]:
        """Live calls by tenant."""

    def phone_counts(self) -> Mapping[str, int]:
        """Bindings by tenant."""

    def trunk_keys(self) -> Sequence[str]: ...

    def live_trunk(self, key: str) -> TrunkView | None: ...

    def listeners(self) -> Sequence[ListenerView]: ...

    def live_ban(self, source: str) -> BanView | None: ...

    def live_preferences(self, key: tuple[str, str]) -> PreferencesView: ...

    def bans_up_to(self, most: int) -> Sequence[BanView]:
        """All, or none where there are more than that."""


class Gathering:
    """`marks` is what the call path writes. Use: `look` ten times a second, and again soon while it says that more waits; `each_second`."""

    def __init__(self, sources: Sources, slice_of: int = SLICE) -> None:
        self.marks = Marks()
        self._sources = sources
        self._slice = slice_of
        self._trunks = {key: view for key in sources.trunk_keys() if (view := sources.live_trunk(key)) is not None}
        self._looking_at: Iterator[str] = iter(())
        self._trunks_a_look = 0
        self._listeners = {_place(view): view for view in sources.listeners()}
        self._dropped = {view.source: view.dropped for view in sources.bans_up_to(_BANS_COUNTED)}
        self._closed: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._talking: Sequence[CallId] = ()
        self._part = 0
        self._heard: dict[CallId, int] = {}
        self._hearing: dict[CallId, int] = {}

    @property
    def waits(self) -> bool:
        """Whether what is marked was more than one look takes."""
        marks = self.marks
        return bool(marks.calls or marks.closed or marks.registrations or marks.bans or marks.preferences)

    def look(self) -> list[LiveEvent]:
        """What is marked, a slice of it at most: the rest goes on gathering marks meanwhile."""
        marks, sources = self.marks, self._sources
        events: list[LiveEvent] = []
        if marks.lost:
            events.append(Missed(marks.lost))
            marks.lost = 0
        for call_id in _first(marks.calls, self._slice):
            del marks.calls[call_id]
            call = sources.live_call(call_id)
            if call is not None:
                self._hearing[call_id] = _media(call)
                events.append(CallChanged(call))
        for key in _first(marks.registrations, self._slice):
            why = marks.registrations.pop(key)
            binding = sources.live_registration(key)
            if binding is not None:
                events.append(RegistrationChanged(binding))
            elif why:
                events.append(RegistrationGone(*key, reason=why))
        for source in _first(marks.bans, self._slice):
            del marks.bans[source]
            ban = sources.live_ban(source)
            events.append(BanLifted(source) if ban is None else Banned(ban))
        for person in _first(marks.preferences, self._slice):
            del marks.preferences[person]
            events.append(PreferencesChanged(sources.live_preferences(person)))
        ended = marks.closed[: self._slice]
        del marks.closed[: self._slice]
        for record in ended:
            self._count(record)
            self._heard.pop(record.call_id, None)
            self._hearing.pop(record.call_id, None)
            events.append(CallEnded(record))
        return events

    def hear(self) -> list[LiveEvent]:
        """A part of the talking calls: those whose media went on since they were told last."""
        if self._part == 0:
            self._heard, self._hearing = self._hearing, {}
            self._talking = self._sources.live_ids()
        count, part = len(self._talking), self._part
        self._part = (part + 1) % HEARD_AGAIN
        events: list[LiveEvent] = []
        # However few there are, each is in one of the parts only.
        for call_id in self._talking[part * count // HEARD_AGAIN : (part + 1) * count // HEARD_AGAIN]:
            call = self._sources.live_call(call_id)
            if call is not None and call.answered_at is not None:
                heard = _media(call)
                if heard != self._hearing.get(call_id, self._heard.get(call_id, 0)):
                    events.append(CallChanged(call))
                self._hearing[call_id] = heard
        return events

    def look_at_trunks(self) -> list[LiveEvent]:
        """A part of them: those that stand otherwise than they were told last."""
        events: list[LiveEvent] = []
        for looked, key in enumerate(self._looking_at, start=1):
            trunk = self._sources.live_trunk(key)
            # Compared with what was told, not with what was seen: what differs by little adds up.
            if trunk is not None and not _is_same_trunk(self._trunks.get(key), trunk):
                self._trunks[key] = trunk
                events.append(TrunkChanged(trunk))
            if looked >= self._trunks_a_look:
                return events
        keys = self._sources.trunk_keys()
        events += [TrunkGone(self._trunks.pop(key).ref) for key in self._trunks.keys() - set(keys)]
        self._trunks_a_look = max(1, -(-len(keys) // TRUNKS_AGAIN))
        self._looking_at = iter(keys)
        return events

    def each_second(self, at: datetime) -> list[LiveEvent]:
        return [*self._stands(), self._rates(at)]

    def _count(self, record: CallDetailRecord) -> None:
        self._closed[record.tenant] += 1
        if record.cause.outcome in _BROKEN:
            self._failed[record.tenant] += 1
        elif record.cause.outcome is Outcome.REFUSED:
            self._refused[record.tenant] += 1

    def _rates(self, at: datetime) -> Rates:
        marks, sources = self.marks, self._sources
        live, phones = sources.call_counts(), sources.phone_counts()
        started, answered = Counter(marks.started), Counter(marks.answered)
        marks.started.clear()
        marks.answered.clear()
        names = {*live, *phones, *started, *answered, *self._closed}
        tenants = {
            name: Figures(
                live.get(name, 0),
                phones.get(name, 0),
                started[name],
                answered[name],
                self._closed[name],
                self._failed[name],
                self._refused[name],
            )
            for name in names
        }
        for counter in (self._closed, self._failed, self._refused):
            counter.clear()
        return Rates(at, _sum(tenants.values()), {name: one for name, one in tenants.items() if one != _NOTHING})

    def _stands(self) -> Iterator[LiveEvent]:
        listeners = {_place(view): view for view in self._sources.listeners()}
        for place, gone in self._listeners.items():
            now = listeners.get(place)
            if now is None or now.tenant != gone.tenant:  # who was shown it is told, before others are shown it
                yield ListenerGone(gone.name, gone.tenant, gone.transport, gone.bound)
        for place, listener in listeners.items():
            if self._listeners.get(place) != listener:
                yield ListenerChanged(listener)
        self._listeners = listeners
        bans = self._sources.bans_up_to(_BANS_COUNTED)
        for ban in bans:
            if self._dropped.get(ban.source, ban.dropped) != ban.dropped:
                yield Banned(ban)
        self._dropped = {ban.source: ban.dropped for ban in bans}


def _first(marked: Iterable[KeyT], most: int) -> list[KeyT]:
    return list(islice(marked, most))


def _media(call: CallView) -> int:
    return sum([leg.packets_in + leg.packets_out + leg.lost for leg in call.legs])


def _sum(tenants: Iterable[Figures]) -> Figures:
    rows = [astuple(one) for one in tenants]
    return Figures(*[sum(column) for column in zip(*rows, strict=True)])


def _place(view: ListenerView) -> ListenerPlace:
    return (view.name, view.transport, view.bound)


def _is_same_trunk(before: TrunkView | None, now: TrunkView) -> bool:
    if (
        before is None
        or not _is_near(before.since, now.since)
        or not _is_near(before.registered_until, now.registered_until)
    ):
        return False
    if len(before.servers) != len(now.servers):
        return False
    servers = []
    for old, new in zip(before.servers, now.servers, strict=True):
        if not _is_near(old.since, new.since):
            return False
        servers.append(replace(new, since=old.since))
    return before == replace(now, since=before.since, registered_until=before.registered_until, servers=tuple(servers))


def _is_near(before: datetime | None, now: datetime | None) -> bool:
    if before is None or now is None:
        return before is now
    return abs(now - before) < _SAME
