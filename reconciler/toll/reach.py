"""Which numbers outside somebody of a tenant can call, as full numbers: asked of the engine's own `decide`, with every trunk up.

What is asked is made of the routes: of each prefix of a rule, what would have to be dialled behind it so that a number of the wanted digits
is sent. Whether it really goes there (orders, blocks, countries, permissions) `decide` says.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from dialing.number import E164
from engine.config.extension import ExtensionConfig
from engine.config.outbound_index import count_of, is_in_group
from engine.config.outbound_rule import OutboundRuleConfig
from engine.config.ref import ConfigRef
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
    """One prefix of a rule with the digits of one of its routes. `tail`: what of the prefix is left after what is stripped."""

    rule: OutboundRuleConfig
    prefix: str
    strip: int
    tail: str


class Ways:
    """All ways outside of a tenant that have a trunk, found by how a number begins; what they come to is kept."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        trunks = subject.trunks()
        found: dict[str, dict[str, list[Way]]] = {}
        self.trunks: dict[ConfigRef, TrunkConfig] = {}
        for rule in subject.tenant.outbound_rules.values():
            routes = [route for route in rule.routes if rule.enabled and route.trunk in trunks]
            self.trunks |= {trunks[route.trunk].ref: trunks[route.trunk] for route in routes}
            for prefix in rule.prefixes or ("",):
                for strip, prepend in dict.fromkeys((route.strip, route.prepend) for route in routes):
                    way = Way(rule, prefix, strip, prefix[strip:])
                    found.setdefault(prepend, {}).setdefault(way.tail, []).append(way)
        # By what is put before; then by tail, and the tails in order, so that those that begin alike lie together.
        self._found = {prepend: (by_tail, sorted(by_tail)) for prepend, by_tail in found.items()}
        self._kept: dict[str, tuple[tuple[OutboundRuleConfig, str], ...]] = {}

    def reached(self, caller: ExtensionConfig, masks: frozenset[str], prefix: str) -> frozenset[str]:
        """Full numbers, without "+", that `caller` gets to when it tries for one that begins with `prefix`; empty: it does not get there.

        `masks`: those of rules that its number falls under.
        """
        if prefix not in self._kept:
            self._kept[prefix] = tuple(dict.fromkeys(self._dialled(prefix)))
        for rule, dialled in self._kept[prefix]:
            if not is_in_group(rule, caller) or (rule.extensions and masks.isdisjoint(rule.extensions)):
                continue
            found = frozenset(n for n in called(self._subject, caller, dialled) if n.startswith(prefix))
            if found:
                return found
        return frozenset()

    def _dialled(self, prefix: str) -> Iterator[tuple[OutboundRuleConfig, str]]:
        """What may be dialled for a number of these digits, and by which rule."""
        for start, own_digits in _starts(self._subject, prefix):
            for prepend, (by_tail, tails) in self._found.items():
                kept = _behind(start, prepend)
                if kept is None:
                    continue
                for tail in _alike(kept, by_tail, tails):
                    begun = max(kept, tail, key=len)
                    # So many digits are still missing; those of the way itself (an exit code, a trunk prefix) are none of the number's.
                    own = own_digits + len(begun) - len(kept)
                    for way in by_tail[tail]:
                        yield from ((way.rule, dialled) for dialled in _filled(self._subject, way, prefix, begun, own))


def _alike(kept: str, by_tail: dict[str, list[Way]], tails: list[str]) -> Iterator[str]:
    """Tails that `kept` begins with, and those that begin with it."""
    yield from (kept[:end] for end in range(len(kept)) if kept[:end] in by_tail)
    for tail in tails[bisect_left(tails, kept) :]:
        if not tail.startswith(kept):
            return
        yield tail


def _filled(subject: Subject, way: Way, prefix: str, begun: str, own_digits: int) -> Iterator[str]:
    """What is dialled by a way, with digits behind it up to the usual lengths of numbers."""
    head = (way.prefix + _FILL * way.strip)[: way.strip]
    tried = 0
    for length in _lengths(subject, prefix):
        dialled = f"{head}{begun}{_FILL * (length - own_digits)}"
        if length >= own_digits and _fits(way.rule, dialled):
            tried += 1
            yield dialled
        if tried == _MOST_OF_A_WAY:
            return


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


def _fits(rule: OutboundRuleConfig, dialled: str) -> bool:
    digits = count_of(dialled)
    return rule.min_length <= digits and (not rule.max_length or digits <= rule.max_length)
