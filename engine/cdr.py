"""The closed account of a call, versioned: readers take every older version for ever. A door.

Instants are aware UTC. The complete `RouteQuery`, the facts used and the trace are kept, so that the call can be decided again under
another revision and explained by rule, file and line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from dialing.number import E164, ShortCode
from engine.cause import Cause
from engine.identity import CallId
from engine.routing.decision import Trace, Verdict
from engine.routing.query import RouteQuery

CDR_VERSION = 3
NO_TRACE: Final = Trace((), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaAccount:
    """What one leg's audio did: RTP packets and bytes from and to the phone, loss by sequence numbers, jitter (RFC 3550 §6.4.1)."""

    packets_in: int = 0
    packets_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    lost: int = 0
    jitter_ms: float = 0.0
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetAccount:
    """One phone, or one server of a trunk, that was tried. `contact`: its URI; `sip_call_id`: of its own leg; None = did not happen.

    `trunk`: the trunk's name, "" for a phone; `number` then is the one that was called outside. `group`: the ring group whose member it
    was rung as, "" for none. Version 1 had neither.
    """

    tenant: str
    number: str
    contact: str
    sip_call_id: str
    added_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime
    cause: Cause
    media: MediaAccount
    trunk: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnwardAccount:
    """Where a call went on to when it was not taken: `to` in words, such as `extension 102`; `trace`: how that was decided."""

    at: datetime
    to: str
    trace: Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What one leg over a trunk costs. `rate`: of each unit of `unit_s` seconds that was begun, and `cost`: of all `units` of them, both in
    millionths of `currency` (`engine.config.money`).

    `is_incoming`: the caller's leg, which a trunk brought; else the one that went out by a trunk. `prefix`: of the rate, without "+".
    `payer`: number of the extension that pays, "" = only the tenant; `account`: name of the extension whose balance it is taken from, "" =
    of none. `sip_call_id`: of the leg, "" = none was answered.
    """

    is_incoming: bool
    prefix: str
    rate: int
    unit_s: int
    currency: str
    payer: str = ""
    account: str = ""
    sip_call_id: str = ""
    units: int = 0
    cost: int = 0


def begun_units(answered_at: datetime, ended_at: datetime, unit_s: int) -> int:
    """How many units of a leg were begun: one that is begun counts whole, and no time is none."""
    return max(0, -((answered_at - ended_at) // timedelta(seconds=unit_s)))


class Direction(Enum):
    """Which way a call went, in the words of feature F4."""

    INTERNAL = "internal"
    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCall:
    """What is journalled at admission, so that a crash loses no call: an open one found later becomes INTERRUPTED.

    `trace`: why it went where it went; journals of before it was kept have none.
    """

    version: int = CDR_VERSION
    call_id: CallId
    sip_call_id: str
    started_at: datetime
    revision: str
    query: RouteQuery
    trace: Trace = NO_TRACE


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDetailRecord:
    """`revision`: the tenant's, pinned at admission; `sip_call_id`: of the a-leg; `answered_at`: None = never.

    `trace`: of the first decision; `onward`: those that followed it, in order. Version 1 had none. `bills`: of its legs over trunks that
    are billed; version 2 had none.
    """

    version: int = CDR_VERSION
    call_id: CallId
    sip_call_id: str
    tenant: str
    revision: str
    caller: str
    caller_display: str
    callee: str
    answered_by: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    cause: Cause
    query: RouteQuery
    trace: Trace
    targets: tuple[TargetAccount, ...]
    media: MediaAccount
    onward: tuple[OnwardAccount, ...] = ()
    bills: tuple[Bill, ...] = ()

    @property
    def cost(self) -> int:
        """Of all its legs, in millionths of the currency of its `bill`."""
        return sum([bill.cost for bill in self.bills])

    @property
    def bill(self) -> Bill | None:
        """The one whose prefix and rate are told: of the leg that went out, else of the one that came in."""
        return next((bill for bill in self.bills if not bill.is_incoming), self.bills[0] if self.bills else None)

    @property
    def talk_s(self) -> float:
        """Seconds from answer to end; 0 if never answered."""
        return (self.ended_at - self.answered_at).total_seconds() if self.answered_at is not None else 0.0

    @property
    def trunk(self) -> str:
        """The name of the trunk that it came by, or that it went out by at last; "" for none."""
        return self.query.trunk or next((target.trunk for target in reversed(self.targets) if target.trunk), "")

    @property
    def direction(self) -> Direction:
        return direction_of(self.query, self.trunk, self.trace, self.onward)


def direction_of(query: RouteQuery, trunk: str, trace: Trace, onward: Iterable[OnwardAccount]) -> Direction:
    """Inbound if a trunk brought it; outbound if it went by `trunk`, or was to go, outside; else internal."""
    if query.trunk:
        return Direction.INBOUND
    match query.callee.canonical:
        case E164() | ShortCode(is_emergency=True):
            return Direction.OUTBOUND
    if trunk or _leads_outside(trace) or any(_leads_outside(step.trace) for step in onward):
        return Direction.OUTBOUND
    return Direction.INTERNAL


def _leads_outside(trace: Trace) -> bool:
    """Whether an outbound rule took it, whatever came of it: a number behind an outside line is none of the world's."""
    return any(
        step.verdict is Verdict.MATCHED and step.rule is not None and step.rule.kind == "OutboundRule"
        for step in trace.steps
    )
