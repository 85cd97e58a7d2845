"""The engine's doors: what the control plane, the API and the command line may ask of it, and what it asks of its stores.

Named by what the consumer needs. Everything but the stores is called on the engine's loop and returns at once unless it is `async`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.cdr import CallDetailRecord
from engine.cdr_filter import CdrFilter, Place
from engine.config.secret import Secrets
from engine.config.snapshot import Snapshot
from engine.identity import CallId
from engine.live_event import Figures, LiveEvent
from engine.preferences import PreferenceChange, PreferenceKey, Preferences
from engine.routing.facts import Facts
from engine.views import (
    BalanceView,
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
    WebhookView,
)


class EngineControl(Protocol):
    """Bringing the engine to another snapshot: prepare what can fail, swap one reference, retire what is gone."""

    @property
    def snapshot(self) -> Snapshot:
        """What new calls are decided by."""

    @property
    def secrets(self) -> Secrets:
        """What requests are authenticated by."""

    async def apply(self, snapshot: Snapshot, secrets: Secrets) -> Sequence[Retired]:
        """Prepare, swap, retire. PrepareRefused leaves everything as it was: no socket bound, the old snapshot serving.

        A secret that the snapshot refers to and `secrets` lacks is a reason to refuse. After the return new calls follow
        `snapshot`; live calls keep the one they began with, and what it gave them, for at most `system.drain_s`.
        """


@dataclass(frozen=True, slots=True)
class Moment:
    """What a call would be decided by at the instant `at`. `facts` answer for that instant, and only until the loop turns."""

    snapshot: Snapshot
    facts: Facts
    at: datetime


class RoutingQuery(Protocol):
    """Asking what would become of a call."""

    def moment(self) -> Moment: ...


class CallControl(Protocol):
    """Commands on live calls."""

    def hang_up(self, call_id: CallId) -> None:
        """End the call on all its legs. NotFound if it is not live."""


class BanControl(Protocol):
    """Commands on bans."""

    def lift_ban(self, address: str, author: str) -> BanView:
        """End the ban of an address, or of the network that `bans` shows. NotFound if there is none."""


class PreferenceControl(Protocol):
    """What people set for themselves, where the manifests let them. By tenant and name of the Extension."""

    def preference_keys(self, tenant: str | None) -> Sequence[PreferenceKey]:
        """Of those who have set anything, sorted; `tenant`: None = of all."""

    def preferences(self, tenant: str, extension: str) -> PreferencesView:
        """Also of one who has set nothing. NotFound if no manifest declares it."""

    def live_preferences(self, key: PreferenceKey) -> PreferencesView:
        """The same for lists and events: of one that is gone meanwhile, that nothing is set."""

    async def prefer(
        self, tenant: str, extension: str, change: PreferenceChange, by: str, agreed: Callable[[], None] = ...
    ) -> PreferencesView:
        """Once it returns, calls are decided by it and it survives a crash. NotFound, NotChangeable, PreferenceRefused, JournalError.

        `agreed`: asked when all changes before this one are done; what it raises leaves everything as it is.
        """


class EngineQuery(Protocol):
    """What is true now."""

    @property
    def snapshot(self) -> Snapshot:
        """What new calls are decided by."""

    def engine(self) -> EngineView: ...

    def figures(self) -> FiguresView: ...

    def calls(self) -> Sequence[CallView]:
        """All live calls, oldest first."""

    def call(self, call_id: CallId) -> CallView:
        """NotFound if it is not live."""

    def call_account(self, call_id: CallId) -> CallAccount:
        """NotFound if it is not live."""

    def registrations(self) -> Sequence[RegistrationView]:
        """All live bindings, by tenant, number, contact."""

    def registration_counts(self) -> Mapping[tuple[str, str, str], int]:
        """How many live bindings there are, by tenant, number and listener: what `registrations` costs, for a tenth of it."""

    def listeners(self) -> Sequence[ListenerView]: ...

    def bans(self) -> Sequence[BanView]:
        """Who is banned now, oldest first."""

    def trunks(self) -> Sequence[TrunkView]:
        """All trunks and how they stand, the shared ones first, by tenant and name."""

    def drains(self) -> Sequence[DrainView]:
        """What the configuration has given up and live calls use, by the time at which they are hung up."""


class EventFeed(Protocol):
    """What changes, as it changes."""

    def watch(self, take: Callable[[Sequence[LiveEvent]], None]) -> Callable[[], None]:
        """From now on `take` is given what changes, at most a tenth of a second later (trunks, listeners: a second), in order and
        each thing once however often it changed meanwhile. What is returned ends it. While nobody watches it costs nothing.
        """

    def recent_rates(self, tenant: str | None) -> Sequence[tuple[datetime, Figures]]:
        """What each of the last seconds, ten minutes of them at most, came to, oldest first; watched or not."""


@dataclass(frozen=True, slots=True)
class Documents:
    """Records as they are stored: `lines` of JSON, `count` of them, ASCII; `last`: where the last one stands, None if there is none."""

    lines: bytes
    count: int
    last: Place | None


class CdrQuery(Protocol):
    """Closed calls. Asked beside the loop: whatever it takes, no call and no record on its way in waits for it."""

    async def cdrs(self, wanted: CdrFilter) -> Sequence[CallDetailRecord]:
        """In `wanted.order`, at most `wanted.limit` (1-1000)."""

    async def documents(self, wanted: CdrFilter) -> Documents:
        """The same as they are stored: what many records are handed on as, for it costs a tenth."""

    async def cdr(self, call_id: CallId) -> CallDetailRecord:
        """NotFound if there is none."""

    async def call_ids(self, beginning: str, tenant: str | None) -> Sequence[CallId]:
        """Of records whose id begins so, of that tenant (None = of any): two at most, for more tell nobody which one is meant."""


class KeptCdrs(CdrQuery, Protocol):
    """Closed calls where they are kept and come and go."""

    def version(self) -> str | None:
        """Another one whenever records have come or gone; None: nobody knows. Asked before the records, it is never newer than they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookMessage:
    """What is to be posted to a tenant's own server: once made, it never changes.

    `id`: its own for ever, by which a receiver knows it again; `hook`: cdr or events; `at`: when it happened, UNIX seconds; `body`: JSON;
    `call_id`: of the record that it tells of, None for an event.
    """

    id: str
    tenant: str
    hook: str
    at: float
    body: str
    call_id: CallId | None = None


class WebhookQuery(Protocol):
    """What is on its way to tenants' own servers."""

    async def webhooks(self) -> Sequence[WebhookView]:
        """All that are configured, and those that are no more and still have something to post; by tenant and name."""


class RecordStore(CdrQuery, Protocol):
    """Where closed calls are kept. Called off the loop's hot path, in batches; inserting a known `call_id` again is no error."""

    async def insert(
        self,
        records: Sequence[CallDetailRecord],
        documents: Sequence[str | None] = (),
        messages: Sequence[WebhookMessage] = (),
    ) -> None:
        """All of it or nothing. `documents`: the `encode_record` of each, None where it has to be made; `messages` tell of some of the
        records: those of known ones are known too and left out.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """What was added to the balance of an extension (by its name), or taken from it (negative), in millionths.

    `id`: its own for ever, so that no line is written twice; `kind`: call, manifest, add or set; `who`: the id of the call, or who asked
    for it; `note`: what they said; `seq`: 0 = not stored.
    """

    id: str
    at: datetime
    tenant: str
    name: str
    kind: str
    amount: int
    who: str
    note: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Newest first, of one extension; `before`: goes on behind the line of that number."""

    tenant: str
    name: str
    before: int | None = None
    limit: int = 100


class BalanceStore(Protocol):
    """Where balances survive: what calls cost goes in with their records. All errors are JournalErrors."""

    async def write(self, lines: Sequence[LedgerLine], written: Mapping[tuple[str, str], int]) -> None:
        """All of it or nothing; known lines are left out. `written`: by tenant and name, what manifests set balances to by these lines."""

    async def ledger(self, wanted: LedgerFilter) -> Sequence[LedgerLine]:
        """Newest first, at most `wanted.limit`."""


class BalanceControl(Protocol):
    """What extensions may still spend, and changing that."""

    def balances(self, tenant: str | None) -> Sequence[BalanceView]:
        """Of all extensions that have one, of that tenant (None = of all), by tenant and name."""

    def balance(self, tenant: str, extension: str) -> BalanceView:
        """Of an extension by its number, or its name. NotFound if there is none, BalanceRefused if it may spend as much as it wants."""

    async def change_balance(self, tenant: str, extension: str, order: BalanceOrder) -> BalanceView:
        """What it is then, once it is stored. As `balance`; JournalError if it can't be stored: then it is as it was."""

    async def ledger(self, tenant: str, extension: str, before: int | None, limit: int) -> Sequence[LedgerLine]:
        """As `balance`; newest first."""


@dataclass(frozen=True, slots=True)
class BalanceOrder:
    """`amount`: in millionths, to be added (negative: taken), or with `is_set` what it is to be; `note`: why, for the ledger."""

    amount: int
    is_set: bool
    who: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBinding:
    """A registration as it survives a restart. All `_at`: UNIX seconds, for the monotonic clock does not survive.

    `registered_at`: when the contact was first seen; `refreshed_at`: its last REGISTER.
    """

    tenant: str
    number: str
    contact: str
    call_id: str
    cseq: int
    listener: str
    transport: str
    host: str
    port: int
    user_agent: str
    registered_at: float
    refreshed_at: float
    expires_at: float
    instance: str = ""
    q: float = 1.0


BindingKey = tuple[str, str, str]
"""tenant, number, contact URI as registered."""


class LocationStore(Protocol):
    """Where bindings survive. Writes are batched by the caller and off its loop."""

    async def save(
        self,
        upserts: Iterable[StoredBinding],
        deletes: Iterable[BindingKey],
        messages: Sequence[WebhookMessage] = (),
    ) -> None:
        """All of it or nothing. `messages` tell of these changes; known ones are left out."""

    def load(self) -> Mapping[BindingKey, StoredBinding]:
        """All of them, at start, before SIP is answered: synchronous and quick (10,000 in well under 0.2 s)."""


class PreferenceStore(Protocol):
    """Where preferences survive. All errors are JournalError."""

    async def put_preferences(self, preferences: Preferences) -> None:
        """Add them, or replace those of their key."""

    async def remove_preferences(self, keys: Sequence[PreferenceKey]) -> None:
        """Forget them."""

    async def preferences(self) -> Sequence[Preferences]:
        """All of them that can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredToken:
    """What lets somebody in. `kind`: token or session; `secret_sha256`: hex, of its secret; `tenant`: None = all; `opened_by`: the id of
    the token that a session ends with, None = it ends by itself."""

    id: str
    kind: str
    secret_sha256: str
    name: str
    scope: str
    tenant: str | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    opened_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A command that somebody gave, and what came of it. `tenant`: whom it concerned, None = the whole system; `seq`: 0 = not stored."""

    at: datetime
    who: str
    what: str
    target: str
    tenant: str | None
    result: str
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """All conditions are ANDed; None = any. `before`: goes on behind the entry of that number; newest first."""

    tenant: str | None = None
    since: datetime | None = None
    before: int | None = None
    limit: int = 100


class TokenStore(Protocol):
    """Where tokens and sessions survive. All errors are EngineErrors; called off any hot path."""

    @property
    def problem(self) -> str | None:
        """What keeps anything from being stored now; None if nothing."""

    async def tokens(self) -> Sequence[StoredToken]:
        """All of them."""

    async def put_token(self, token: StoredToken) -> None:
        """Add it, or replace the one of its id."""

    async def tokens_used(self, used: Mapping[str, datetime]) -> None:
        """When each was used last."""

    async def remove_tokens(self, ids: Sequence[str]) -> None:
        """Forget them."""


class AuditStore(Protocol):
    """Who commanded what. Entries are added and, when they are old, removed; never changed."""

    async def add_audit(self, entries: Sequence[AuditEntry]) -> None:
        """At the end, in this order."""

    async def audit(self, wanted: AuditFilter) -> Sequence[AuditEntry]:
        """Newest first, at most `wanted.limit`."""

    async def clear_audit(self, before: datetime) -> int:
        """Remove what is older; how many."""


class AccessStore(TokenStore, AuditStore, Protocol):
    """What the API keeps about those who ask."""
