"""What the engine shows: frozen snapshots made on its loop; no live object leaves the engine. A door.

Instants are aware UTC; `None` means that it has not happened or is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from engine.cdr import OnwardAccount, OpenCall, TargetAccount
from engine.config.extension import ForwardingConfig
from engine.config.ref import ConfigRef, Revision
from engine.histogram import HistogramView
from engine.identity import CallId, LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class LegView:
    """`group`: the ring group whose member it is rung as, "" for none."""

    id: LegId
    number: str
    contact: str
    state: str
    sip_call_id: str
    local_rtp: str | None
    packets_in: int
    packets_out: int
    lost: int
    jitter_ms: float
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetView:
    """One of the things that a person has set. `allowance`: what `mayChange` calls it; `counts`: False = it has no effect.

    `note`: why, or what of it has none, "" = all of it counts.
    """

    allowance: str
    since: datetime
    by: str
    counts: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencesView:
    """What the person of an Extension has set. `extension`: its name; `may_change`: what the manifests let be set; the rest as in
    `engine.preferences.Preferences`, with `said` as it stands now."""

    tenant: str
    extension: str
    number: str
    may_change: tuple[str, ...]
    status: str
    forwarding: tuple[ForwardingConfig, ...] | None
    greeting: str | None
    queues: tuple[tuple[str, bool], ...]
    said: tuple[SetView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """A live call. `decided_by`: the rule that routed it, as `Kind tenant/name (file:line)`.

    `onward`: where it was sent on to since, as `extension 102`, in order.
    """

    id: CallId
    tenant: str
    revision: Revision
    caller: str
    callee: str
    state: str
    started_at: datetime
    answered_at: datetime | None
    decided_by: str
    legs: tuple[LegView, ...]
    onward: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAccount:
    """A live call as its record will have it, so far. `targets`: those that have ended."""

    opened: OpenCall
    answered_at: datetime | None
    targets: tuple[TargetAccount, ...]
    onward: tuple[OnwardAccount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationView:
    tenant: str
    number: str
    contact: str
    source: str
    listener: str
    user_agent: str
    registered_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceView:
    """What an extension may still spend on calls that are billed. `name`, `number`: of the extension; amounts in millionths of `currency`:
    `held` of `balance` is set aside by calls that are under way, `written` is what the manifest sets it to."""

    tenant: str
    name: str
    number: str
    currency: str
    balance: int
    held: int
    written: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerView:
    """`bound`: where it really listens; `advertised`: what phones are told; `problem`: why it does not listen, or None.

    `is_draining`: removed, and still there for live calls; `connections`: open now, None where there are none by nature.
    """

    name: str
    transport: str
    bound: str
    advertised: str
    tenant: str | None
    problem: str | None
    is_draining: bool = False
    connections: int | None = None


class TrunkState(Enum):
    """Up or registered: calls go over it; trying: not known yet; unreachable or refused: they don't; disabled: by the manifest."""

    UP = "up"
    REGISTERED = "registered"
    TRYING = "trying"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkServerView:
    """`address`: host:port; `name`: what it was found by; `state`: up, suspect, down or unknown."""

    address: str
    name: str
    state: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkView:
    """`registers`: whether it is of those that do; `registered_until`: None = is not; `channels`: calls over it, both ways, ringing ones
    included; `max_channels`: 0 = no limit."""

    ref: ConfigRef
    state: TrunkState
    reason: str
    since: datetime
    registers: bool
    registered_until: datetime | None
    servers: tuple[TrunkServerView, ...]
    channels: int
    max_channels: int

    @property
    def problem(self) -> str | None:
        """Why no call goes over it, None if one may."""
        return self.reason if self.state in (TrunkState.UNREACHABLE, TrunkState.REFUSED) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineView:
    """`counters`: every dropped datagram, refused request and ended call, by named reason (law 9)."""

    started_at: datetime
    revision: Revision
    secrets_version: str
    media: str
    calls: int
    registrations: int
    counters: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainView:
    """What the configuration has given up while `calls` use it; they are hung up at `until`."""

    ref: ConfigRef
    calls: tuple[CallId, ...]
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BanView:
    """A source all of whose datagrams are dropped: an IPv4 address, an IPv6 one or its /64.

    `count`: what was counted when the ban began; `dropped`: how many datagrams since.
    """

    source: str
    reason: str
    since: datetime
    until: datetime
    count: int
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """What came of taking something away after a swap; what could not be retired is tried again."""

    ref: ConfigRef
    done: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookView:
    """One of a tenant's webhooks. `name`: cdr or events; `host`: where it goes, None = it is no longer configured.

    `pending`: what waits to be posted; `oldest_at`: when the oldest of it happened; `set_aside`: how many of them others have been let go
    before. `error`: why the last attempt failed, None once one succeeded; the counts are since the server started.
    """

    tenant: str
    name: str
    host: str | None
    pending: int
    oldest_at: datetime | None
    set_aside: int
    error: str | None
    failed_at: datetime | None
    delivered_at: datetime | None
    next_attempt_at: datetime | None
    delivered: int
    failures: int
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFigures:
    """Since the start, of all streams that ever were; `drops` by reason, `receiving` and the jitters: of those that live now.

    `pairs` of ports by what they are: total, in_use, ready, quarantined, taken.
    """

    compiled: bool
    packets_in: int
    packets_out: int
    bytes_in: int
    bytes_out: int
    lost: int
    drops: Mapping[str, int]
    receiving: int
    jitter_mean_ms: float
    jitter_max_ms: float
    pairs: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageFigures:
    """`problem`: whether something is not stored now; `unconfirmed`: closed calls that only the journal has; `changes`: of registrations
    that wait; `queue`: writes that the database's thread has yet to do; `journal`, `records`, `locations`: counters, ever rising."""

    problem: bool
    unconfirmed: int
    changes: int
    queue: int
    journal: Mapping[str, int]
    records: Mapping[str, int]
    locations: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresView:
    """What adds up since the start, and how much there is of everything: for monitoring, at a cost that a thousand calls don't raise.

    By tenant: `live`, `started`, `answered`, `registrations`; `ended`: by tenant, outcome and party. `ringing`, `answering`: seconds from
    INVITE on; `lateness`: by how many seconds timers ran late.
    """

    live: Mapping[str, int]
    started: Mapping[str, int]
    answered: Mapping[str, int]
    ended: Mapping[tuple[str, str, str], int]
    registrations: Mapping[str, int]
    ringing: HistogramView
    answering: HistogramView
    lateness: HistogramView
    overloaded: bool
    media: MediaFigures | None
    storage: StorageFigures
