"""The outbound rules of a tenant, found by how the dialled digits begin and by who calls (feature C4).

Of the rules whose conditions all hold the first one counts: by `order`, then the one with the longer prefix, then by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from engine.config.extension import ExtensionConfig
from engine.config.mask_index import MaskIndex
from engine.config.outbound_rule import OutboundRuleConfig
from engine.config.steps import STEP, Steps, finished


class Candidate(NamedTuple):
    """A rule, and the prefix by which it fits, "" = it asks for none. Sorts as rules count, but for `rule` itself."""

    order: int
    shortness: int
    name: str
    prefix: str
    rule: OutboundRuleConfig


@dataclass(frozen=True, slots=True)
class _OfPrefix:
    """The rules of one prefix: those that ask for the caller's number, those that ask for its groups only, and the others."""

    by_extension: MaskIndex[tuple[OutboundRuleConfig, ...]] | None
    by_group: dict[str, tuple[OutboundRuleConfig, ...]]
    others: tuple[OutboundRuleConfig, ...]
    all: tuple[OutboundRuleConfig, ...]

    def of(self, caller: ExtensionConfig | None) -> Iterator[OutboundRuleConfig]:
        yield from self.others
        if caller is None:
            return
        if self.by_group:
            for group in caller.groups:
                yield from self.by_group.get(group, ())
        for _, rules in self.by_extension.matching(caller.number) if self.by_extension is not None else ():
            yield from (rule for rule in rules if is_in_group(rule, caller))

    def first(self, caller: ExtensionConfig | None, digits: int) -> OutboundRuleConfig | None:
        """The first of them that fits, by order and name; each list stands in that order."""
        best = _first_of(self.others, digits, None)
        if caller is None:
            return best
        if self.by_group:
            for group in caller.groups:
                of_group = self.by_group.get(group)
                if of_group is not None:
                    best = _earlier(best, _first_of(of_group, digits, None))
        if self.by_extension is not None:
            for _, rules in self.by_extension.matching(caller.number):
                best = _earlier(best, _first_of(rules, digits, caller))
        return best


def _first_of(
    rules: tuple[OutboundRuleConfig, ...], digits: int, caller: ExtensionConfig | None
) -> OutboundRuleConfig | None:
    """The first that asks for so many digits and, with a `caller`, for no group that it is not in."""
    for rule in rules:
        if (
            rule.min_length <= digits
            and (not rule.max_length or digits <= rule.max_length)
            and (caller is None or not rule.groups or is_in_group(rule, caller))
        ):
            return rule
    return None


def _earlier(one: OutboundRuleConfig | None, other: OutboundRuleConfig | None) -> OutboundRuleConfig | None:
    if one is None or other is None:
        return one or other
    return other if (other.order, other.name) < (one.order, one.name) else one


@dataclass(frozen=True, slots=True)
class OutboundIndex:
    """Rules that are enabled, by prefix; prefixes by length, the longest first."""

    prefixes: tuple[tuple[int, dict[str, _OfPrefix]], ...]
    first: tuple[OutboundRuleConfig, ...]
    """Some of them, in order: those that a refusal is explained by."""
    outside_prefixes: frozenset[str]
    """What is dialled for an outside line: the prefixes that a route of their rule strips whole."""

    @classmethod
    def of(cls, rules: Iterable[OutboundRuleConfig]) -> OutboundIndex:
        return finished(cls.making(rules))

    @classmethod
    def making(cls, rules: Iterable[OutboundRuleConfig]) -> Steps[OutboundIndex]:
        """`of`, in steps."""
        by_prefix: dict[str, list[OutboundRuleConfig]] = {}
        ordered = sorted((rule for rule in rules if rule.enabled), key=lambda rule: (rule.order, rule.name))
        placed = 0
        for rule in ordered:
            for prefix in dict.fromkeys(rule.prefixes or ("",)):
                by_prefix.setdefault(prefix, []).append(rule)
                placed += 1
                if placed % STEP == 0:
                    yield
        by_length: dict[int, dict[str, _OfPrefix]] = {}
        for prefix, of_prefix in by_prefix.items():
            by_length.setdefault(len(prefix), {})[prefix] = yield from _of_prefix(of_prefix)
        lines = frozenset(
            prefix
            for prefix, of_prefix in by_prefix.items()
            if prefix and any(route.strip == len(prefix) for rule in of_prefix for route in rule.routes)
        )
        return cls(tuple(sorted(by_length.items(), reverse=True)), tuple(ordered[:NEAREST]), lines)

    def find(self, digits: str, caller: ExtensionConfig | None) -> Candidate | None:
        """The rule that counts; as the first of `candidates`, without looking at those that come after it."""
        length = count_of(digits)
        best: OutboundRuleConfig | None = None
        best_prefix = ""
        # The longest prefixes come first, so that a later rule counts only if its order is lower.
        for size, by_prefix in self.prefixes:
            of_prefix = by_prefix.get(digits[:size])
            if of_prefix is None:
                continue
            rule = of_prefix.first(caller, length)
            if rule is not None and (best is None or rule.order < best.order):
                best, best_prefix = rule, digits[:size]
        return None if best is None else _candidate(best, best_prefix)

    def candidates(self, digits: str, caller: ExtensionConfig | None) -> Iterator[Candidate]:
        """Rules whose conditions all hold, in no order; one may come twice, by two of its prefixes. `caller`: None = no extension."""
        length = count_of(digits)
        for prefix, of_prefix in self._of(digits):
            for rule in of_prefix.of(caller):
                if has_length(rule, length):
                    yield _candidate(rule, prefix)

    def whoever_calls(self, digits: str) -> Iterator[Candidate]:
        """As `candidates`, but for what rules ask of the caller."""
        length = count_of(digits)
        for prefix, of_prefix in self._of(digits):
            for rule in of_prefix.all:
                if has_length(rule, length):
                    yield _candidate(rule, prefix)

    def with_prefix(self, digits: str) -> Iterator[OutboundRuleConfig]:
        """Rules that ask for digits that begin so, or for none, whatever else they ask for."""
        for _, of_prefix in self._of(digits):
            yield from of_prefix.all

    def _of(self, digits: str) -> Iterator[tuple[str, _OfPrefix]]:
        for length, by_prefix in self.prefixes:
            prefix = digits[:length]
            of_prefix = by_prefix.get(prefix)
            if of_prefix is not None:
                yield prefix, of_prefix


NEAREST = 20
"""So many rules are looked at for the nearest misses."""


def count_of(digits: str) -> int:
    """How many digits are dialled; a "+" before them is none."""
    return len(digits) - digits.startswith("+")


def is_in_group(rule: OutboundRuleConfig, caller: ExtensionConfig) -> bool:
    return not rule.groups or not set(rule.groups).isdisjoint(caller.groups)


def has_length(rule: OutboundRuleConfig, digits: int) -> bool:
    """Whether so many digits are dialled as the rule asks for."""
    return rule.min_length <= digits and (not rule.max_length or digits <= rule.max_length)


def _candidate(rule: OutboundRuleConfig, prefix: str) -> Candidate:
    return tuple.__new__(Candidate, (rule.order, -len(prefix), rule.name, prefix, rule))


def _of_prefix(rules: list[OutboundRuleConfig]) -> Steps[_OfPrefix]:
    by_extension: dict[str, list[OutboundRuleConfig]] = {}
    by_group: dict[str, list[OutboundRuleConfig]] = {}
    for rule in rules:
        for mask in rule.extensions:
            by_extension.setdefault(mask, []).append(rule)
        for group in () if rule.extensions else rule.groups:
            by_group.setdefault(group, []).append(rule)
    return _OfPrefix(
        (yield from MaskIndex.making({mask: tuple(found) for mask, found in by_extension.items()}))
        if by_extension
        else None,
        {group: tuple(found) for group, found in by_group.items()},
        tuple(rule for rule in rules if not rule.extensions and not rule.groups),
        tuple(rules),
    )
