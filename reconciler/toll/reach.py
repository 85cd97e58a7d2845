"""Which numbers outside somebody of a tenant can call, as full numbers: asked of the engine's own `decide`, with every trunk up.

What is asked is made of the routes: of each prefix of a rule, what would have to be dialled behind it so that a number of the wanted digits
is sent. Whether it really goes there (orders, blocks, countries, permissions) `decide` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from dialing.number import E164
from engine.config.extension import ExtensionConfig
from engine.config.outbound_index import count_of
from engine.config.outbound_rule import OutboundRouteConfig, OutboundRuleConfig
from engine.config.trunk import TrunkConfig
from engine.simulation import DialOut, RecordedFacts, decide, number_from_trunk, query_of
from reconciler.proof.proof import Subject

_ANY_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)
_LENGTHS: Final = (11, 12, 10, 13, 14, 9, 15, 8)
"""Of full numbers without "+", the usual ones first."""
_MOST_OF_A_WAY: Final = 3
_FILL: Final = "5"


@dataclass(frozen=True, slots=True)
class Way:
    """One prefix of a rule with one of its routes."""

    rule: OutboundRuleConfig
    prefix: str
    route: OutboundRouteConfig
    trunk: TrunkConfig


def ways_of(subject: Subject) -> tuple[Way, ...]:
    """All of the tenant that have a trunk."""
    trunks = subject.trunks()
    return tuple(
        Way(rule, prefix, route, trunks[route.trunk])
        for rule in subject.tenant.outbound_rules.values()
        if rule.enabled
        for prefix in rule.prefixes or ("",)
        for route in rule.routes
        if route.trunk in trunks
    )


def reached(subject: Subject, ways: tuple[Way, ...], caller: ExtensionConfig, prefix: str) -> frozenset[str]:
    """Full numbers, without "+", that `caller` gets to when it tries for one that begins with `prefix`; empty: it does not get there."""
    for way in ways:
        for dialled in _dialled(subject, way, prefix):
            found = frozenset(number for number in called(subject, caller, dialled) if number.startswith(prefix))
            if found:
                return found
    return frozenset()


def called(subject: Subject, caller: ExtensionConfig, dialled: str) -> Iterator[str]:
    """The full numbers, without "+", that a call goes to: by its routes, as their trunks read what they are sent."""
    query = query_of(subject.tenant, caller, dialled, listener="", source="", at=_ANY_TIME)
    decision = decide(subject.snapshot, RecordedFacts({}), query)
    if not isinstance(decision, DialOut) or decision.is_emergency:
        return
    for target in decision.routes:
        trunk = subject.snapshot.trunk(subject.name, target.trunk.name)
        if trunk is None:
            continue
        context = trunk.dialling.context() if trunk.is_dialling_own else subject.tenant.context
        for number in (number_from_trunk(trunk, context, target.number).canonical, target.callee.canonical):
            if isinstance(number, E164):
                yield number.text[1:]
                break


def _dialled(subject: Subject, way: Way, prefix: str) -> Iterator[str]:
    """What may be dialled by this way for a number of these digits."""
    head = (way.prefix + _FILL * way.route.strip)[: way.route.strip]
    tail = way.prefix[way.route.strip :]
    for start, own_digits in _starts(subject, prefix):
        kept = _behind(start, way.route.prepend)
        begun = None if kept is None else _both(kept, tail)
        if begun is None:
            continue
        tried = 0
        for length in _lengths(subject, prefix):
            # So many digits are still missing; those of the way itself (an exit code, a trunk prefix) are none of the number's.
            missing = length - own_digits - (len(begun) - len(kept or ""))
            dialled = f"{head}{begun}{_FILL * missing}"
            if missing >= 0 and _fits(way.rule, dialled):
                tried += 1
                yield dialled
            if tried == _MOST_OF_A_WAY:
                break


def _starts(subject: Subject, prefix: str) -> Iterator[tuple[str, int]]:
    """How a number of these digits begins when it is written, and how many of its digits are in that."""
    dialling = subject.tenant.config.dialling
    yield f"+{prefix}", len(prefix)
    for exit_code in dialling.international_prefixes[:1]:
        yield f"{exit_code}{prefix}", len(prefix)
    code = dialling.country_code or ""
    if code and prefix.startswith(code):
        yield f"{dialling.national_prefix}{prefix[len(code) :]}", len(prefix)
    elif code and code.startswith(prefix):
        yield dialling.national_prefix, len(code)
    yield prefix, len(prefix)


def _lengths(subject: Subject, prefix: str) -> Iterator[int]:
    dialling = subject.tenant.config.dialling
    code = dialling.country_code or ""
    if code and prefix.startswith(code):
        yield from (len(code) + length for length in dialling.bare_national_lengths)
    yield from _LENGTHS


def _behind(start: str, prepended: str) -> str | None:
    """What is to be dialled so that, with `prepended` before it, it begins like `start`; None if it can't."""
    if start.startswith(prepended):
        return start[len(prepended) :]
    return "" if prepended.startswith(start) else None


def _both(one: str, other: str) -> str | None:
    """The longer of two beginnings of one text; None if they are of different texts."""
    if one.startswith(other):
        return one
    return other if other.startswith(one) else None


def _fits(rule: OutboundRuleConfig, dialled: str) -> bool:
    digits = count_of(dialled)
    return rule.min_length <= digits and (not rule.max_length or digits <= rule.max_length)
