"""Chains of time conditions into OfficeHours, and the two outcomes in and out of them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from schema.foreign.moment import Moment, week_of
from schema.foreign.outcome import ByHours, Outcome
from schema.foreign.work import Work


@dataclass(frozen=True, slots=True)
class Split:
    """`hours`: the name of an OfficeHours; None = always the one."""

    hours: str | None
    inside: Outcome
    outside: Outcome | None


class Hours:
    """The OfficeHours that were needed so far; alike ones are one."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._known: dict[str, str] = {}

    def split(self, outcome: Outcome, wanted: str) -> Split:
        """`wanted`: a name for new ones. What can't be said in hours is left behind, with what is taken instead."""
        if not isinstance(outcome, ByHours):
            return Split(None, outcome, None)
        chain: list[tuple[Moment, Outcome, ByHours]] = []
        rest: Outcome = outcome
        while isinstance(rest, ByHours):
            chain.append((rest.when, rest.at, rest))
            rest = rest.otherwise
        weekly = [link for link in chain if link[0].is_weekly]
        if not weekly:
            return self._only_dates(chain, rest, wanted)
        inside = weekly[0][1]
        outside = next((one for one in [*(link[1] for link in chain), rest] if one != inside), None)
        if outside is None:
            return Split(None, inside, None)
        for _, other, place in chain:
            if other not in (inside, outside) or isinstance(other, ByHours):
                self._work.left(
                    place.mark,
                    "a third way at other times",
                    "OfficeHours know in and out; it goes the way out of hours",
                )
        if rest not in (inside, outside):
            self._work.left(
                chain[-1][2].mark,
                "a third way at all other times",
                "OfficeHours know in and out; it goes the way out of hours",
            )
        moments = [(moment, one == inside) for moment, one, _ in weekly]

        def is_open(day: int, minute: int) -> bool:
            for moment, opens in moments:
                if day in moment.days and moment.has(minute):
                    return opens
            return rest == inside

        zones = {moment.zone for moment, _ in moments if moment.zone}
        spec: dict[str, object] = {"week": week_of(is_open)}
        dates = self._dates(chain, inside)
        if dates:
            spec["dates"] = dates
        if zones:
            spec = {"timeZone": sorted(zones)[0], **spec}
        return Split(self._named(spec, wanted, outcome), inside, outside)

    def _only_dates(self, chain: list[tuple[Moment, Outcome, ByHours]], rest: Outcome, wanted: str) -> Split:
        """Days of the year only: closed then, open at all other times."""
        dates = self._dates(chain, rest)
        if not dates or isinstance(chain[0][1], ByHours):
            self._work.left(
                chain[0][2].mark, "the time condition", "it is no week and no date; it is taken as never met"
            )
            return Split(None, rest, None)
        spec: dict[str, object] = {"week": {"mon-sun": "00:00-24:00"}, "dates": dates}
        return Split(self._named(spec, wanted, chain[0][2]), rest, chain[0][1])

    def _dates(self, chain: list[tuple[Moment, Outcome, ByHours]], inside: Outcome) -> dict[str, object]:
        found: dict[str, object] = {}
        seen_weekly = False
        for moment, outcome, place in chain:
            if moment.is_weekly:
                seen_weekly = True
                continue
            days = moment.yearly()
            if days is None or seen_weekly:
                self._work.left(
                    place.mark, "a time condition of some months or days", "write it into dates of the OfficeHours"
                )
                continue
            for day in days:
                found.setdefault(day, "00:00-24:00" if outcome == inside else "closed")
        return found

    def _named(self, spec: dict[str, object], wanted: str, place: ByHours) -> str:
        key = json.dumps(spec, sort_keys=True)
        if key not in self._known:
            self._known[key] = self._work.names.new("OfficeHours", wanted)
            self._work.add("OfficeHours", self._known[key], spec, place.mark)
        return self._known[key]
