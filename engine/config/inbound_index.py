"""The inbound rules of a tenant, found by the number that is called and the number that calls (feature C3).

Of the rules that fit a call the first one counts: by the mask of the number called (`dialing.pattern` has the order), then by that of
the number that calls (a rule with one before one without), then a rule that names its trunks before one for all, then by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from dialing.pattern import Form, NumberPattern, Precedence
from engine.config.inbound_rule import InboundRuleConfig
from engine.config.mask_index import MaskIndex
from engine.config.steps import STEP, Steps, finished

ANY: Final = "*"
_WITHOUT: Final = Precedence(Form.ANY, 1, "")
"""Where a rule stands that names no number that calls: behind the one that names any."""


class Called(NamedTuple):
    """Who calls whom, in full form and as it came."""

    did: str
    dialled_did: str
    cid: str
    dialled_cid: str


_Found: TypeAlias = "tuple[str, str, InboundRuleConfig]"
"""A rule that fits, by the masks of the number called and of the number that calls."""


@dataclass(frozen=True, slots=True)
class ByCid:
    """The rules of one mask of numbers called. `with_cid`: by mask of the number that calls, None if none asks for it."""

    with_cid: MaskIndex[tuple[InboundRuleConfig, ...]] | None
    others: tuple[InboundRuleConfig, ...]

    def all(self) -> Iterator[InboundRuleConfig]:
        """Whoever calls, those that ask first."""
        if self.with_cid is not None:
            for _, rules in self.with_cid.entries():
                yield from rules
        yield from self.others

    def is_for(self, trunk: str) -> bool:
        """Whether some rule of them is for calls by that trunk."""
        return any(_is_for(rule, trunk) for rule in self.all())


@dataclass(frozen=True, slots=True)
class InboundIndex:
    """Rules that are enabled: those that look at numbers in full form, and those that look at what came."""

    canonical: MaskIndex[ByCid]
    dialled: MaskIndex[ByCid]
    halves: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    """How the exact numbers of `canonical` begin and end: the first and the second half of each."""

    @classmethod
    def of(cls, rules: Iterable[InboundRuleConfig]) -> InboundIndex:
        return finished(cls.making(rules))

    @classmethod
    def making(cls, rules: Iterable[InboundRuleConfig]) -> Steps[InboundIndex]:
        """`of`, in steps."""
        by_form: tuple[dict[str, list[InboundRuleConfig]], ...] = ({}, {})
        placed = 0
        for rule in sorted((rule for rule in rules if rule.enabled), key=_trunks_then_name):
            for mask in rule.dids or (ANY,):
                by_form[rule.is_dialled].setdefault(mask, []).append(rule)
                placed += 1
                if placed % STEP == 0:
                    yield
        canonical, dialled = by_form
        index = yield from _indexed(canonical)
        return cls(index, (yield from _indexed(dialled)), (yield from _halves(index.exact)))

    def find(self, called: Called, trunk: str) -> InboundRuleConfig | None:
        """The rule that counts for a call that came by that trunk."""
        found = _first(self.canonical, called.did, called.cid, trunk)
        other = _first(self.dialled, called.dialled_did, called.dialled_cid, trunk) if self.dialled.is_any else None
        best = found or other if found is None or other is None else min(found, other, key=_order)
        return None if best is None else best[2]

    def where_near(self, did: str) -> tuple[int, int]:
        """From where to before where a number that differs from `did` by one character can differ from it.

        Such a number has one half in common with it, or differs by a swap of the two characters in the middle.
        """
        middle = len(did) // 2
        begins, ends = did[:middle] in self.halves[0], did[middle:] in self.halves[1]
        # One more character on the side of the middle, for that swap.
        return (0 if ends else max(0, middle - 1)), (len(did) if begins else min(len(did), middle + 1))

    def near(self, called: Called) -> Iterator[InboundRuleConfig]:
        """Rules for the number that is called, whatever trunk and caller they ask for, in order."""
        for index, did in ((self.canonical, called.did), (self.dialled, called.dialled_did)):
            for _, by_cid in index.matching(did):
                yield from by_cid.all()


def _is_for(rule: InboundRuleConfig, trunk: str) -> bool:
    return not rule.trunks or trunk in rule.trunks


def _trunks_then_name(rule: InboundRuleConfig) -> tuple[bool, str]:
    return not rule.trunks, rule.name


def _order(found: _Found) -> tuple[Precedence, Precedence, tuple[bool, str]]:
    did, cid, rule = found
    return _precedence(did), _precedence(cid) if cid else _WITHOUT, _trunks_then_name(rule)


def _precedence(mask: str) -> Precedence:
    return NumberPattern.parse(mask).precedence


def _first(index: MaskIndex[ByCid], did: str, cid: str, trunk: str) -> _Found | None:
    for did_mask, by_cid in index.matching(did):
        if by_cid.with_cid is not None:
            for cid_mask, rules in by_cid.with_cid.matching(cid):
                for rule in rules:
                    if _is_for(rule, trunk):
                        return did_mask, cid_mask, rule
        for rule in by_cid.others:
            if _is_for(rule, trunk):
                return did_mask, "", rule
    return None


def _halves(numbers: Iterable[str]) -> Steps[tuple[frozenset[str], frozenset[str]]]:
    begins: set[str] = set()
    ends: set[str] = set()
    for count, number in enumerate(numbers, start=1):
        middle = len(number) // 2
        begins.add(number[:middle])
        ends.add(number[middle:])
        if count % STEP == 0:
            yield
    return frozenset(begins), frozenset(ends)


def _indexed(by_mask: dict[str, list[InboundRuleConfig]]) -> Steps[MaskIndex[ByCid]]:
    found: dict[str, ByCid] = {}
    for count, (mask, rules) in enumerate(by_mask.items(), start=1):
        by_cid: dict[str, list[InboundRuleConfig]] = {}
        for rule in rules:
            for cid in rule.cids:
                by_cid.setdefault(cid, []).append(rule)
        with_cid = (
            (yield from MaskIndex.making({cid: tuple(of_cid) for cid, of_cid in by_cid.items()})) if by_cid else None
        )
        found[mask] = ByCid(with_cid, tuple(rule for rule in rules if not rule.cids))
        if count % STEP == 0:
            yield
    return (yield from MaskIndex.making(found))
