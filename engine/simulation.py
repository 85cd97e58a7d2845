"""Deciding calls without an engine: the door of `simulate`, `test` and `replay`. The very function that live calls use (law 4).

A recorded call is decided again from its `RouteQuery` and its facts; an imagined one from what somebody dials (`dialled_at`, then
`query_of`, then `decide_dialled`) and from facts that the caller states. `rehearse_decision` tells what a live call would then do.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.cause import Cause, Outcome
from engine.config.snapshot import Snapshot
from engine.routing.decide import decide
from engine.routing.decision import (
    Dial,
    DialOut,
    ExtensionTarget,
    Hunt,
    Onward,
    Refuse,
    RouteDecision,
    Trace,
    TraceStep,
    TrunkTarget,
    Verdict,
)
from engine.routing.domain import refuse_foreign_domain
from engine.routing.facts import Fact, Facts, RecordedFacts
from engine.routing.office_hours import InHours, in_hours
from engine.routing.onward import decide_onward
from engine.routing.owner import tenant_of_did
from engine.routing.query import ANONYMOUS, RouteQuery, number_from_trunk, query_from_trunk, query_of
from engine.services.call_port import Bridge, Decide, Ring
from engine.services.rehearsal import Moment, Rehearsal, RehearsedCall, rehearse
from engine.services.serve import serve
from engine.sip.errors import RemoteProtocolError
from engine.sip.uri import parse_uri
from engine.trunk.address_field import number_of, place_of

__all__ = [
    "ANONYMOUS",
    "Bridge",
    "Cause",
    "Decide",
    "Dial",
    "DialOut",
    "DialledAt",
    "ExtensionTarget",
    "Fact",
    "Facts",
    "Hunt",
    "InHours",
    "Moment",
    "Onward",
    "Outcome",
    "RecordedFacts",
    "Refuse",
    "Rehearsal",
    "Ring",
    "RouteDecision",
    "RouteQuery",
    "Trace",
    "TraceStep",
    "TrunkTarget",
    "Verdict",
    "decide",
    "decide_dialled",
    "decide_onward",
    "dialled_at",
    "in_hours",
    "number_from_trunk",
    "query_from_trunk",
    "query_of",
    "rehearse_decision",
    "tenant_of_did",
]


class DialledAt(NamedTuple):
    """What a phone puts into its Request-URI: `text`, the user part unescaped; `host`: None = the tenant's own domain."""

    text: str
    host: str | None


def dialled_at(text: str) -> DialledAt:
    """What somebody who enters `text` dials: a number, or a whole SIP or tel address as phones send it. Never raises."""
    if text[:5].lower().startswith(("sip:", "sips:", "tel:")):
        try:
            uri = parse_uri(text)
        except RemoteProtocolError:
            return DialledAt(text, None)
        return DialledAt(number_of(uri), place_of(uri))
    return DialledAt(text, None)


def decide_dialled(snapshot: Snapshot, facts: Facts, query: RouteQuery, host: str | None) -> RouteDecision:
    """As the switch decides an INVITE to an address at `host` whose offer can be relayed."""
    refusal = refuse_foreign_domain(snapshot, query, host) if host is not None else None
    return refusal or decide(snapshot, facts, query)


def rehearse_decision(
    snapshot: Snapshot, facts: Facts, query: RouteQuery, decision: RouteDecision, *, answered: bool
) -> Rehearsal:
    """What the services that the decision runs do with the call, in virtual time."""

    def decide_next(onward: Onward) -> RouteDecision:
        return decide_onward(snapshot, facts, query, onward)

    return rehearse(serve(RehearsedCall(), decision), decide_next, answered=answered)
