"""What the engine's feed tells: frozen values, each with the whole state of what changed, so that the last one of a thing is how it
stands. A door. Instants are aware UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.cdr import CallDetailRecord
from engine.config.ref import ConfigRef
from engine.views import BanView, CallView, ListenerView, PreferencesView, RegistrationView, TrunkView


@dataclass(frozen=True, slots=True)
class CallChanged:
    """A live call began, or is otherwise than before; while it talks also every 2 s if its media went on."""

    call: CallView


@dataclass(frozen=True, slots=True)
class CallEnded:
    """Also of a call that was refused at once and never lived."""

    record: CallDetailRecord


@dataclass(frozen=True, slots=True)
class RegistrationChanged:
    """A phone came, or refreshed."""

    registration: RegistrationView


@dataclass(frozen=True, slots=True)
class RegistrationGone:
    """`reason`: expired, removed (by the phone), replaced, restarted, evicted, dropped (its extension is gone) or disconnected."""

    tenant: str
    number: str
    contact: str
    reason: str


@dataclass(frozen=True, slots=True)
class PreferencesChanged:
    """What a person has set is otherwise than before; all of it may be gone."""

    preferences: PreferencesView


@dataclass(frozen=True, slots=True)
class TrunkChanged:
    trunk: TrunkView


@dataclass(frozen=True, slots=True)
class TrunkGone:
    ref: ConfigRef


@dataclass(frozen=True, slots=True)
class ListenerChanged:
    listener: ListenerView


@dataclass(frozen=True, slots=True)
class ListenerGone:
    """`bound`: where it listened; a name may have two sockets while one drains."""

    name: str
    tenant: str | None
    transport: str
    bound: str


@dataclass(frozen=True, slots=True)
class Banned:
    ban: BanView


@dataclass(frozen=True, slots=True)
class BanLifted:
    """It is over, or was ended."""

    source: str


@dataclass(frozen=True, slots=True)
class Figures:
    """`calls`, `registrations`: how many there are; the others: how many calls in the second before. `failed`: those of the ended that
    broke off or never came about for a fault of ours, a carrier's or the network's; `refused`: those that were not allowed."""

    calls: int = 0
    registrations: int = 0
    started: int = 0
    answered: int = 0
    ended: int = 0
    failed: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Rates:
    """Each second. `tenants`: of those that have anything to count."""

    at: datetime
    all: Figures
    tenants: Mapping[str, Figures]


@dataclass(frozen=True, slots=True)
class Missed:
    """More happened than was kept for the feed, or a bug lost some of it: whoever followed has to look at the lists anew.

    `count`: of ended calls that are not told.
    """

    count: int


LiveEvent = (
    CallChanged
    | CallEnded
    | RegistrationChanged
    | RegistrationGone
    | PreferencesChanged
    | TrunkChanged
    | TrunkGone
    | ListenerChanged
    | ListenerGone
    | Banned
    | BanLifted
    | Rates
    | Missed
)
