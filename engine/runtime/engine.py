"""The assembled engine: sockets, loop and clock around the pure parts, and the doors that the control plane comes
through.

A *turn* is what one wake-up brings: datagrams received or timers due, worked off by plain synchronous code; then the
journal is flushed, and only then what is to be sent goes out, so that no call is answered that a crash would forget
(law 9). No Task per message, one timer for all.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from engine.call.admission import Admission
from engine.call.drains import Drains, Ground
from engine.call.figures import CallFigures
from engine.call.stack import Stack
from engine.call.switch import Switch
from engine.cause import SHUTTING_DOWN
from engine.config.extension import ExtensionConfig
from engine.config.ref import ConfigRef
from engine.config.secret import NO_SECRETS, Secrets
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.config.system import SYSTEM_REF, SipConfig
from engine.errors import NotFound, PrepareRefused
from engine.guard.overload import Overload
from engine.histogram import Histogram
from engine.identity import CallId
from engine.live_event import Figures, LiveEvent
from engine.marks import Marks
from engine.media.selection import select_backend
from engine.media.session import MediaSession
from engine.ports import BindingKey, Moment, StoredBinding
from engine.preferences import PreferenceChange, PreferenceKey
from engine.registrar.binding import view as registration_view
from engine.registrar.registrar import Registrar
from engine.runtime import snapshot_change
from engine.runtime.balance_book import BalanceBook
from engine.runtime.balances import warm_balances
from engine.runtime.bans import Bans, trunk_networks
from engine.runtime.call_log import CallLog
from engine.runtime.clock import Clock
from engine.runtime.collector import Collector
from engine.runtime.connection_limits import limits_of_this_machine
from engine.runtime.connection_set import ConnectionSet, ConnectionUser
from engine.runtime.feed import Feed
from engine.runtime.group_memory_file import GroupMemoryFile
from engine.runtime.identifiers import RandomIdentifiers
from engine.runtime.journal import Journal
from engine.runtime.listener_set import LABEL_MARK, ListenerSet, host_port
from engine.runtime.locations import warm_bindings
from engine.runtime.media_set import MediaSet
from engine.runtime.old_password_file import OldPasswordFile
from engine.runtime.preference_keeper import PreferenceKeeper
from engine.runtime.rate_history import RateHistory
from engine.runtime.refusal_log import RefusalLog
from engine.runtime.resolver import Resolver
from engine.runtime.snapshot_change import in_steps
from engine.runtime.storage import Storage
from engine.runtime.tcp_listener import TcpListener
from engine.sip.digest import Challenger
from engine.sip.flow import Flow, Loss, Outgoing
from engine.sip.stream import Fault
from engine.sip.transactions import TransactionLayer
from engine.sip.uri import SipUri
from engine.views import (
    BanView,
    CallAccount,
    CallView,
    DrainView,
    EngineView,
    FiguresView,
    ListenerView,
    PreferencesView,
    RegistrationView,
    Retired,
    TrunkView,
)
from engine.wheel import Wheel

log = logging.getLogger("trunkline.engine")

T = TypeVar("T")

HOUSEKEEPING_S: Final = 1.0
GOODBYE_S: Final = 2.0
"""How long a stop waits for phones to answer its BYE."""
_CANCEL_S: Final = 0.25
_LATE_TURN_S: Final = 0.25
_LATE_BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class Engine:
    """The running PBX: `EngineControl`, `EngineQuery` and `CallControl` of `engine.ports`.

    `data`: the folder where journal, bindings and records live; `host`: the machine's own address for SIP and media
    where the configuration fixes none. Use: `start`, any number of `apply`, `stop`, all on one running loop."""

    def __init__(
        self, data: Path, host: str, *, goodbye_s: float = GOODBYE_S, housekeeping_s: float = HOUSEKEEPING_S
    ) -> None:
        self._data = data
        self._goodbye_s = goodbye_s
        self._housekeeping_s = housekeeping_s
        self._clock = Clock()
        self._collector = Collector()
        self._lateness = Histogram(_LATE_BOUNDS_S)
        self._started_at = datetime.now(UTC)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._housekeeping: asyncio.TimerHandle | None = None
        self._applying = asyncio.Lock()
        self._has_applied = False
        self._warm: tuple[StoredBinding, ...] = ()
        identifiers = RandomIdentifiers()
        wheel = Wheel()
        self._registrar = Registrar(self._is_ours)
        self._journal = Journal(data / "journal")
        self._database = data / "trunkline.db"
        self.records = Storage(
            self._database,
            self._journal,
            self._registrar,
            now=self._clock.now,
            wall=lambda: self._clock.unix(self._clock.now()),
            retention=lambda: {
                name: tenant.config.retention.cdrs_days for name, tenant in self.snapshot.tenants.items()
            },
            tenants=self._configured_tenants,
            secrets=lambda: self._admission.secrets,
        )
        self._identifiers = identifiers
        self._layer = TransactionLayer(
            identifiers=identifiers, sent_by=self._sent_by, wheel=wheel, sibling=self._sibling
        )
        self._counters = self._layer.counters
        connections = ConnectionSet(
            ConnectionUser(
                receive=self._on_datagram,
                turn=self._turn,
                refuse=self._on_unframed,
                lose=self._on_lost,
                admits=self._admits_connection,
                needs=self._needed,
                note_load=self._note_load,
            ),
            limits_of_this_machine(),
            self._counters,
        )
        self._listeners = ListenerSet(host, self._on_datagram, self._turn, self._note_load, self._counters, connections)
        self._overload = Overload()
        self._media = MediaSet(host, select_backend, self._enter, self._turn, self._counters)
        self._wheel = wheel
        self._stack = Stack(
            layer=self._layer,
            wheel=wheel,
            identifiers=identifiers,
            utc=self._clock.utc,
            open_media=self._open_media,
            user_agent="Trunkline",
        )
        challenger = Challenger(identifiers.nonce_bytes(32), SipConfig().nonce_lifetime_s, identifiers)
        self._bans = Bans(data, self._clock, self._counters)
        self._guard = self._bans.guard
        self._admission = Admission(
            Snapshot.empty(), NO_SECRETS, challenger, identifiers.tag, self._counters, self._guard
        )
        self._old_passwords = OldPasswordFile(data, self._admission.old_passwords, self._clock)
        self._refusals = RefusalLog()
        self._switch = Switch(self._stack, self._admission, self._registrar, CallLog(self._journal), self._report)
        self.balances = BalanceBook(
            self._switch.balances,
            lambda: self.snapshot.tenants,
            lambda: self._clock.utc(self._clock.now()),
            identifiers.uuid7,
        )
        self.records.book = self.balances
        self._group_memory = GroupMemoryFile(data, self._switch.groups)
        self._preferences = PreferenceKeeper(
            self._switch.preferences,
            store=lambda: self.records.preference_store,
            problem=lambda: self.records.problem,
            snapshot=lambda: self._admission.snapshot,
            utc_now=lambda: self._clock.utc(self._clock.now()),
            mark=self._mark_preferences,
        )
        self._feed = Feed(self, self._mark, lambda: self._clock.utc(self._clock.now()))
        self._rates = RateHistory(self, lambda: self._clock.utc(self._clock.now()))
        self._labels: Mapping[str, str] = {}
        self._drains = Drains(self._switch.calls)
        self._resolver = Resolver(self._on_resolved)
        self._layer.attach(self._switch)

    # Life.

    async def start(self) -> None:
        """Recover the journal, bring back the bindings; nothing is served before the first `apply`."""
        self._loop = asyncio.get_running_loop()
        recovery = self._journal.recover(await asyncio.to_thread(self._journal.scan_past))
        if recovery.interrupted:
            log.warning(
                "%d calls were interrupted when the server last stopped; their records say so",
                len(recovery.interrupted),
            )
        self.balances.restore(await asyncio.to_thread(warm_balances, self._database, recovery.charged))
        warm = await asyncio.to_thread(warm_bindings, self._database)
        if warm.problem is not None:
            log.warning(warm.problem)
        self._warm = warm.bindings
        await self._bans.load()
        await self._old_passwords.load()
        await self._group_memory.load()
        await self._preferences.load(self._database)
        self._collector.start()
        self._housekeeping = self._loop.call_later(self._housekeeping_s, self._keep_house)
        self._rates.start()

    async def stop(self) -> None:
        """Refuse new work, end all calls with their records, say goodbye to phones, close everything."""
        self._switch.stopping = True
        self._feed.close()
        self._rates.stop()
        now = self._enter()
        # A phone that has not even said that it rings can be told only after it has (RFC 3261 §9.1).
        linger_until = now + _CANCEL_S if self._switch.calls else now
        self._switch.end_all(now, SHUTTING_DOWN)
        self._resolver.close()
        self._switch.trunks.stop(now)
        self._turn()
        while (
            now < linger_until or self._stack.dialogs or not self._switch.trunks.is_idle
        ) and now < linger_until + self._goodbye_s:
            await asyncio.sleep(0.02)
            now = self._clock.now()
        if self._housekeeping is not None:
            self._housekeeping.cancel()
        self._turn()
        if self._timer is not None:
            self._timer.cancel()
        self._listeners.close()
        self._media.close()
        await self._preferences.close()
        await self.records.stop()
        await self._bans.close()
        await self._old_passwords.close()
        await self._group_memory.close()
        await asyncio.to_thread(self._journal.close)
        self._collector.stop()

    def open_records(self) -> None:
        """Open the database in the background, once SIP answers: importing what it needs takes a second."""
        self.records.start()

    # EngineControl.

    @property
    def snapshot(self) -> Snapshot:
        return self._admission.snapshot

    @property
    def secrets(self) -> Secrets:
        return self._admission.secrets

    async def apply(self, snapshot: Snapshot, secrets: Secrets) -> Sequence[Retired]:
        async with self._applying:
            before, old = self._admission.snapshot, self._admission.secrets
            missing = await in_steps(snapshot_change.missing_secrets(before, old, snapshot, secrets))
            if missing:
                raise PrepareRefused(tuple(missing))
            rules = snapshot.ip_rules.values()
            self._bans.check(snapshot.system.security, rules, self._listeners.own_addresses())
            exchanged = await in_steps(snapshot_change.exchanged(before, old, snapshot, secrets))
            known = self._admission.old_passwords.known()
            ended = await in_steps(snapshot_change.ended(known, before, snapshot, secrets))
            gone = await in_steps(snapshot_change.phones_gone(before, snapshot))
            new_values = await in_steps(snapshot_change.new_values(before, snapshot))
            media = self._media.prepare(snapshot.system.media, snapshot.system.network)
            try:
                listeners = self._listeners.prepare(snapshot.listeners)
            except PrepareRefused:
                self._media.discard(media)
                raise
            self._media.swap(media)
            self._listeners.swap(listeners, snapshot.listeners, snapshot.system.network)
            self._admission.snapshot = snapshot
            self._admission.secrets = secrets
            for tenant, number in ended:
                self._admission.old_passwords.forget(tenant, number)
            self._keep_old_passwords(exchanged)
            if before.system.sip.nonce_lifetime_s != snapshot.system.sip.nonce_lifetime_s:
                key = self._identifiers.nonce_bytes(32)
                lifetime_s = snapshot.system.sip.nonce_lifetime_s
                self._admission.challenger = Challenger(key, lifetime_s, self._identifiers)
            self._stack.user_agent = snapshot.system.sip.user_agent
            self._stack.contact_hosts = self._listeners.contact_hosts()
            self._stack.transports = self._listeners.transports()
            self._admission.listener_names = self._listeners.names()
            self._heed_names()
            self._apply_trunks(snapshot, secrets)
            if not self._has_applied:
                self._old_passwords.bring_back(snapshot, secrets)
            self._has_applied = True
            self._preferences.heed(before, snapshot)
            self._bring_back(snapshot)
            await in_steps(self.balances.heeding(before, snapshot))
            self._switch.groups.retain(partial(_members_of, snapshot))
            self.records.webhooks_changed()
            self._collector.note_configuration(new_values)
            retired = self._retire(gone, snapshot)
            await self._old_passwords.keep(snapshot)
            return retired

    def _keep_old_passwords(self, exchanged: Iterable[tuple[ExtensionConfig, str]]) -> None:
        """For the phones that are registered with them, until these registrations run out."""
        now = self._clock.now()
        for extension, password in exchanged:
            bindings = self._registrar.contacts(extension.tenant, extension.number, now)
            self._admission.old_passwords.add(extension.tenant, extension.number, password, bindings, now)

    def _configured_tenants(self) -> Mapping[str, TenantSnapshot] | None:
        return self._admission.snapshot.tenants if self._has_applied else None

    def _apply_trunks(self, snapshot: Snapshot, secrets: Secrets) -> None:
        """After the swap, as trunks register by what serves now."""
        now = self._enter()
        trunks = self._switch.trunks
        trunks.apply(snapshot, secrets, self._listeners.doors(), now)
        self._resolver.use(snapshot.system.dns_servers)
        self._resolver.want(trunks.questions())
        self._spare_trunks(snapshot)

    def _spare_trunks(self, snapshot: Snapshot) -> None:
        """Our own addresses and those of trunks are never banned."""
        trunks = trunk_networks(snapshot) | self._switch.trunks.hosts()
        standing_s = float(snapshot.system.sip.max_expires_s)
        own = self._listeners.own_addresses()
        self._bans.configure(snapshot.system.security, snapshot.ip_rules.values(), own, trunks, standing_s)

    def _on_resolved(self) -> None:
        """DNS has answered otherwise than before."""
        now = self._enter()
        trunks = self._switch.trunks
        trunks.learn(self._resolver.known(), now)
        self._resolver.want(trunks.questions())
        self._spare_trunks(self.snapshot)
        self._turn()

    def _bring_back(self, snapshot: Snapshot) -> None:
        """With the first configuration, the bindings of before the restart: a warm phone need not register again."""
        warm, self._warm = self._warm, ()
        if not warm:
            return
        # A label of the last run; this one has none but names yet.
        warm = tuple([replace(kept, listener=kept.listener.partition(LABEL_MARK)[0]) for kept in warm])
        now = self._clock.now()
        restored = self._registrar.restore(warm, now, self._clock.unix(now), snapshot.system.sip.max_expires_s)
        for kept in warm:
            if kept.expires_at > self._clock.unix(now):
                self._guard.proved(kept.host, now)
        gone = self._registrar.retain(lambda binding: _is_extension(snapshot, binding.tenant, binding.number), now)
        log.info("%d registrations are back, %d of extensions that are gone were dropped", restored - gone, gone)

    def _retire(self, gone: Iterable[ExtensionConfig], snapshot: Snapshot) -> Sequence[Retired]:
        """What is gone: bindings of extensions that are, sockets and media that nobody uses."""
        retired: list[Retired] = []
        now = self._enter()
        for extension in gone:
            self._admission.old_passwords.forget(extension.tenant, extension.number)
            dropped = self._registrar.drop(extension.tenant, extension.number, now)
            retired.append(Retired(ref=extension.ref, done=True, reason=f"{dropped} registrations dropped"))
        ground = Ground(snapshot, self._listeners.draining(), self._media.given_up)
        self._drains.heed(ground, now + snapshot.system.drain_s)
        self._end_drained(now)
        self._turn()
        self._listeners.retire(self._is_listener_used)
        self._media.retire()
        return self._with_drains(retired)

    def _with_drains(self, retired: Sequence[Retired]) -> Sequence[Retired]:
        """What calls go on with is not retired yet; a socket or a port range may take a moment longer than its calls."""
        told = {gone.ref: gone for gone in retired}
        for name in self._listeners.draining().values():
            ref = ConfigRef("", "Listener", name)
            told[ref] = Retired(ref=ref, done=False, reason="draining: calls that use it are ending")
        if self._media.is_draining:
            told[SYSTEM_REF] = Retired(
                ref=SYSTEM_REF, done=False, reason="draining: live calls use its old media ports"
            )
        for drain in reversed(self.drains()):
            reason = f"draining: {len(drain.calls)} calls until {drain.until:%Y-%m-%dT%H:%M:%SZ}"
            before = told.get(drain.ref)
            if before is not None and before.done:
                reason = f"{reason}; {before.reason}"
            told[drain.ref] = Retired(ref=drain.ref, done=False, reason=reason)
        return list(told.values())

    def _end_drained(self, now: float) -> None:
        for removed, calls in self._drains.take_due(now):
            what = f"{removed.ref} ({removed.part})" if removed.part else str(removed.ref)
            log.warning("calls are hung up: %s was removed, and its time to drain is over; calls=%d", what, len(calls))
            self._switch.end_removed(calls, now)

    # CallControl.

    def hang_up(self, call_id: CallId) -> None:
        now = self._enter()
        try:
            self._switch.hang_up(call_id, now)
        finally:
            self._turn()

    # BanControl.

    def lift_ban(self, address: str, author: str) -> BanView:
        return self._bans.lift(address, author)

    # PreferenceControl.

    def preference_keys(self, tenant: str | None) -> Sequence[PreferenceKey]:
        return self._preferences.keys(tenant)

    def preferences(self, tenant: str, extension: str) -> PreferencesView:
        return self._preferences.view(tenant, extension)

    async def prefer(
        self,
        tenant: str,
        extension: str,
        change: PreferenceChange,
        by: str,
        agreed: Callable[[], None] = lambda: None,
    ) -> PreferencesView:
        return await self._preferences.prefer(tenant, extension, change, by, agreed)

    # RoutingQuery.

    def moment(self) -> Moment:
        at = self._stack.utc(self._enter())
        return Moment(self.snapshot, self._switch.facts, at)

    # EngineQuery.

    def engine(self) -> EngineView:
        counters = self._counters + Counter({f"registrations {k}": v for k, v in self._registrar.counters.items()})
        counters += Counter({f"webhooks {k}": v for k, v in self.records.webhook_counters().items()})
        return EngineView(
            started_at=self._started_at,
            revision=self.snapshot.revision,
            secrets_version=self.secrets.version,
            media=self._media.describe(),
            calls=len(self._switch.calls),
            registrations=self._registrar.count,
            counters=tuple(sorted(counters.items())),
        )

    def figures(self) -> FiguresView:
        figures = self._switch.figures
        return FiguresView(
            live=self._switch.live,
            started=dict(figures.started),
            answered=dict(figures.answered),
            ended=dict(figures.ended),
            registrations=self._registrar.by_tenant(),
            ringing=figures.ringing.view(),
            answering=figures.answering.view(),
            lateness=self._lateness.view(),
            overloaded=self._switch.overloaded,
            media=self._media.figures(),
            storage=self.records.figures(),
        )

    def calls(self) -> Sequence[CallView]:
        return tuple(call.view() for call in self._switch.calls.values())

    def call(self, call_id: CallId) -> CallView:
        found = self._switch.calls.get(call_id)
        if found is None:
            raise NotFound(f"no live call {call_id}; `trunkline get calls` lists them")
        return found.view()

    def call_account(self, call_id: CallId) -> CallAccount:
        found = self._switch.calls.get(call_id)
        if found is None:
            raise NotFound(f"no live call {call_id}; `trunkline get calls` lists them")
        account = found.account
        return CallAccount(
            opened=account.opened(),
            answered_at=account.answered_at,
            targets=tuple(account.targets),
            onward=tuple(account.onward),
        )

    def registrations(self) -> Sequence[RegistrationView]:
        now = self._clock.now()
        names = self._listeners.names()
        views = self._registrar.views(now, self._clock.unix(now))
        return [view if names.get(view.listener) == view.listener else _by_name(view, names) for view in views]

    def registration_counts(self) -> Mapping[tuple[str, str, str], int]:
        names = self._listeners.names()
        counts: Counter[tuple[str, str, str]] = Counter()
        for (tenant, number, label), count in self._registrar.counts().items():
            counts[tenant, number, names.get(label) or label.partition(LABEL_MARK)[0]] += count
        return counts

    def listeners(self) -> Sequence[ListenerView]:
        return self._listeners.views()

    def bans(self) -> Sequence[BanView]:
        return self._bans.views()

    def trunks(self) -> Sequence[TrunkView]:
        return self._switch.trunks.views(self._clock.utc, self._clock.now())

    def drains(self) -> Sequence[DrainView]:
        return self._drains.views(self._clock.utc)

    # EventFeed, and what the feed asks.

    def watch(self, take: Callable[[Sequence[LiveEvent]], None]) -> Callable[[], None]:
        return self._feed.watch(take)

    def recent_rates(self, tenant: str | None) -> Sequence[tuple[datetime, Figures]]:
        return self._rates.recent(tenant)

    def call_figures(self) -> CallFigures:
        return self._switch.figures

    def live_ids(self) -> Sequence[CallId]:
        return tuple(self._switch.calls)

    def live_call(self, call_id: CallId) -> CallView | None:
        found = self._switch.calls.get(call_id)
        return None if found is None else found.view()

    def live_registration(self, key: BindingKey) -> RegistrationView | None:
        now = self._clock.now()
        binding = self._registrar.binding(key, now)
        if binding is None:
            return None
        return _by_name(registration_view(binding, now, self._clock.unix(now)), self._labels)

    def live_preferences(self, key: PreferenceKey) -> PreferencesView:
        return self._preferences.view_if_any(key)

    def live_ban(self, source: str) -> BanView | None:
        return self._bans.view_of(source)

    def bans_up_to(self, most: int) -> Sequence[BanView]:
        return self._bans.views() if self._guard.count <= most else ()

    def trunk_keys(self) -> Sequence[str]:
        return self._switch.trunks.keys()

    def live_trunk(self, key: str) -> TrunkView | None:
        return self._switch.trunks.view(key, self._clock.utc, self._clock.now())

    def call_counts(self) -> Mapping[str, int]:
        return self._switch.calls_of

    def phone_counts(self) -> Mapping[str, int]:
        return self._registrar.count_of

    def _mark_preferences(self, key: PreferenceKey) -> None:
        marks = self._stack.marks
        if marks is not None:
            marks.preferences[key] = None

    def _mark(self, marks: Marks | None) -> None:
        self._stack.marks = marks
        self._registrar.marks = marks
        self._guard.marks = marks
        self._labels = self._listeners.names()

    def _heed_names(self) -> None:
        """Registrations are shown with the names of their listeners, which an apply may have changed."""
        before, self._labels = self._labels, self._listeners.names()
        changed = {label for label in before.keys() | self._labels if before.get(label) != self._labels.get(label)}
        if changed:
            self._registrar.mark_of(changed)

    # The turn.

    def _enter(self) -> float:
        now = self._clock.now()
        self._stack.at = now
        return now

    def _on_datagram(self, data: bytes, flow: Flow) -> bool:
        """False: dropped unread, for where it came from."""
        now = self._enter()
        if not self._guard.admits(flow.host, now):
            return False
        try:
            self._layer.receive(data, flow, now)
        except Exception:
            # A supervised border (HOUSE B4): one bad datagram, or one bug, must not take the others along.
            self._counters["dropped: bug in processing"] += 1
            log.exception("datagram of %d bytes from %s:%d was dropped by a bug", len(data), flow.host, flow.port)
        return True

    def _admits_connection(self, host: str) -> bool:
        """Whether a peer may connect, and stay; what it then sends comes to `_on_datagram`."""
        return not self._guard.is_shut_out(host, self._clock.now())

    def _on_unframed(self, head: bytes, flow: Flow, fault: Fault) -> None:
        self._enter()
        self._layer.refuse_unframed(head, flow, fault.status_hint, fault.value)

    def _on_lost(self, losses: Sequence[Loss]) -> None:
        """Connections ended: their phones are gone, and what went by them goes another way or fails."""
        now = self._enter()
        try:
            for loss in losses:
                self._registrar.lose(loss.flow, now)
            self._layer.lost(losses, now)
        except Exception:
            self._counters["dropped: bug in processing"] += 1
            log.exception("the end of %d connections was dropped by a bug", len(losses))

    def _needed(self, flows: Sequence[Flow]) -> set[Flow]:
        """Those flows by which a phone is registered or a call goes on, however silent."""
        used = {user.flow for user in self._stack.dialogs.values()}
        return {flow for flow in flows if flow in used or self._registrar.uses(flow)}

    def _on_timer(self) -> None:
        self._timer = None
        now = self._enter()
        self._lateness.observe(max(0.0, now - self._timer_at))
        if now - self._timer_at > _LATE_TURN_S:
            self._counters["timers late by more than 250 ms"] += 1
        try:
            self._wheel.expire(now)
        except Exception:
            self._counters["dropped: bug in processing"] += 1
            log.exception("a timer was dropped by a bug")
        self._turn()

    def _turn(self) -> None:
        """The end of a turn: what happened is written down, then told, then the next alarm is set."""
        self._journal.flush()
        refusals = self._admission.take_refusals()
        if refusals:
            self._refusals.note(refusals, self._stack.at)
        self._bans.note()
        outgoing = self._layer.take_outgoing()
        if outgoing:
            self._send(outgoing)
        deadline = self._wheel.deadline()
        if deadline is None or self._loop is None:
            return
        if self._timer is not None:
            if self._timer_at <= deadline:
                return
            self._timer.cancel()
        self._timer_at = deadline
        self._timer = self._loop.call_later(max(0.0, deadline - self._clock.now()), self._on_timer)

    def _note_load(self, label: str, full: bool) -> None:
        self._overload.note_turn(label, self._stack.at, full=full)
        self._heed_overload()

    def _heed_overload(self) -> None:
        overloaded = self._overload.is_overloaded
        if overloaded is not self._switch.overloaded:
            self._switch.overloaded = overloaded
            log.warning("overload: new work is refused" if overloaded else "overload is over")

    def _send(self, outgoing: list[Outgoing]) -> None:
        by_listener: dict[str, list[Outgoing]] = {}
        for out in outgoing:
            by_listener.setdefault(out.flow.listener, []).append(out)
        for name, messages in by_listener.items():
            listener = self._listeners.find(name)
            if listener is None or listener.key[0] != messages[0].flow.transport:
                self._counters["dropped: listener is gone"] += len(messages)
                losses = [Loss(flow, (data,), served=False) for data, flow in messages]
                asyncio.get_running_loop().call_soon(self._tell_lost, losses)
            elif isinstance(listener, TcpListener):
                listener.send(messages)
            else:
                listener.send([(data, (flow.host, flow.port)) for data, flow in messages])

    def _tell_lost(self, losses: Sequence[Loss]) -> None:
        """Of messages that no listener could send: in a turn of its own."""
        self._on_lost(losses)
        self._turn()

    def _keep_house(self) -> None:
        assert self._loop is not None  # noqa: S101 - scheduled by start
        self._housekeeping = self._loop.call_later(self._housekeeping_s, self._keep_house)
        now = self._enter()
        self._registrar.expire(now)
        self._bans.keep_house(now)
        self._old_passwords.keep_house(self.snapshot, now)
        self._group_memory.keep_house(now)
        self._preferences.keep_house(now)
        self._switch.usage.forget_old(now)
        self._overload.rest(now)
        self._heed_overload()
        self._end_drained(now)
        self._listeners.retire(self._is_listener_used)
        self._listeners.check()
        self._media.retire()
        self._turn()
        self._collector.tidy(len(self._switch.calls) + len(self._layer), now)

    # What the parts ask.

    def _sent_by(self, flow: Flow) -> str:
        listener = self._listeners.find(flow.listener)
        if listener is None:
            return "invalid:5060"
        return host_port(*(listener.bound if self._switch.trunks.is_near(flow.host) else listener.advertised))

    def _sibling(self, flow: Flow, transport: str) -> Flow | None:
        return self._listeners.sibling(flow, transport)

    def _open_media(self, flow: Flow) -> MediaSession:
        session_id = int.from_bytes(self._identifiers.nonce_bytes(6), "big")
        return self._media.open(flow.host, session_id, is_near=self._switch.trunks.is_near(flow.host))

    def _is_ours(self, uri: SipUri) -> bool:
        return self._listeners.names_ours(uri.host, uri.port or 5060)

    def _is_listener_used(self, label: str) -> bool:
        return any(user.flow.listener == label for user in self._stack.dialogs.values())

    def _report(self, message: str, error: Exception) -> None:
        log.error(message, exc_info=error)


def _by_name(view: RegistrationView, names: Mapping[str, str]) -> RegistrationView:
    return replace(view, listener=names.get(view.listener) or view.listener.partition(LABEL_MARK)[0])


def _members_of(snapshot: Snapshot, tenant: str, group: str) -> Sequence[str]:
    owner = snapshot.tenants.get(tenant)
    found = owner.ring_groups.get(group) if owner is not None else None
    return found.members if found is not None else ()


def _is_extension(snapshot: Snapshot, tenant: str, number: str) -> bool:
    found = snapshot.tenants.get(tenant)
    return found is not None and number in found.extensions
