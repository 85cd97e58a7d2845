"""What nearly matched, for whoever asks why a call did not: each with the rule, and what keeps it from matching.

The cost is bounded by what was dialled and by how many are shown, not by how much the tenant has.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Final

from dialing.pattern import NumberPattern
from engine.config.extension import ExtensionConfig
from engine.config.outbound_index import NEAREST, count_of, has_length, is_in_group
from engine.config.outbound_rule import OutboundRuleConfig
from engine.config.ref import ConfigRef
from engine.config.snapshot import TenantSnapshot
from engine.routing.journey import Journey

SHOWN: Final = 5
_LONGEST_PROBED: Final = 12
"""Nobody takes more digits than that for a number of the house."""
_PREFIXES_SHOWN: Final = 5


def near_numbers(tenant: TenantSnapshot, dialled: str) -> list[tuple[ConfigRef, str]]:
    """Numbers of the tenant one edit away, found by asking the index for each."""
    if len(dialled) > _LONGEST_PROBED:
        return []
    misses: dict[ConfigRef, str] = {}
    candidates = set(one_edit_away(dialled))
    for kind, numbers in (("extension", tenant.extensions), ("ring group", tenant.ring_groups_by_number)):
        for candidate in numbers.among(candidates):
            misses[numbers[candidate].ref] = f"{kind} {candidate} differs from {dialled!r} by one character"
    return list(misses.items())[:SHOWN]


def near_outbound_rules(journey: Journey, digits: str, by: ExtensionConfig | None) -> list[tuple[ConfigRef, str]]:
    """Rules of which one condition fails: first those whose prefix fits, then the first ones in order."""
    index = journey.tenant.outbound
    found: dict[ConfigRef, str] = {}
    for rule in islice(chain(islice(index.with_prefix(digits), NEAREST), index.first), 2 * NEAREST):
        failed = list(_failed(rule, digits, by))
        if len(failed) == 1:
            found.setdefault(rule.ref, failed[0])
        if len(found) >= SHOWN:
            break
    return list(found.items())


def _failed(rule: OutboundRuleConfig, digits: str, by: ExtensionConfig | None) -> Iterator[str]:
    """Each condition that does not hold."""
    if rule.prefixes and not digits.startswith(rule.prefixes):
        more = ", ..." if len(rule.prefixes) > _PREFIXES_SHOWN else ""
        yield f"{digits!r} does not begin with {', '.join(rule.prefixes[:_PREFIXES_SHOWN])}{more}"
    who = "the call is no extension's" if by is None else f"extension {by.number}"
    if rule.extensions and (
        by is None or not any(NumberPattern.parse(mask).matches(by.number) for mask in rule.extensions)
    ):
        yield f"{who} is none of those that may call by it" if by is not None else f"{who}, and it is for some only"
    if rule.groups and (by is None or not is_in_group(rule, by)):
        yield (
            f"{who} is in none of its groups ({', '.join(rule.groups)})"
            if by is not None
            else f"{who}, and it is for groups only"
        )
    length = count_of(digits)
    if not has_length(rule, length):
        most = f" to {rule.max_length}" if rule.max_length else " or more"
        yield f"{digits!r} has {length} digits, and it asks for {rule.min_length}{most}"


def one_edit_away(text: str) -> Iterator[str]:
    """Texts that differ by one character left out, swapped, replaced or put in."""
    yield from one_digit_away(text)
    for i in range(len(text)):
        yield text[:i] + text[i + 1 :]
    for i in range(len(text) + 1):
        head, tail = text[:i], text[i:]
        for digit in "0123456789":
            yield head + digit + tail


def one_digit_away(text: str) -> Iterator[str]:
    """Texts of the same length that differ by two neighbours swapped, or by one character replaced."""
    for i in range(len(text) - 1):
        yield text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    for i in range(len(text)):
        head, tail = text[:i], text[i + 1 :]
        for digit in "0123456789":
            yield head + digit + tail
