"""Inbound rules that no call ever reaches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dialing.pattern import Form, NumberPattern
from engine.config.inbound_index import Called
from engine.config.inbound_rule import InboundRuleConfig
from reconciler.proof.proof import NOBODY, Flaw, Subject

MOST_COUNTED: Final = 1_000
"""A range with more numbers is looked at by its ends alone: that all between are taken one by one is not to be expected."""


def inbound_rule_shadowed(subject: Subject) -> Iterator[Flaw]:
    """An inbound rule whose every call another rule takes does nothing, and its author believes it did."""
    trunks = sorted(subject.trunks())
    for rule in subject.tenant.inbound_rules.values():
        if not rule.enabled:
            continue
        usable = [name for name in trunks if not rule.trunks or name in rule.trunks]
        if not usable:
            yield Flaw(
                rule.ref,
                f"{rule.ref} is for {'no trunk that is enabled' if rule.trunks else 'all trunks, and there is none'}",
                "enable or define the trunk, or disable the rule",
            )
            continue
        hiders = _hiders(subject, rule, usable)
        if hiders is not None:
            yield Flaw(
                rule.ref,
                f"{rule.ref} never counts: each call that it is for goes by {', '.join(sorted(hiders))}",
                "change what it matches, or remove it",
            )


def _hiders(subject: Subject, rule: InboundRuleConfig, trunks: list[str]) -> set[str] | None:
    """The rules that take all its calls; None if one call is left to it."""
    hiders: set[str] = set()
    cids = [_one_of(NumberPattern.parse(mask)) for mask in rule.cids] or [NOBODY]
    for mask in rule.dids or ("*",):
        for did in _numbers(NumberPattern.parse(mask)):
            for cid in cids:
                called = Called(NOBODY, did, NOBODY, cid) if rule.is_dialled else Called(did, NOBODY, cid, NOBODY)
                for trunk in trunks:
                    found = subject.tenant.inbound.find(called, trunk)
                    if found is None or found.name == rule.name:
                        return None
                    hiders.add(str(found.ref))
    return hiders


def _numbers(pattern: NumberPattern) -> Iterator[str]:
    """Numbers of the mask such that a rule for it is hidden if it is for all of these.

    For all but a range one is enough, with characters that no other mask names around what the mask itself names: only
    the same mask and broader ones fit it, and these come later.
    """
    if pattern.form is not Form.RANGE:
        yield _one_of(pattern)
        return
    sign = "+" if pattern.literal[0] == "+" else ""
    first, last = int(pattern.literal), int(pattern.last)
    width = len(pattern.literal) - len(sign) if len(pattern.literal) == len(pattern.last) else 0
    numbers = range(first, last + 1) if last - first < MOST_COUNTED else (*range(first, first + MOST_COUNTED), last)
    for number in numbers:
        yield f"{sign}{number:0{width}}"


def _one_of(pattern: NumberPattern) -> str:
    match pattern.form:
        case Form.EXACT | Form.RANGE:
            return pattern.literal
        case Form.PREFIX:
            return pattern.literal + NOBODY
        case Form.SUFFIX:
            return NOBODY + pattern.literal
        case Form.INFIX:
            return NOBODY + pattern.literal + NOBODY
        case Form.ANY:
            return NOBODY
