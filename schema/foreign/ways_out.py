"""Patterns that lead to carriers into OutboundRules, in the order in which the dial plan asks them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Final

from schema.foreign.digits import Digits, Unclear
from schema.foreign.masks import Outbound, outbound
from schema.foreign.outcome import ByHours, Ends, Nobody, Outcome, Outside, Untold
from schema.foreign.pbx import Row
from schema.foreign.work import Work, is_hidden
from schema.mark import Mark

MOST_ROUTES: Final = 3
MOST_PREFIXES: Final = 1_000
FIRST_ORDER: Final = 100
STEP: Final = 10
REFUSED: Final = "refused"
HELP: Final = frozenset({"112", "911", "999", "000", "110", "119", "995", "113", "115", "117", "118", "111"})
_DIALLED: Final = frozenset("0123456789*#+")


@dataclass(frozen=True, slots=True)
class Route:
    """One carrier, by its name there."""

    carrier: str
    strip: int
    prepend: str


@dataclass(frozen=True, slots=True)
class Rule:
    """`routes`: () = these numbers are refused."""

    pattern: str
    match: Outbound
    routes: tuple[Route, ...]
    mark: Mark


class WaysOut:
    """`trunks`: names of our trunks by carriers' names there."""

    def __init__(self, work: Work, trunks: dict[str, str]) -> None:
        self._work = work
        self._trunks = trunks
        self.by_context: dict[str, list[Rule]] = {}
        self._groups: dict[str, str] = {}
        self.emergency: list[str] = list(work.settings.emergency)

    def find(self) -> None:
        """The rules of each context."""
        for context, rows in self._work.pbx.inside.items():
            found = [
                rule for place, row in enumerate(rows) if not is_hidden(rows[:place], row) for rule in self._rules(row)
            ]
            self.by_context[context] = [rule for rule in _needed(found) if self._can_be_said(rule)]

    def _can_be_said(self, rule: Rule) -> bool:
        if rule.routes or rule.match.is_exact:
            return True
        what = f"calls to {rule.pattern} are ended, which no prefixes say: here they go out, as those around them"
        self._work.left(rule.mark, what, "block them: Tenant.spec.blocked")
        return False

    @property
    def may_call(self) -> frozenset[str]:
        """The contexts from which one may call outside; help needs no permission."""
        help_only = HELP | set(self._work.settings.emergency)
        return frozenset(
            context
            for context, rules in self.by_context.items()
            if any(rule.routes and rule.pattern not in help_only for rule in rules)
        )

    @property
    def groups(self) -> dict[str, list[str]]:
        """The extension groups of each context; none where all have the same rules."""
        used = {context: rules for context, rules in self.by_context.items() if rules}
        sets = {tuple((rule.pattern, rule.routes) for rule in self.by_context[context]) for context in self.by_context}
        if len(sets) <= 1:
            return {}
        for context in used:
            if context not in self._groups:
                self._groups[context] = self._work.names.new("ExtensionGroup", context)
        return {context: [self._groups[context]] for context in used}

    def _rules(self, row: Row) -> list[Rule]:
        outcome, mark = row.outcome, row.mark
        match = outbound(row.pattern)
        pattern = str(row.pattern)
        if row.when is not None or isinstance(outcome, ByHours):
            if _leads_out(outcome):
                self._work.left(
                    mark,
                    f"{pattern} leads outside at some times only",
                    "OutboundRules hold at all times; none is written",
                )
            return []
        if isinstance(outcome, Ends):
            # Wider than it is it would refuse calls that nobody refused; so rather many prefixes than too few.
            match = outbound(row.pattern, MOST_PREFIXES)
            return [] if match is None else [Rule(pattern, match, (), mark)]
        if isinstance(outcome, Untold) and row.pattern.text is None:
            self._work.left(outcome.mark, f"{pattern}: {outcome.why}", "nothing is written for it")
            return []
        if not isinstance(outcome, Outside):
            if row.pattern.text is None and not isinstance(outcome, Untold | Nobody):
                self._work.left(
                    mark, f"all of {pattern} lead to one place", "each resource has one number; write them by hand"
                )
            return []
        if match is None:
            self._work.left(mark, f"{pattern} can't be dialled by phones of ours", "nothing is written for it")
            return []
        routes = self._routes(row.pattern, outcome)
        if not routes:
            return []
        if not match.is_exact:
            what = f"{pattern} is written as numbers of {match.in_words()}; what it asks of the digits behind them no prefix says"
            self._work.left(
                mark, what, "numbers that were refused here go out, and it is the carrier that refuses them"
            )
        return [Rule(pattern, match, routes, mark)]

    def _routes(self, pattern: Digits, outcome: Outside) -> tuple[Route, ...]:
        found: list[Route] = []
        there: Outcome | None = outcome
        while isinstance(there, Outside) and len(found) < MOST_ROUTES:
            try:
                strip, prepend = self._change(pattern, there)
            except Unclear as error:
                self._work.left(
                    there.mark, f"{pattern} over carrier {there.carrier}: {error}", "nothing is written for it"
                )
                break
            found.append(Route(there.carrier, strip, prepend))
            there = there.then
        if found and there is not None and not isinstance(there, Ends | Outside):
            self._work.left(outcome.mark, f"what {pattern} does when the carrier fails", "the call fails then")
        return tuple(found)

    @staticmethod
    def _change(pattern: Digits, outcome: Outside) -> tuple[int, str]:
        text = outcome.number.text
        if text is not None and not any(spot.source is not None for spot in outcome.number.spots):
            dialled = pattern.text
            if dialled is None:
                raise Unclear("another number is sent than what was dialled")
            kept = next((place for place in range(len(dialled)) if text.endswith(dialled[place:])), None)
            if kept is None:
                raise Unclear("another number is sent than what was dialled")
            strip, prepend = kept, text[: len(text) - (len(dialled) - kept)]
        else:
            strip, prepend = outcome.number.change()
        if strip > 32 or len(prepend) > 32 or not set(prepend) <= _DIALLED - {"+"} | set(prepend[:1]):
            raise Unclear("what is sent has other characters than digits")
        if set(prepend[:1]) - _DIALLED:
            raise Unclear("what is sent has other characters than digits")
        return strip, prepend

    # Writing

    def write(self, destinations: Sequence[Outside]) -> None:
        """The rules, those for help, and those that destinations of other rules need."""
        groups = self.groups
        ordered = self._merged() if groups else [(rule, []) for rule in next(iter(self.by_context.values()), [])]
        for place, (rule, contexts) in enumerate(ordered):
            named = [name for context in contexts for name in groups.get(context, [])]
            self._add(rule, FIRST_ORDER + STEP * place, named)
        for outcome in destinations:
            self._for_destination(outcome)
        self._help([rule for rule, _ in ordered])
        if any(not rule.routes for rule, _ in ordered):
            spec: dict[str, object] = {"enabled": False, "host": "refused.invalid"}
            note = "Numbers that the dial plan ends: rules that lead here refuse the call."
            self._work.add("Trunk", REFUSED, spec, None, note)

    def _merged(self) -> list[tuple[Rule, list[str]]]:
        """One list in which the rules of each context keep their order; those that several have are one."""
        keys: dict[tuple[str, tuple[Route, ...]], Rule] = {}
        contexts: dict[tuple[str, tuple[Route, ...]], list[str]] = {}
        sorter: TopologicalSorter[tuple[str, tuple[Route, ...]]] = TopologicalSorter()
        for context, rules in self.by_context.items():
            before: tuple[str, tuple[Route, ...]] | None = None
            for rule in rules:
                key = (rule.pattern, rule.routes)
                keys.setdefault(key, rule)
                if context not in contexts.setdefault(key, []):
                    contexts[key].append(context)
                sorter.add(key, *([before] if before is not None and before != key else []))
                before = key
        try:
            return [(keys[key], contexts[key]) for key in sorter.static_order()]
        except CycleError:
            return [(rule, [context]) for context, rules in self.by_context.items() for rule in rules]

    def _add(self, rule: Rule, order: int, groups: list[str]) -> None:
        match = rule.match.match()
        if groups:
            match["groups"] = groups
        routes = [self._route(route) for route in rule.routes] or [{"trunk": REFUSED}]
        spec: dict[str, object] = {"order": order}
        if match:
            spec["match"] = match
        kept = rule.pattern.replace(".", "").replace("!", "")
        name = self._work.names.new("OutboundRule", f"{'out' if rule.routes else 'no'}-{kept}")
        self._work.add("OutboundRule", name, {**spec, "routes": routes}, rule.mark, rule.pattern)

    def _route(self, route: Route) -> dict[str, object]:
        found: dict[str, object] = {"trunk": self._trunks[route.carrier]}
        if route.strip:
            found["strip"] = route.strip
        if route.prepend:
            found["prepend"] = route.prepend
        return found

    def _for_destination(self, outcome: Outside) -> None:
        """A rule of its own for a number outside that calls are sent to, where those of everybody do not lead there the same way."""
        number = outcome.number.known
        for rule in next(iter(self.by_context.values()), []) if not self.groups else []:
            if rule.match.fits(number):
                first = rule.routes[0] if rule.routes else None
                if (
                    first is not None
                    and first.carrier == outcome.carrier
                    and first.prepend + number[first.strip :] == number
                ):
                    return
                break
        length = len(number.removeprefix("+"))
        match: dict[str, object] = {"prefixes": [number], "length": {"min": length, "max": length}}
        name = self._work.names.new("OutboundRule", f"to-{number}")
        routes = [{"trunk": self._trunks[outcome.carrier]}]
        note = "For calls that other rules send there."
        self._work.add(
            "OutboundRule", name, {"order": FIRST_ORDER - STEP, "match": match, "routes": routes}, outcome.mark, note
        )

    def _help(self, rules: Sequence[Rule]) -> None:
        """Whoever could dial a number for help there can here; where none could, it is made possible, and said."""
        found = {rule.pattern for rule in rules if rule.routes} & HELP
        numbers = self.emergency = sorted(set(self._work.settings.emergency) | found)
        carriers = list(dict.fromkeys(route.carrier for rule in rules for route in rule.routes))[:MOST_ROUTES]
        if not carriers:
            return
        missing = [number for number in numbers if not any(rule.routes and rule.match.fits(number) for rule in rules)]
        if not missing:
            return
        name = self._work.names.new("OutboundRule", "emergency")
        match: dict[str, object] = {"prefixes": missing, "length": {"max": max(map(len, missing))}}
        routes = [{"trunk": self._trunks[carrier]} for carrier in carriers]
        mark = rules[0].mark
        self._work.left(
            mark,
            f"the dial plan leads nobody to {', '.join(missing)}",
            f"OutboundRule {name} does; see whether the carrier takes it",
        )
        self._work.add(
            "OutboundRule", name, {"order": 1, "match": match, "routes": routes}, None, "Added: help must be reachable."
        )


def _leads_out(outcome: Outcome) -> bool:
    if isinstance(outcome, ByHours):
        return _leads_out(outcome.at) or _leads_out(outcome.otherwise)
    return isinstance(outcome, Outside)


def _needed(rules: list[Rule]) -> list[Rule]:
    """A refusal counts only where a later rule would take one of its numbers."""
    return [
        rule
        for place, rule in enumerate(rules)
        if rule.routes or any(later.routes and _may_meet(rule.match, later.match) for later in rules[place + 1 :])
    ]


def _may_meet(one: Outbound, other: Outbound) -> bool:
    if one.most is not None and one.most < other.least:
        return False
    if other.most is not None and other.most < one.least:
        return False
    if not one.prefixes or not other.prefixes:
        return True
    return any(a.startswith(b) or b.startswith(a) for a in one.prefixes for b in other.prefixes)
