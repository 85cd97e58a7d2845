"""Inbound rules that no call ever reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import product

from dialing.containment import contains
from dialing.pattern import Form, NumberPattern
from engine.config.inbound_index import Called
from engine.config.inbound_rule import InboundRuleConfig
from reconciler.proof.interval import Cuts, Interval, beginning_with, intervals_of
from reconciler.proof.proof import NOBODY, Flaw, Subject


def inbound_rule_shadowed(subject: Subject) -> Iterator[Flaw]:
    """An inbound rule whose every call another rule takes does nothing, and its author believes it did."""
    trunks = sorted(subject.trunks())
    masks = cache(lambda: _Masks(subject.tenant.inbound_rules.values()))  # few need it
    for rule in subject.tenant.inbound_rules.values():
        if not rule.enabled:
            continue
        usable = [name for name in trunks if not rule.trunks or name in rule.trunks]
        if not usable:
            yield Flaw(
                rule.ref,
                f"{rule.ref} is for {'no trunk that is enabled' if rule.trunks else 'all trunks, and there is none'}",
                "enable or define the trunk, or disable the rule",
                ("spec", "trunks"),
            )
            continue
        if rule.cids and not rule.is_dialled and all(_is_blocked(subject, mask) for mask in rule.cids):
            yield Flaw(
                rule.ref,
                f"{rule.ref} never counts: Tenant {subject.name} blocks all who call by it (spec.blocked)",
                "change its cid, or what is blocked; or remove the rule",
                ("spec", "match", "cid"),
            )
            continue
        hiders = _hiders(subject, rule, usable, masks)
        if hiders is not None:
            yield Flaw(
                rule.ref,
                f"{rule.ref} never counts: each call that it is for goes by {', '.join(sorted(hiders))}",
                "change what it matches, or remove it",
                ("spec", "match"),
            )


def inbound_rule_outranked(subject: Subject) -> Iterator[Flaw]:
    """The number called comes before who calls: a rule for some callers, whichever number they call, is passed over for every number that
    another rule names. Who wrote it to turn callers away believes that it does.
    """
    enabled = [rule for rule in subject.tenant.inbound_rules.values() if rule.enabled]
    for rule in enabled:
        if not rule.cids or (rule.dids and "*" not in rule.dids):
            continue
        above = sorted(
            other.name
            for other in enabled
            if other.dids and "*" not in other.dids and not other.cids and _share_a_trunk(rule, other)
        )
        if above:
            names = ", ".join(above[:3]) + (" and others" if len(above) > 3 else "")
            yield Flaw(
                rule.ref,
                f"{rule.ref} is for some callers and any number, and never counts for the numbers that InboundRule {names} names",
                "name those numbers in its did; or, to turn the callers away, block them: Tenant.spec.blocked",
                ("spec", "match", "cid"),
            )


def _share_a_trunk(one: InboundRuleConfig, other: InboundRuleConfig) -> bool:
    return not one.trunks or not other.trunks or not set(one.trunks).isdisjoint(other.trunks)


def _is_blocked(subject: Subject, cid: str) -> bool:
    """Whether one blocked mask has every number of this one."""
    return any(contains(mask, cid) for mask, _ in subject.tenant.blocked.callers.entries())


class _Masks:
    """Where the masks of a tenant's rules cut ranges: of the numbers called, by form, and of the numbers that call."""

    __slots__ = ("_cids", "_dids")

    def __init__(self, rules: Iterable[InboundRuleConfig]) -> None:
        enabled = [rule for rule in rules if rule.enabled]
        # A range is asked before prefixes, suffixes and infixes: of the numbers called only ranges and exact ones can hide it.
        self._dids = tuple(
            Cuts(
                interval
                for rule in enabled
                if rule.is_dialled is is_dialled
                for mask in rule.dids
                for interval in _held(NumberPattern.parse(mask))
            )
            for is_dialled in (False, True)
        )
        cids = {mask: NumberPattern.parse(mask) for rule in enabled for mask in rule.cids}.values()
        self._cids = (
            None
            if any(pattern.form in (Form.SUFFIX, Form.INFIX) for pattern in cids)
            else Cuts(interval for pattern in cids for interval in (*_held(pattern), *_begun(pattern)))
        )

    def dids(self, rule: InboundRuleConfig) -> list[str] | None:
        """Numbers called such that the rule is hidden if, and only if, it is for each of these; None if there are too many."""
        return _all_of(rule.dids or ("*",), self._dids[rule.is_dialled])

    def cids(self, rule: InboundRuleConfig) -> list[str] | None:
        """The same of numbers that call; None also for a range where a rule asks for how they end or what they contain: no intervals."""
        return _all_of(rule.cids, self._cids) if rule.cids else [NOBODY]


def _held(pattern: NumberPattern) -> Iterable[Interval]:
    return intervals_of(pattern) if pattern.form in (Form.EXACT, Form.RANGE) else ()


def _begun(pattern: NumberPattern) -> Iterable[Interval]:
    return beginning_with(pattern.literal) if pattern.form is Form.PREFIX else ()


def _all_of(masks: tuple[str, ...], cuts: Cuts | None) -> list[str] | None:
    found: list[str] = []
    for pattern in map(NumberPattern.parse, masks):
        if pattern.form is not Form.RANGE:
            found.append(_one_of(pattern))
            continue
        pieces = None if cuts is None else cuts.pieces(pattern)
        if pieces is None:
            return None
        found += pieces
    return found


def _hiders(
    subject: Subject, rule: InboundRuleConfig, trunks: list[str], masks: Callable[[], _Masks]
) -> set[str] | None:
    """The rules that take all its calls; None if one call is left to it, or if that can't be told."""
    if _takers(subject, rule, trunks, _begins(rule)) is None:
        return None  # as of nearly all rules: no need to look at the whole of its ranges
    dids, cids = masks().dids(rule), masks().cids(rule)
    return None if dids is None or cids is None else _takers(subject, rule, trunks, product(dids, cids))


def _takers(
    subject: Subject, rule: InboundRuleConfig, trunks: list[str], calls: Iterable[tuple[str, str]]
) -> set[str] | None:
    """The rules that take these calls, by the numbers called and calling; None if one is left to `rule`."""
    takers: set[str] = set()
    for did, cid in calls:
        called = Called(NOBODY, did, NOBODY, cid) if rule.is_dialled else Called(did, NOBODY, cid, NOBODY)
        for trunk in trunks:
            found = subject.tenant.inbound.find(called, trunk)
            if found is None or found.name == rule.name:
                return None
            takers.add(str(found.ref))
    return takers


def _begins(rule: InboundRuleConfig) -> Iterator[tuple[str, str]]:
    """One number of each of its masks, of a range the first."""
    cids = [_one_of(NumberPattern.parse(mask)) for mask in rule.cids] or [NOBODY]
    for mask in rule.dids or ("*",):
        did = _one_of(NumberPattern.parse(mask))
        yield from ((did, cid) for cid in cids)


def _one_of(pattern: NumberPattern) -> str:
    """One number is enough for all but a range, with characters that no other mask names around what the mask itself names: only the same
    mask and broader ones fit it. Broader ones of the number called come later; a broader one of the number that calls fits all of them.
    """
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
