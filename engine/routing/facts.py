"""The live things that routing may ask, and the account of what it asked.

`decide` is pure because these come in; the account goes into the record, so that the same question gets the same answer later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class Facts(Protocol):
    """Live facts. Asking costs a dictionary look-up, never IO."""

    def contacts(self, tenant: str, number: str) -> int:
        """How many live registrations the extension has."""

    def calls(self, tenant: str) -> int:
        """How many calls of the tenant are live, ringing ones included and the one to be decided not."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was asked: `name` as the method, `subject` as `tenant/number` or `tenant`, and the answer."""

    name: str
    subject: str
    value: int


@dataclass(frozen=True, slots=True)
class RecordedFacts:
    """Facts as a record keeps them; what was not asked then is not known now and counts as 0. Satisfies `Facts`."""

    values: Mapping[tuple[str, str], int]

    @classmethod
    def of(cls, facts: tuple[Fact, ...]) -> RecordedFacts:
        return cls({(fact.name, fact.subject): fact.value for fact in facts})

    def contacts(self, tenant: str, number: str) -> int:
        return self.values.get(("contacts", f"{tenant}/{number}"), 0)

    def calls(self, tenant: str) -> int:
        return self.values.get(("calls", tenant), 0)
