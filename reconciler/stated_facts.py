"""Facts of an imagined call: what the question states, else what is live, else what is assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.preferences import Preferences
from engine.simulation import Fact, Facts


@dataclass(frozen=True, slots=True)
class StatedFacts:
    """Facts as the question states them; else live ones; else every extension has one phone, and no call is live. Satisfies `Facts`.

    Without a server, `registered` is complete: who is not in it has no phone. `people`: what is stated that some have set, by the name of
    their Extension.
    """

    registered: Mapping[str, int]
    stated_calls: int | None
    live: Facts | None = None
    people: Mapping[str, Preferences] = field(default_factory=dict)

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

    def channels(self, trunk: str) -> int:
        return self.live.channels(trunk) if self.live is not None else 0

    def trunk_up(self, trunk: str) -> int:
        return self.live.trunk_up(trunk) if self.live is not None else 1

    def outside_calls(self, tenant: str, number: str) -> int:
        return self.live.outside_calls(tenant, number) if self.live is not None else 0

    def outside_calls_last_minute(self, tenant: str, number: str) -> int:
        return self.live.outside_calls_last_minute(tenant, number) if self.live is not None else 0

    def balance(self, tenant: str, name: str, written: int) -> int:
        return self.live.balance(tenant, name, written) if self.live is not None else written

    def last_rung(self, tenant: str, group: str, number: str) -> int:
        return self.live.last_rung(tenant, group, number) if self.live is not None else 0

    def talk_s(self, tenant: str, group: str, number: str) -> int:
        return self.live.talk_s(tenant, group, number) if self.live is not None else 0

    def preferences(self, tenant: str, extension: str) -> Preferences | None:
        if extension in self.people:
            return self.people[extension]
        return self.live.preferences(tenant, extension) if self.live is not None else None

    def known(self, fact: Fact) -> str:
        """How the answer came about."""
        match fact.name:
            case "contacts":
                number = fact.subject.partition("/")[2]
                is_stated = number in self.registered or (self.live is None and bool(self.registered))
            case "calls":
                is_stated = self.stated_calls is not None
            case "preferences":
                is_stated = fact.subject.partition("/")[2] in self.people
            case _:
                is_stated = False
        return "stated" if is_stated else "assumed" if self.live is None else "live"
