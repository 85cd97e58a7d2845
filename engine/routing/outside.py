"""A call to the outside: which rule it goes by, over which trunks, with which digits (feature C4), or why it may not.

Denied by default: without a rule nothing goes out, and an extension needs the permission to call outside. Emergency numbers need neither
permission nor room under any limit, and every trunk is tried for them: those that are up first, but also those that are full or seem down.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from dialing.number import Number, ShortCode
from engine.cause import NO_ROUTE, NOT_ALLOWED, OVER_OUTSIDE_LIMIT, TRUNKS_DOWN, WRONG_NUMBER
from engine.config.destination import EXTERNAL, DestinationConfig
from engine.config.extension import ExtensionConfig
from engine.config.outbound_index import Candidate
from engine.config.outbound_rule import OutboundRouteConfig, OutboundRuleConfig
from engine.config.ref import ConfigRef
from engine.config.trunk import TrunkConfig
from engine.routing.blocked import Bar, bar_of_sent, refuse_called
from engine.routing.countries import refuse_country
from engine.routing.decision import DialOut, Refuse, RouteDecision, TrunkTarget
from engine.routing.journey import Journey
from engine.routing.misses import near_numbers, near_outbound_rules
from engine.routing.paying import refuse_unpaid
from engine.routing.quota import over_quota
from engine.routing.sent_number import sent_digits, shown_number

DIALLABLE: Final = re.compile(r"\+?[0-9*#]{1,32}", re.ASCII)
"""What may go outside at all."""
EMERGENCY_FAILOVER: Final = (200, *(status for status in range(400, 700) if status not in (486, 487, 600, 603)))
"""For help, the next trunk is tried whatever the carrier says, unless somebody there was reached. 200: an answer without a voice."""
MOST_EMERGENCY_ROUTES: Final = 12

_new: Final = tuple.__new__
"""As in `journey`."""


def outside(journey: Journey, number: Number, by: ExtensionConfig | None, *, is_own: bool = False) -> RouteDecision:
    """Where `number` goes. `by`: whose call it is; with `is_own`, a rule of the tenant sends it, and nobody needs a permission."""
    digits = journey.tenant.context.digits(number.dialled)
    canonical = number.canonical
    if isinstance(canonical, ShortCode) and canonical.is_emergency:
        return _emergency(journey, number, canonical.text, by)
    blocked = refuse_called(journey, canonical.text) if journey.tenant.config.blocked else None
    if blocked is None and journey.tenant.countries is not None:
        blocked = refuse_country(journey, canonical)
    if blocked is not None:
        return blocked
    rule = _rule(journey, digits, by)
    if rule is None:
        return _no_rule(journey, number, digits, by)
    if not is_own and (by is None or not by.may_call_outside):
        return _not_allowed(journey, by)
    refusal = _over_limit(journey, by) or over_quota(journey)
    if refusal is None and journey.tenant.config.billing.outgoing:
        refusal = refuse_unpaid(journey, canonical, by)
    if refusal is not None:
        return refusal
    routes, bar = _routes(journey, rule, number, digits, by)
    if not routes and bar is not None:
        return journey.refuse(bar.cause, journey.tenant.config.ref, f"no route of {rule.ref} is left for it: {bar.why}")
    if not routes:
        return journey.refuse(TRUNKS_DOWN, rule.ref, f"none of the routes of {rule.ref} can take the call")
    return DialOut(routes, rule.failover_on, rule.ring_time_s, journey.trace, hops=journey.hops)


def _rule(journey: Journey, digits: str, by: ExtensionConfig | None) -> OutboundRuleConfig | None:
    if DIALLABLE.fullmatch(digits) is None:
        return None
    found = journey.tenant.outbound.find(digits, by)
    if found is None:
        return None
    journey.matched(found.rule.ref, _why(found, digits))
    return found.rule


def _why(found: Candidate, digits: str) -> str:
    prefix = f" and begins with {found.prefix}" if found.prefix else ""
    return f"{digits!r} goes outside{prefix}: the first rule whose conditions all hold (order {found.order})"


def _no_rule(journey: Journey, number: Number, digits: str, by: ExtensionConfig | None) -> Refuse:
    tenant = journey.tenant
    name = tenant.config.name
    if DIALLABLE.fullmatch(digits) is None or not tenant.outbound.first:
        why = f"no extension of tenant {name!r} has the number {number.dialled!r}"
        refusal = journey.refuse(WRONG_NUMBER, None, why)
    else:
        why = f"{number.dialled!r} is no number of tenant {name!r}, and none of its outbound rules leads there"
        refusal = journey.refuse(NO_ROUTE, None, why)
    misses = (*near_numbers(tenant, number.dialled), *near_outbound_rules(journey, digits, by))
    for rule, missed in misses:
        journey.missed(rule, missed)
    return Refuse(refusal.cause, journey.trace)


def _not_allowed(journey: Journey, by: ExtensionConfig | None) -> Refuse:
    if by is None:
        caller = journey.query.caller
        return journey.refuse(
            NOT_ALLOWED, None, f"there is no extension {caller!r} in this revision, so it may not call outside"
        )
    why = f"extension {by.number} may not call outside: spec.mayCallOutside is false"
    return journey.refuse(NOT_ALLOWED, by.ref, why)


def _over_limit(journey: Journey, by: ExtensionConfig | None) -> Refuse | None:
    """The refusal if the limits of the extension or of its tenant leave no room for one more call outside.

    All facts are asked whatever the limits are, so that a record shows what a limit of later would have refused.
    """
    config = journey.tenant.config
    quotas = config.quotas
    if by is not None:
        calls, begun = journey.outside(by.number)
        most, a_minute = by.max_outside_calls, by.max_outside_calls_per_minute
        if (most and calls >= most) or (a_minute and begun >= a_minute):
            return _over(journey, by.ref, f"extension {by.number}", (calls, most), (begun, a_minute))
    calls, begun = journey.outside("")
    most, a_minute = quotas.max_outside_calls, quotas.max_outside_calls_per_minute
    if (most and calls >= most) or (a_minute and begun >= a_minute):
        return _over(journey, config.ref, f"tenant {config.name!r}", (calls, most), (begun, a_minute))
    return None


def _over(
    journey: Journey, ref: ConfigRef, who: str, at_once: tuple[int, int], within_a_minute: tuple[int, int]
) -> Refuse:
    """The refusal; of each limit how many there are, and how many may be."""
    calls, most = at_once
    if most and calls >= most:
        why = f"{who} has {calls} calls to the outside and may have {most} at once"
    else:
        begun, most = within_a_minute
        why = f"{who} has begun {begun} calls to the outside within a minute and may begin {most}"
    return journey.refuse(OVER_OUTSIDE_LIMIT, ref, why)


def _routes(
    journey: Journey, rule: OutboundRuleConfig, number: Number, digits: str, by: ExtensionConfig | None
) -> tuple[tuple[TrunkTarget, ...], Bar | None]:
    """Those that can take the call now, in order; and what leaves out one of them for the number that it would send."""
    found: list[TrunkTarget] = []
    first: Bar | None = None
    has_bars = bool(journey.tenant.config.blocked) or journey.tenant.countries is not None
    for route in rule.routes:
        trunk = _trunk(journey, rule, route)
        if trunk is None:
            continue
        is_up, channels = journey.trunk(trunk)
        bar = bar_of_sent(journey, route, trunk, number, digits) if has_bars else None
        if bar is not None:
            first = first or bar
            journey.missed(journey.tenant.config.ref, f"trunk {trunk.name} is not asked: {bar.why}")
        elif not is_up:
            journey.missed(trunk.ref, f"trunk {trunk.name} is down")
        elif trunk.max_channels and channels >= trunk.max_channels:
            why = f"trunk {trunk.name} carries {channels} calls and has room for {trunk.max_channels}"
            journey.missed(trunk.ref, why)
        else:
            target = _target(journey, rule, route, trunk, number, digits, by)
            if target is not None:
                found.append(target)
    return tuple(found), first


def _trunk(journey: Journey, rule: OutboundRuleConfig, route: OutboundRouteConfig) -> TrunkConfig | None:
    trunk = journey.trunk_named(route.trunk)
    if trunk is None:
        journey.missed(rule.ref, f"tenant {journey.tenant.config.name!r} has no trunk {route.trunk}")
    elif not trunk.enabled:
        journey.missed(trunk.ref, f"trunk {trunk.name} is disabled")
    else:
        return trunk
    return None


def _target(
    journey: Journey,
    rule: OutboundRuleConfig,
    route: OutboundRouteConfig,
    trunk: TrunkConfig,
    number: Number,
    digits: str,
    by: ExtensionConfig | None,
) -> TrunkTarget | None:
    tenant = journey.tenant
    sent = sent_digits(tenant, route, trunk, number, digits)
    if not sent:
        journey.missed(
            rule.ref, f"nothing is left of {digits!r} for trunk {trunk.name}: {route.strip} digits are stripped"
        )
        return None
    shown = shown_number(tenant, route, trunk, by)
    is_anonymous = trunk.caller_id == "anonymous" and not route.caller_id
    name = tenant.config.name
    return _new(TrunkTarget, (name, trunk.ref, sent, number, shown, is_anonymous, "" if by is None else by.number))


# Help


def _emergency(journey: Journey, number: Number, digits: str, by: ExtensionConfig | None) -> RouteDecision:
    """No permission, no limit, no quota; all routes of all rules for these digits, those made for the caller first.

    Where an outside line was dialled before it (9 112), the routes that take that line away come after them.
    """
    dialled = journey.tenant.context.digits(number.dialled)
    line = dialled.removesuffix(digits) if dialled.endswith(digits) else ""
    ways = [
        (rule, _unstripped(rule, route, digits), digits)
        for rule in _emergency_rules(journey, digits, by)
        for route in rule.routes
    ]
    if line:
        ways += [
            (rule, route, dialled)
            for rule in _emergency_rules(journey, dialled, by)
            for route in rule.routes
            if line in rule.prefixes and route.strip == len(line)
        ]
    if not ways:
        why = f"{digits} is an emergency number, and no outbound rule of tenant {journey.tenant.config.name!r} leads there"
        refusal = journey.refuse(NO_ROUTE, None, why)
        for near, missed in near_outbound_rules(journey, digits, by):
            journey.missed(near, missed)
        return Refuse(refusal.cause, journey.trace)
    first = ways[0][0]
    journey.matched(first.ref, f"{digits} is an emergency number: every route is tried, no permission or limit counts")
    up: dict[tuple[ConfigRef, str], TrunkTarget] = {}
    down: dict[tuple[ConfigRef, str], TrunkTarget] = {}
    for rule, route, kept in ways:
        trunk = _trunk(journey, rule, route)
        target = None if trunk is None else _target(journey, rule, route, trunk, number, kept, by)
        if trunk is not None and target is not None:
            usable = up if _has_room(journey, trunk) else down
            usable.setdefault((trunk.ref, target.number), target)
    routes = tuple((up | {key: target for key, target in down.items() if key not in up}).values())
    if not routes:
        return journey.refuse(TRUNKS_DOWN, first.ref, f"none of the routes for {digits} has a trunk that is enabled")
    return DialOut(
        routes[:MOST_EMERGENCY_ROUTES], EMERGENCY_FAILOVER, first.ring_time_s, journey.trace, is_emergency=True
    )


def _emergency_rules(journey: Journey, digits: str, by: ExtensionConfig | None) -> list[OutboundRuleConfig]:
    """In order, each once; what rules ask of the caller is a permission, so those made for others come last."""
    index = journey.tenant.outbound
    fitting = sorted(index.candidates(digits, by))
    others = sorted(index.whoever_calls(digits))
    return list({candidate.name: candidate.rule for candidate in (*fitting, *others)}.values())


def _unstripped(rule: OutboundRuleConfig, route: OutboundRouteConfig, digits: str) -> OutboundRouteConfig:
    """What is stripped stands before a number: not so the 9 of 999 where 9 is for the outside.

    A rule for this very number means what it says, unless nothing would be left.
    """
    if route.strip and (digits not in rule.prefixes or route.strip >= len(digits)):
        return replace(route, strip=0, prepend="")
    return route


def _has_room(journey: Journey, trunk: TrunkConfig) -> bool:
    is_up, channels = journey.trunk(trunk)
    return is_up and not (trunk.max_channels and channels >= trunk.max_channels)


def external(journey: Journey, rule: ConfigRef | None, text: str, by: ExtensionConfig | None) -> RouteDecision:
    """A destination outside that a rule of the tenant names: dialled as the extension that forwards, or as the tenant itself.

    Who answers at an emergency number has to know who needs help and where, so no extension forwards there.
    """
    refusal = journey.arrive(DestinationConfig(kind=EXTERNAL, value=text), rule)
    if refusal is not None:
        return refusal
    number = journey.tenant.context.number(text)
    canonical = number.canonical
    if by is not None and isinstance(canonical, ShortCode) and canonical.is_emergency:
        why = f"extension {by.number} forwards to {canonical.text}: who calls it does not call for help"
        return journey.refuse(NOT_ALLOWED, by.ref, why)
    return outside(journey, number, by, is_own=by is None)
