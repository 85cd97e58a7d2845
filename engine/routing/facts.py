"""The live things that routing may ask, and the account of what it asked.

`decide` is pure because these come in; the account goes into the record, so that the same question gets the same answer later.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from engine.preferences import Preferences, preferences_of

PREFERENCES = "preferences"


class Facts(Protocol):
    """Live facts. Asking costs a dictionary look-up, never IO."""

    def contacts(self, tenant: str, number: str) -> int:
        """How many live registrations the extension has."""

    def calls(self, tenant: str) -> int:
        """How many calls of the tenant are live, ringing ones included and the one to be decided not."""

    def channels(self, trunk: str) -> int:
        """How many calls go over the trunk, both ways, by `TrunkConfig.key`."""

    def trunk_up(self, trunk: str) -> int:
        """1 if calls can go over it (registered, or a server that answers, or not known to be down), else 0."""

    def outside_calls(self, tenant: str, number: str) -> int:
        """How many calls to the outside the extension has; `number` "" = all of the tenant."""

    def outside_calls_last_minute(self, tenant: str, number: str) -> int:
        """How many it has begun in the last 60 s."""

    def balance(self, tenant: str, name: str, written: int) -> int:
        """What the extension of that name may still spend, in millionths; `written`: what its manifest sets it to, for who has spent
        nothing yet."""

    def last_rung(self, tenant: str, group: str, number: str) -> int:
        """When the ring group last rang its member: a number that grows with each ringing; 0 = never."""

    def talk_s(self, tenant: str, group: str, number: str) -> int:
        """For how long the member has talked for the group, in whole seconds; 0 = it has answered nothing yet."""

    def preferences(self, tenant: str, extension: str) -> Preferences | None:
        """What the person of that Extension, by its name, has set; None = nothing."""


class Fact(NamedTuple):
    """One thing that was asked: `name` as the method, `subject` its arguments joined by `/`, and the answer.

    `text`: the answer where it is no number (`value` is 1 then), "" = it is one.
    """

    name: str
    subject: str
    value: int
    text: str = ""


class RecordedFacts:
    """Facts as a record keeps them; what was not asked then is not known now and counts as 0, but for trunks, which
    count as up, and balances, which count as untouched. Satisfies `Facts`. `values`: by name and subject, as in `Fact`; `texts`: likewise,
    of those that are no numbers.
    """

    __slots__ = ("_names", "_texts", "values")

    def __init__(
        self, values: Mapping[tuple[str, str], int], texts: Mapping[tuple[str, str], str] = MappingProxyType({})
    ) -> None:
        self.values = values
        self._texts = texts
        # Most facts that are asked are of a sort of which none is known: no key is made for those.
        self._names = {name for name, _ in values}

    @classmethod
    def of(cls, facts: tuple[Fact, ...]) -> RecordedFacts:
        texts = {(fact.name, fact.subject): fact.text for fact in facts if fact.text}
        return cls({(fact.name, fact.subject): fact.value for fact in facts}, texts)

    def contacts(self, tenant: str, number: str) -> int:
        return self.values.get(("contacts", f"{tenant}/{number}"), 0) if "contacts" in self._names else 0

    def calls(self, tenant: str) -> int:
        return self.values.get(("calls", tenant), 0) if "calls" in self._names else 0

    def channels(self, trunk: str) -> int:
        return self.values.get(("channels", trunk), 0) if "channels" in self._names else 0

    def trunk_up(self, trunk: str) -> int:
        return self.values.get(("trunk_up", trunk), 1) if "trunk_up" in self._names else 1

    def outside_calls(self, tenant: str, number: str) -> int:
        return self.values.get(("outside_calls", f"{tenant}/{number}"), 0) if "outside_calls" in self._names else 0

    def outside_calls_last_minute(self, tenant: str, number: str) -> int:
        if "outside_calls_last_minute" not in self._names:
            return 0
        return self.values.get(("outside_calls_last_minute", f"{tenant}/{number}"), 0)

    def balance(self, tenant: str, name: str, written: int) -> int:
        return self.values.get(("balance", f"{tenant}/{name}"), written) if "balance" in self._names else written

    def last_rung(self, tenant: str, group: str, number: str) -> int:
        return self.values.get(("last_rung", f"{tenant}/{group}/{number}"), 0) if "last_rung" in self._names else 0

    def talk_s(self, tenant: str, group: str, number: str) -> int:
        return self.values.get(("talk_s", f"{tenant}/{group}/{number}"), 0) if "talk_s" in self._names else 0

    def preferences(self, tenant: str, extension: str) -> Preferences | None:
        text = self._texts.get((PREFERENCES, f"{tenant}/{extension}")) if self._texts else None
        if text is None:
            return None
        try:
            return preferences_of(tenant, extension, text)
        except ValueError:  # written by a Trunkline that knew more
            return None
