"""What all parts of the carrying over share: the foreign PBX, what was asked for, and the drafts so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from schema.foreign.digits import Digits
from schema.foreign.drafts import Draft, Drafts
from schema.foreign.names import Names
from schema.foreign.outcome import ByHours, Ends, Outcome
from schema.foreign.pbx import ForeignPbx, Leftovers, Row
from schema.mark import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`emergency`: the numbers for help there; `country`, `time_zone`: "" = not said."""

    tenant: str
    domain: str
    country: str = ""
    time_zone: str = ""
    emergency: tuple[str, ...] = ("112",)


@dataclass(slots=True)
class Work:
    """`number_of`: the number of each phone's extension, by the phone's name there."""

    pbx: ForeignPbx
    settings: Settings
    leftovers: Leftovers
    names: Names = field(default_factory=Names)
    out: Drafts = field(default_factory=Drafts)
    number_of: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, name: str, spec: dict[str, object], mark: Mark | None, note: str = "") -> Draft:
        """A resource of the tenant."""
        draft = Draft(kind, name, self.settings.tenant, spec, mark, note)
        self.out.drafts.append(draft)
        return draft

    def left(self, mark: Mark, what: str, hint: str) -> None:
        """Something is left behind."""
        self.leftovers.add(mark, what, hint)


def resolve(rows: Sequence[Row], number: str) -> Outcome | None:
    """What becomes of a number: the first row that matches; one that holds at times only leaves the rest to those behind it."""
    for place, row in enumerate(rows):
        if row.callers or not row.pattern.matches(number):
            continue
        if row.when is None:
            return row.outcome
        otherwise = resolve(rows[place + 1 :], number) or Ends("notFound", row.mark)
        return ByHours(row.when, row.outcome, otherwise, row.mark)
    return None


def otherwise_of(rows: Sequence[Row], pattern: Digits, mark: Mark) -> Outcome:
    """What becomes of all numbers of a pattern, behind a row that holds at times only."""
    for place, row in enumerate(rows):
        if row.callers or not pattern.is_within(row.pattern):
            continue
        if row.when is None:
            return row.outcome
        return ByHours(row.when, row.outcome, otherwise_of(rows[place + 1 :], pattern, mark), row.mark)
    return Ends("notFound", mark)


def is_hidden(rows: Sequence[Row], row: Row) -> bool:
    """Whether rows before it take all of its numbers, at all times. `rows`: those before it."""
    return any(other.when is None and not other.callers and row.pattern.is_within(other.pattern) for other in rows)


def told(mapping: Mapping[str, object]) -> dict[str, object]:
    """Only what has a value."""
    return {key: value for key, value in mapping.items() if value not in (None, "", [], {}, ())}
