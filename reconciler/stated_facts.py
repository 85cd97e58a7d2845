"""Facts of an imagined call: what the question states, else what is live, else what is assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.simulation import Fact, Facts


@dataclass(frozen=True, slots=True)
class StatedFacts:
    """Facts as the question states them; else live ones; else every extension has one phone, and no call is live. Satisfies `Facts`.

    Without a server, `registered` is complete: who is not in it has no phone.
    """

    registered: Mapping[str, int]
    stated_calls: int | None
    live: Facts | None = None

    def contacts(self, tenant: str, number: str) -> int:
        if number in self.registered:
            return self.registered[number]
        if self.live is not None:
            return self.live.contacts(tenant, number)
        return 0 if self.registered else 1

    def calls(self, tenant: str) -> int:
        if self.stated_calls is not None:
            return self.stated_calls
        return self.live.calls(tenant) if self.live is not None else 0

    def known(self, fact: Fact) -> str:
        """How the answer came about."""
        match fact.name:
            case "contacts":
                number = fact.subject.partition("/")[2]
                is_stated = number in self.registered or (self.live is None and bool(self.registered))
            case _:
                is_stated = self.stated_calls is not None
        return "stated" if is_stated else "assumed" if self.live is None else "live"
