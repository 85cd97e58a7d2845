"""What becomes of carriers' calls, into InboundRules. Numbers are matched as carriers send them (asDialled), as the dial plan does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from dialing.pattern import NumberPattern, PatternError
from schema.foreign.going import Going
from schema.foreign.masks import inbound
from schema.foreign.outcome import ByHours, Ends, Listens, Nobody, Outcome, Outside, Untold
from schema.foreign.pbx import Row
from schema.foreign.work import Work, is_hidden, otherwise_of
from schema.mark import Mark


@dataclass(slots=True)
class _Rule:
    """One destination, and the masks that lead there."""

    spec: dict[str, object]
    mark: Mark
    callers: tuple[str, ...]
    masks: list[str] = field(default_factory=list)


class WaysIn:
    """`trunks`: names of our trunks by carriers' names there."""

    def __init__(self, work: Work, going: Going, trunks: dict[str, str]) -> None:
        self._work = work
        self._going = going
        self._trunks = trunks

    def write(self) -> None:
        """Rules of carriers whose calls begin alike are written once."""
        alike: list[tuple[Sequence[Row], list[str]]] = []
        for carrier, rows in self._work.pbx.arriving.items():
            known = next((names for other, names in alike if list(other) == list(rows)), None)
            if known is None:
                alike.append((rows, [carrier]))
            else:
                known.append(carrier)
        for rows, carriers in alike:
            self._carriers(rows, carriers)

    def _carriers(self, rows: Sequence[Row], carriers: list[str]) -> None:
        trunks = [self._trunks[carrier] for carrier in carriers]
        rules: dict[str, _Rule] = {}
        taken: set[tuple[str, tuple[str, ...]]] = set()
        for place, row in enumerate(rows):
            if is_hidden(rows[:place], row):
                continue
            found = self._masks(row, rows[:place])
            masks = [mask for mask in found if (mask, row.callers) not in taken]
            if not masks:
                continue
            spec = self._spec(rows, place, f"{trunks[0]}-{_wordly(masks[0])}")
            if spec is None:
                continue
            taken.update((mask, row.callers) for mask in masks)
            key = json.dumps([spec, row.callers], sort_keys=True)
            rule = rules.setdefault(key, _Rule(spec, row.mark, row.callers))
            rule.masks += masks
        for rule in rules.values():
            name = self._work.names.new("InboundRule", f"{trunks[0]}-{_wordly(rule.masks[0])}")
            match: dict[str, object] = {"did": _one_or_all(rule.masks), "asDialled": True}
            if rule.callers:
                match["cid"] = _one_or_all(rule.callers)
            self._work.add("InboundRule", name, {"trunks": trunks, "match": match, **rule.spec}, rule.mark)

    def _masks(self, row: Row, before: Sequence[Row]) -> list[str]:
        if _says_nothing(row.outcome) and not (row.callers and isinstance(row.outcome, Ends)):
            if not isinstance(row.outcome, Ends | Nobody):
                why = row.outcome.why if isinstance(row.outcome, Untold) else "callers listen to messages"
                self._work.left(row.outcome.mark, f"calls to {row.pattern}: {why}", "no InboundRule is written for it")
            return []
        if isinstance(row.outcome, Outside) and row.outcome.number.text is None:
            what = f"callers from outside may call {row.pattern} over carrier {row.outcome.carrier}"
            self._work.left(row.mark, what, "nobody outside can run up a bill here; no InboundRule is written for it")
            return []
        found = inbound(row.pattern)
        masks = [] if found is None else [mask for mask in found[0] if _is_mask(mask)]
        if not masks:
            self._work.left(row.mark, f"calls to {row.pattern}", "no mask says this; write an InboundRule")
            return []
        if found is not None and not found[1]:
            what = f"calls to {row.pattern} are taken by {masks[0]}, which takes more numbers"
            self._work.left(row.mark, what, "look at the InboundRule")
        for other in before:
            if (
                other.when is None
                and not other.callers
                and not _says_nothing(other.outcome)
                and other.pattern.meet(row.pattern) is not None
            ):
                theirs = inbound(other.pattern)
                if theirs is not None and any(_goes_before(mask, theirs[0]) for mask in masks):
                    what = f"{other.pattern} goes before {row.pattern} there"
                    self._work.left(row.mark, what, f"here {masks[0]} is the more particular one, and goes before")
        return masks

    def _spec(self, rows: Sequence[Row], place: int, wanted: str) -> dict[str, object] | None:
        row = rows[place]
        outcome = row.outcome
        if row.when is not None:
            outcome = ByHours(row.when, outcome, otherwise_of(rows[place + 1 :], row.pattern, row.mark), row.mark)
        split = self._going.hours.split(outcome, f"{wanted}-hours")
        inside = self._going.to(split.inside, f"{wanted}-group")
        if split.hours is None or split.outside is None:
            return None if inside is None else {"inHours": inside}
        outside = self._going.to(split.outside, f"{wanted}-closed")
        if inside is None and outside is None:
            return None
        nobody: dict[str, object] = {"hangUp": "unavailable"}
        return {"hours": split.hours, "inHours": inside or nobody, "outOfHours": outside or nobody}


def _says_nothing(outcome: Outcome) -> bool:
    """Nothing is reached: without a rule a call is refused as well."""
    return isinstance(outcome, Ends | Untold | Nobody | Listens)


def _one_or_all(masks: Sequence[str]) -> object:
    return masks[0] if len(masks) == 1 else list(masks)


def _is_mask(mask: str) -> bool:
    try:
        NumberPattern.parse(mask)
    except PatternError:
        return False
    return True


def _goes_before(mask: str, others: Sequence[str]) -> bool:
    try:
        mine = NumberPattern.parse(mask).precedence
        return any(mine < NumberPattern.parse(other).precedence for other in others)
    except PatternError:
        return False


def _wordly(mask: str) -> str:
    return mask.strip("*").replace("+", "") or "any"
