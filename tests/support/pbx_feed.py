"""The pure engine as the feed asks it, and a feed over it that looks when it is told to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from engine.call.figures import CallFigures
from engine.identity import CallId
from engine.live_event import Figures, LiveEvent
from engine.preferences import PreferenceKey
from engine.registrar.binding import view
from engine.runtime.gathering import TRUNKS_AGAIN, Gathering
from engine.runtime.preference_keeper import PreferenceKeeper
from engine.views import BanView, CallView, ListenerView, PreferencesView, RegistrationView, TrunkView
from tests.support.memory_preferences import MemoryPreferences
from tests.support.pbx import EPOCH, Pbx


class PbxSources:
    """`Sources` over a `Pbx`; `standing`, `sockets`, `banned`: what it says of trunks, listeners and bans."""

    def __init__(self, pbx: Pbx) -> None:
        self.pbx = pbx
        self.standing: list[TrunkView] = []
        self.sockets: list[ListenerView] = []
        self.banned: list[BanView] = []
        self.people = PreferenceKeeper(
            pbx.switch.preferences,
            store=MemoryPreferences,
            problem=lambda: None,
            snapshot=lambda: pbx.admission.snapshot,
            utc_now=lambda: EPOCH,
            mark=lambda key: None,
        )

    def live_ids(self) -> Sequence[CallId]:
        return tuple(self.pbx.switch.calls)

    def live_call(self, call_id: CallId) -> CallView | None:
        found = self.pbx.switch.calls.get(call_id)
        return None if found is None else found.view()

    def calls(self) -> list[CallView]:
        return [call.view() for call in self.pbx.switch.calls.values()]

    def wall(self) -> float:
        return EPOCH.timestamp() + self.pbx.now

    def registrations(self) -> Sequence[RegistrationView]:
        return self.pbx.registrar.views(self.pbx.now, self.wall())

    def live_registration(self, key: tuple[str, str, str]) -> RegistrationView | None:
        found = self.pbx.registrar.binding(key, self.pbx.now)
        return None if found is None else view(found, self.pbx.now, self.wall())

    def call_counts(self) -> Mapping[str, int]:
        return self.pbx.switch.calls_of

    def phone_counts(self) -> Mapping[str, int]:
        return self.pbx.registrar.count_of

    def call_figures(self) -> CallFigures:
        return self.pbx.switch.figures

    def trunk_keys(self) -> Sequence[str]:
        return tuple(str(view.ref) for view in self.standing)

    def live_trunk(self, key: str) -> TrunkView | None:
        return next((view for view in self.standing if str(view.ref) == key), None)

    def listeners(self) -> Sequence[ListenerView]:
        return tuple(self.sockets)

    def live_preferences(self, key: PreferenceKey) -> PreferencesView:
        return self.people.view_if_any(key)

    def live_ban(self, source: str) -> BanView | None:
        return next((ban for ban in self.banned if ban.source == source), None)

    def bans_up_to(self, most: int) -> Sequence[BanView]:
        return tuple(self.banned) if len(self.banned) <= most else ()


class HandFeed:
    """An `EventFeed` without a loop: `look` tells what is marked, `second` what a second brings."""

    def __init__(self, sources: PbxSources, slice_of: int = 100) -> None:
        self.sources = sources
        self._slice = slice_of
        self._takers: list[Callable[[Sequence[LiveEvent]], None]] = []
        self.gathering: Gathering | None = None

    def watch(self, take: Callable[[Sequence[LiveEvent]], None]) -> Callable[[], None]:
        if self.gathering is None:
            self.gathering = Gathering(self.sources, self._slice)
            self._mark()
        self._takers.append(take)

        def end() -> None:
            self._takers.remove(take)
            if not self._takers:
                self.gathering = None
                self._mark()

        return end

    def recent_rates(self, tenant: str | None) -> Sequence[tuple[datetime, Figures]]:
        return ()

    def look(self) -> list[LiveEvent]:
        """All that is marked, slice by slice."""
        events: list[LiveEvent] = []
        if self.gathering is not None:
            events += self._told(self.gathering.look())
            while self.gathering.waits:
                events += self._told(self.gathering.look())
        return events

    def hear(self) -> list[LiveEvent]:
        return [] if self.gathering is None else self._told(self.gathering.hear())

    def second(self) -> list[LiveEvent]:
        at = datetime.fromtimestamp(self.sources.wall(), EPOCH.tzinfo)
        if self.gathering is None:
            return []
        trunks = [event for _ in range(TRUNKS_AGAIN + 1) for event in self.gathering.look_at_trunks()]
        return self._told(trunks + self.gathering.each_second(at))

    def _told(self, events: list[LiveEvent]) -> list[LiveEvent]:
        for take in list(self._takers):
            take(events)
        return events

    def _mark(self) -> None:
        marks = None if self.gathering is None else self.gathering.marks
        self.sources.pbx.stack.marks = marks
        self.sources.pbx.registrar.marks = marks
        self.sources.pbx.guard.marks = marks
