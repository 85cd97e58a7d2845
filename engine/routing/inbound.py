"""A call that came by a trunk: whose inbound rule it falls under, and where that sends it (feature C3)."""

from __future__ import annotations

from itertools import islice
from typing import Final

from engine.cause import DISABLED, NO_ROUTE
from engine.config.inbound_index import Called
from engine.config.inbound_rule import InboundRuleConfig
from engine.config.ref import ConfigRef
from engine.routing.arrival import go_to
from engine.routing.blocked import refuse_caller
from engine.routing.decision import Refuse, RouteDecision
from engine.routing.journey import Journey
from engine.routing.misses import SHOWN, one_digit_away
from engine.routing.office_hours import hours_named, in_hours
from engine.routing.query import ANONYMOUS, RouteQuery, number_with_plus

_LONGEST_PROBED: Final = 20


def from_trunk(journey: Journey) -> RouteDecision:
    """Where the call goes."""
    query = journey.query
    trunk = journey.trunk_named(query.trunk)
    if trunk is None:
        return journey.refuse(NO_ROUTE, None, f"tenant {query.tenant!r} has no trunk {query.trunk!r} in this revision")
    if not trunk.enabled:
        return journey.refuse(DISABLED, trunk.ref, f"trunk {trunk.name} is disabled")
    called = called_of(query)
    blocked = refuse_caller(journey, called.cid) if journey.tenant.config.blocked else None
    if blocked is not None:
        return _would_have_gone(journey, called, blocked)
    rule = journey.tenant.inbound.find(called, query.trunk)
    if rule is None:
        return _no_rule(journey, called)
    by = "as it came" if rule.is_dialled else "in full form"
    shown = called.dialled_did if rule.is_dialled else called.did
    journey.matched(rule.ref, f"{shown!r} ({by}) on trunk {query.trunk} falls under {_masks(rule)}")
    to = rule.in_hours
    if rule.out_of_hours is not None:
        tenant = journey.tenant
        hours = hours_named(tenant, rule.hours, query.at) if rule.hours else in_hours(tenant, None, query.at)
        if not journey.heard(hours):
            to = rule.out_of_hours
    return go_to(journey, rule.ref, to, None)


def _would_have_gone(journey: Journey, called: Called, blocked: Refuse) -> Refuse:
    """The refusal, and the rule that the call would have come under."""
    rule = journey.tenant.inbound.find(called, journey.query.trunk)
    if rule is None:
        return blocked
    journey.missed(rule.ref, f"is for this number, and would send the call to {rule.in_hours} if it were not blocked")
    return Refuse(blocked.cause, journey.trace)


def called_of(query: RouteQuery) -> Called:
    """The numbers that masks are held against; a caller who shows none is `anonymous`."""
    caller = query.caller_number
    return Called(
        query.callee.canonical.text,
        query.callee.dialled,
        ANONYMOUS if caller is None else caller.canonical.text,
        ANONYMOUS if caller is None else caller.dialled,
    )


def _masks(rule: InboundRuleConfig) -> str:
    did = f"did {_first_of(rule.dids)}" if rule.dids else "did any"
    return f"{did}, cid {_first_of(rule.cids)}" if rule.cids else did


def _first_of(masks: tuple[str, ...]) -> str:
    return masks[0] if len(masks) == 1 else f"{masks[0]}, ..."


def _no_rule(journey: Journey, called: Called) -> Refuse:
    query = journey.query
    why = f"no inbound rule of tenant {query.tenant!r} is for {query.callee.dialled!r} on trunk {query.trunk}"
    refusal = journey.refuse(NO_ROUTE, None, why)
    for rule, missed in [
        *_without_plus(journey, called),
        *_other_conditions(journey, called),
        *_near_dids(journey, called.did),
    ][:SHOWN]:
        journey.missed(rule, missed)
    return Refuse(refusal.cause, journey.trace)


def _without_plus(journey: Journey, called: Called) -> list[tuple[ConfigRef, str]]:
    """The rule for the number that the trunk may mean: many carriers leave the "+" of full numbers out."""
    dialled, trunk = journey.query.callee.dialled, journey.query.trunk
    full = number_with_plus(dialled)
    if full is None:
        return []
    rule = journey.tenant.inbound.find(called._replace(did=full), trunk)
    if rule is None or not rule.dids or "*" in rule.dids:
        return []
    why = f"is for {full}: if trunk {trunk} means that by {dialled!r}, it sends full numbers without +; write numberFormat: plain"
    return [(rule.ref, why)]


def _other_conditions(journey: Journey, called: Called) -> list[tuple[ConfigRef, str]]:
    """Rules for this number that are for other trunks or for other callers."""
    found: dict[ConfigRef, str] = {}
    for rule in islice(journey.tenant.inbound.near(called), SHOWN):
        trunk = journey.query.trunk
        if rule.trunks and trunk not in rule.trunks:
            found[rule.ref] = f"is for this number, but on trunk {', '.join(rule.trunks[:SHOWN])}, not on {trunk}"
        else:
            caller = called.dialled_cid if rule.is_dialled else called.cid
            found[rule.ref] = f"is for this number, but not when {caller!r} calls"
    return list(found.items())


def _near_dids(journey: Journey, did: str) -> list[tuple[ConfigRef, str]]:
    """Rules for a number that differs by one character."""
    found: dict[ConfigRef, str] = {}
    if len(did) > _LONGEST_PROBED:
        return []
    inbound = journey.tenant.inbound
    exact = inbound.canonical.exact
    for candidate in one_digit_away(did, *inbound.where_near(did)):
        by_cid = exact.get(candidate)
        if by_cid is not None and candidate != did:
            for rule in islice(by_cid.all(), SHOWN):
                found.setdefault(rule.ref, f"is for {candidate}, which differs from {did!r} by one character")
        if len(found) >= SHOWN:
            break
    return list(found.items())
