"""An engine without sockets: takes snapshots, remembers them, refuses when told to. Satisfies the ports the control plane uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from engine.call.balances import Balances
from engine.cdr import CallDetailRecord
from engine.cdr_filter import CdrFilter, Order, matches, place_of
from engine.cdr_json import encode_record
from engine.config.ref import ConfigRef
from engine.config.secret import NO_SECRETS, Secrets
from engine.config.snapshot import Snapshot
from engine.errors import NotFound, PrepareRefused
from engine.histogram import HistogramView
from engine.identity import CallId
from engine.live_event import Figures, LiveEvent, PreferencesChanged
from engine.ports import Documents, Moment
from engine.preferences import PreferenceChange, PreferenceKey, Preferences
from engine.runtime.balance_book import BalanceBook
from engine.runtime.preference_keeper import PreferenceKeeper
from engine.views import (
    BanView,
    CallAccount,
    CallView,
    DrainView,
    EngineView,
    FiguresView,
    ListenerView,
    MediaFigures,
    PreferencesView,
    RegistrationView,
    Retired,
    StorageFigures,
    TrunkView,
    WebhookView,
)
from tests.support.identifiers import CountingIdentifiers
from tests.support.memory_preferences import MemoryPreferences

Take = Callable[[Sequence[LiveEvent]], None]

STARTED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class FakeEngine:
    """`refuse`: reasons that the next applies are refused with, until it is emptied; `applied`: all snapshots taken; `problems`:
    of listeners, by name."""

    def __init__(self) -> None:
        self.snapshot = Snapshot.empty()
        self.secrets = NO_SECRETS
        self.balances = BalanceBook(
            Balances(), lambda: self.snapshot.tenants, lambda: datetime.now(UTC), CountingIdentifiers().uuid7
        )
        self.applied: list[Snapshot] = []
        self.refuse: tuple[str, ...] = ()
        self.past_rates: list[tuple[datetime, str | None, Figures]] = []
        self.live_calls: list[CallView] = []
        self.accounts: dict[CallId, CallAccount] = {}
        self.bindings: list[RegistrationView] = []
        self.hung_up: list[CallId] = []
        self.problems: dict[str, str] = {}
        self.draining: list[DrainView] = []
        self.standing: dict[ConfigRef, TrunkView] = {}
        self.banned: list[BanView] = []
        self.lifted: list[tuple[str, str]] = []
        self.takers: list[Take] = []
        self.people = PreferenceKeeper(
            {},
            store=lambda: self.preference_store,
            problem=lambda: None,
            snapshot=lambda: self.snapshot,
            utc_now=lambda: STARTED,
            mark=lambda key: self.tell(PreferencesChanged(self.people.view_if_any(key))),
        )
        self.preference_store = MemoryPreferences()

    async def apply(self, snapshot: Snapshot, secrets: Secrets) -> Sequence[Retired]:
        if self.refuse:
            raise PrepareRefused(self.refuse)
        lacking = [
            f"{extension.ref}: its secret {extension.password} is missing"
            for tenant in snapshot.tenants.values()
            for extension in tenant.extensions.values()
            if secrets.get(extension.password) is None
        ]
        if lacking:
            raise PrepareRefused(tuple(lacking))
        before, self.snapshot, self.secrets = self.snapshot, snapshot, secrets
        self.people.heed(before, snapshot)
        self.applied.append(snapshot)
        return ()

    def hang_up(self, call_id: CallId) -> None:
        self.live_calls.remove(self._found(call_id))
        self.hung_up.append(call_id)

    def moment(self) -> Moment:
        return Moment(self.snapshot, _LiveFacts(self), STARTED)

    def engine(self) -> EngineView:
        return EngineView(
            started_at=STARTED,
            revision=self.snapshot.revision,
            secrets_version=self.secrets.version,
            media="none",
            calls=len(self.live_calls),
            registrations=len(self.bindings),
            counters=(("dropped: too short", 2),),
        )

    def figures(self) -> FiguresView:
        by_tenant = Counter(call.tenant for call in self.live_calls)
        return FiguresView(
            live=by_tenant,
            started=by_tenant,
            answered={},
            ended={("acme", "BUSY", "callee"): 3},
            registrations=Counter(one.tenant for one in self.bindings),
            ringing=HistogramView((0.1, 1.0), (1, 2, 0), 1.5),
            answering=HistogramView((0.1, 1.0), (0, 0, 1), 3.0),
            lateness=HistogramView((0.1, 1.0), (9, 0, 0), 0.2),
            overloaded=False,
            media=MediaFigures(
                compiled=True,
                packets_in=10,
                packets_out=9,
                bytes_in=1720,
                bytes_out=1548,
                lost=1,
                drops={"stranger": 2},
                receiving=2,
                jitter_mean_ms=1.5,
                jitter_max_ms=2.5,
                pairs={"total": 100, "in_use": 2, "ready": 10, "quarantined": 1, "taken": 0},
            ),
            storage=StorageFigures(
                problem=False,
                unconfirmed=1,
                changes=2,
                queue=1,
                journal={"lines": 7},
                records={"stored": 5},
                locations={"saved": 4},
            ),
        )

    def calls(self) -> Sequence[CallView]:
        return tuple(self.live_calls)

    def call(self, call_id: CallId) -> CallView:
        return self._found(call_id)

    def call_account(self, call_id: CallId) -> CallAccount:
        if call_id not in self.accounts:
            raise NotFound(f"no live call {call_id}")
        return self.accounts[call_id]

    def registrations(self) -> Sequence[RegistrationView]:
        return tuple(self.bindings)

    def registration_counts(self) -> Mapping[tuple[str, str, str], int]:
        return Counter((one.tenant, one.number, one.listener) for one in self.bindings)

    def listeners(self) -> Sequence[ListenerView]:
        return tuple(
            ListenerView(
                name=listener.name,
                transport=listener.transport,
                bound=f"127.0.0.1:{listener.port}",
                advertised=f"127.0.0.1:{listener.port}",
                tenant=listener.tenant,
                problem=self.problems.get(listener.name),
            )
            for listener in self.snapshot.listeners.values()
        )

    def trunks(self) -> Sequence[TrunkView]:
        return tuple(self.standing.values())

    def bans(self) -> Sequence[BanView]:
        return tuple(self.banned)

    def lift_ban(self, address: str, author: str) -> BanView:
        for ban in self.banned:
            if ban.source == address:
                self.banned.remove(ban)
                self.lifted.append((address, author))
                return ban
        raise NotFound(f"{address} is not banned")

    def preference_keys(self, tenant: str | None) -> Sequence[PreferenceKey]:
        return self.people.keys(tenant)

    def preferences(self, tenant: str, extension: str) -> PreferencesView:
        return self.people.view(tenant, extension)

    def live_preferences(self, key: PreferenceKey) -> PreferencesView:
        return self.people.view_if_any(key)

    async def prefer(
        self,
        tenant: str,
        extension: str,
        change: PreferenceChange,
        by: str,
        agreed: Callable[[], None] = lambda: None,
    ) -> PreferencesView:
        return await self.people.prefer(tenant, extension, change, by, agreed)

    def watch(self, take: Take) -> Callable[[], None]:
        self.takers.append(take)
        return lambda: self.takers.remove(take)

    def recent_rates(self, tenant: str | None) -> Sequence[tuple[datetime, Figures]]:
        return [(at, figures) for at, of, figures in self.past_rates if of == tenant]

    def tell(self, *events: LiveEvent) -> None:
        """As the feed does, to who watches."""
        for take in list(self.takers):
            take(events)

    def drains(self) -> Sequence[DrainView]:
        return tuple(self.draining)

    def _found(self, call_id: CallId) -> CallView:
        for call in self.live_calls:
            if call.id == call_id:
                return call
        raise NotFound(f"no live call {call_id}")


class _LiveFacts:
    """What `decide` may ask of a fake engine."""

    def __init__(self, engine: FakeEngine) -> None:
        self._engine = engine

    def contacts(self, tenant: str, number: str) -> int:
        return sum((one.tenant, one.number) == (tenant, number) for one in self._engine.bindings)

    def calls(self, tenant: str) -> int:
        return sum(call.tenant == tenant for call in self._engine.live_calls)

    def channels(self, trunk: str) -> int:
        return 0

    def trunk_up(self, trunk: str) -> int:
        return 1

    def outside_calls(self, tenant: str, number: str) -> int:
        return 0

    def outside_calls_last_minute(self, tenant: str, number: str) -> int:
        return 0

    def balance(self, tenant: str, name: str, written: int) -> int:
        return written

    def last_rung(self, tenant: str, group: str, number: str) -> int:
        return 0

    def talk_s(self, tenant: str, group: str, number: str) -> int:
        return 0

    def preferences(self, tenant: str, extension: str) -> Preferences | None:
        return self._engine.people.held.get((tenant, extension))


class FakeRecords:
    """Closed calls in a list. Satisfies `KeptCdrs`. `asked`: how often they were."""

    def __init__(self) -> None:
        self.records: list[CallDetailRecord] = []
        self.asked = 0

    def version(self) -> str | None:
        return ",".join(record.call_id for record in self.records)

    async def cdrs(self, wanted: CdrFilter) -> Sequence[CallDetailRecord]:
        self.asked += 1
        found = [record for record in self.records if matches(record, wanted)]
        found.sort(key=place_of, reverse=wanted.order is Order.NEWEST)
        return found[: wanted.limit]

    async def documents(self, wanted: CdrFilter) -> Documents:
        found = await self.cdrs(wanted)
        lines = "".join(f"{encode_record(record)}\n" for record in found)
        return Documents(lines.encode(), len(found), place_of(found[-1]) if found else None)

    async def cdr(self, call_id: CallId) -> CallDetailRecord:
        for record in self.records:
            if record.call_id == call_id:
                return record
        raise NotFound(f"no record of call {call_id}")

    async def call_ids(self, beginning: str, tenant: str | None) -> Sequence[CallId]:
        found = (
            record.call_id
            for record in self.records
            if record.call_id.startswith(beginning) and tenant in (None, record.tenant)
        )
        return sorted(found)[:2]


class FakeWebhooks:
    """Satisfies `WebhookQuery`."""

    def __init__(self) -> None:
        self.views: list[WebhookView] = []

    async def webhooks(self) -> Sequence[WebhookView]:
        return tuple(self.views)
