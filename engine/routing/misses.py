"""What nearly matched, for whoever asks why a call did not: each with the rule, and what keeps it from matching.

The cost is bounded by what was dialled and by how many are shown, not by how much the tenant has.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
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
    if len(dialled) > _LONGEST_PROBED or not _is_near_length(tenant, len(dialled)):
        return []
    misses: dict[ConfigRef, str] = {}
    candidates = set(one_edit_away(dialled))
    for kind, numbers in (("extension", tenant.extensions), ("ring group", tenant.ring_groups_by_number)):
        for candidate in numbers.among(candidates):
            misses[numbers[candidate].ref] = f"{kind} {candidate} differs from {dialled!r} by one character"
    return list(misses.items())[:SHOWN]


def _is_near_length(tenant: TenantSnapshot, length: int) -> bool:
    lengths = tenant.own_lengths
    return length in lengths or length - 1 in lengths or length + 1 in lengths


def near_outbound_rules(journey: Journey, digits: str, by: ExtensionConfig | None) -> list[tuple[ConfigRef, str]]:
    """Rules of which one condition fails: first those whose prefix fits, then the first ones in order."""
    index = journey.tenant.outbound
    found: dict[ConfigRef, str] = {}
    length = count_of(digits)
    for rule in islice(chain(islice(index.with_prefix(digits), NEAREST), index.first), 2 * NEAREST):
        failed = _only_failure(rule, digits, length, by)
        if failed:
            found.setdefault(rule.ref, failed)
            if len(found) >= SHOWN:
                break
    return list(found.items())


def _only_failure(rule: OutboundRuleConfig, digits: str, length: int, by: ExtensionConfig | None) -> str:
    """The condition that does not hold, "" if all hold or more than one does not. The cheap ones are asked first."""
    is_prefix_wrong = bool(rule.prefixes) and not digits.startswith(rule.prefixes)
    is_length_wrong = not has_length(rule, length)
    if is_prefix_wrong and is_length_wrong:
        return ""
    is_group_wrong = bool(rule.groups) and (by is None or not is_in_group(rule, by))
    failures = is_prefix_wrong + is_length_wrong + is_group_wrong
    if failures > 1:
        return ""
    if rule.extensions and (by is None or not any(_pattern(mask).matches(by.number) for mask in rule.extensions)):
        if failures:
            return ""
        return (
            "the call is no extension's, and it is for some only"
            if by is None
            else f"extension {by.number} is none of those that may call by it"
        )
    if is_prefix_wrong:
        more = ", ..." if len(rule.prefixes) > _PREFIXES_SHOWN else ""
        return f"{digits!r} does not begin with {', '.join(rule.prefixes[:_PREFIXES_SHOWN])}{more}"
    if is_group_wrong:
        return (
            "the call is no extension's, and it is for groups only"
            if by is None
            else f"extension {by.number} is in none of its groups ({', '.join(rule.groups)})"
        )
    if is_length_wrong:
        most = f" to {rule.max_length}" if rule.max_length else " or more"
        return f"{digits!r} has {length} digits, and it asks for {rule.min_length}{most}"
    return ""


@lru_cache(maxsize=1024)
def _pattern(mask: str) -> NumberPattern:
    return NumberPattern.parse(mask)


def one_edit_away(text: str) -> Iterator[str]:
    """Texts that differ by one character left out, swapped, replaced or put in."""
    yield from one_digit_away(text)
    for i in range(len(text)):
        yield text[:i] + text[i + 1 :]
    for i in range(len(text) + 1):
        head, tail = text[:i], text[i:]
        for digit in "0123456789":
            yield head + digit + tail


def one_digit_away(text: str, first: int = 0, end: int | None = None) -> Iterator[str]:
    """Texts of the same length that differ by two neighbours swapped, or by one character replaced; only from `first` to before `end`."""
    end = len(text) if end is None else end
    for i in range(first, end - 1):
        yield text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    for i in range(first, end):
        head, tail = text[:i], text[i + 1 :]
        for digit in "0123456789":
            yield head + digit + tail
