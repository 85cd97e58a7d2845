"""One call on its way to a decision: what was asked, what was found, and where it has been.

Every step and every fact that is asked goes into the trace. No destination is gone to twice, and none after the tenth.
"""

from __future__ import annotations

from typing import Final

from engine.cause import FORWARD_LOOP, TOO_MANY_FORWARDS, Cause, Outcome
from engine.config.destination import DestinationConfig
from engine.config.extension import ExtensionConfig
from engine.config.ref import ConfigRef, Origin
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.config.trunk import TrunkConfig
from engine.preferences import Preferences
from engine.routing.decision import Hop, Refuse, Trace, TraceStep, Verdict
from engine.routing.facts import PREFERENCES, Fact, Facts
from engine.routing.office_hours import InHours
from engine.routing.query import RouteQuery

MOST_DESTINATIONS: Final = 10
"""So many destinations a call may be sent to, one after the other."""


_new: Final = tuple.__new__
"""Makes the named tuples of which a call makes many, at half of what their own constructors cost."""


class Journey:
    """`is_under_way`: whether the call was decided before, so that it is among those that are counted."""

    __slots__ = ("_facts", "_name", "asked", "been", "hops", "is_under_way", "query", "snapshot", "steps", "tenant")

    def __init__(
        self,
        snapshot: Snapshot,
        tenant: TenantSnapshot,
        facts: Facts,
        query: RouteQuery,
        been: tuple[DestinationConfig, ...] = (),
        *,
        is_under_way: bool = False,
    ) -> None:
        self.snapshot = snapshot
        self.tenant = tenant
        self.query = query
        self.been = been
        self.is_under_way = is_under_way
        self.steps: list[TraceStep] = []
        self.asked: list[Fact] = []
        self.hops: tuple[Hop, ...] = ()
        self._facts = facts
        self._name = tenant.config.name

    def matched(self, rule: ConfigRef | None, why: str) -> None:
        self.steps.append(_new(TraceStep, (Verdict.MATCHED, rule, self._origin(rule), why)))

    def missed(self, rule: ConfigRef | None, why: str) -> None:
        self.steps.append(_new(TraceStep, (Verdict.MISSED, rule, self._origin(rule), why)))

    def heard(self, hours: InHours) -> bool:
        """Whether it is in hours, and what says so as a step."""
        self.steps.append(hours.step)
        return hours.is_open

    def refuse(self, cause: Cause, rule: ConfigRef | None, why: str) -> Refuse:
        self.steps.append(_new(TraceStep, (Verdict.REFUSED, rule, self._origin(rule), why)))
        return Refuse(cause, self.trace)

    def arrive(self, to: DestinationConfig, rule: ConfigRef | None) -> Refuse | None:
        """The call is at `to`; the refusal if it may not be."""
        if to in self.been:
            return self.refuse(FORWARD_LOOP, rule, f"the call is sent to {to}, where it has been")
        if len(self.been) >= MOST_DESTINATIONS:
            why = f"the call is sent to {to} after {MOST_DESTINATIONS} other destinations, which is as many as may be"
            return self.refuse(TOO_MANY_FORWARDS, rule, why)
        self.been = (*self.been, to)
        return None

    def sent_on(self, rule: ConfigRef, outcome: Outcome | None) -> None:
        """The place of `rule` sends the call on without ringing, as a `Hop` says it."""
        self.hops = (*self.hops, Hop(rule, outcome))

    @property
    def trace(self) -> Trace:
        return _new(Trace, (tuple(self.steps), tuple(self.asked)))

    def trunk_named(self, name: str) -> TrunkConfig | None:
        """As `Snapshot.trunk` has it."""
        own = self.tenant.trunks.get(name)
        return own if own is not None else self.snapshot.trunk(self._name, name)

    def contacts(self, number: str) -> int:
        return self._fact("contacts", f"{self._name}/{number}", self._facts.contacts(self._name, number))

    def calls(self) -> int:
        return self._fact("calls", self._name, self._facts.calls(self._name))

    def trunk(self, trunk: TrunkConfig) -> tuple[bool, int]:
        """Whether it is up, and how many calls it carries."""
        key = trunk.key
        up, channels = self._facts.trunk_up(key), self._facts.channels(key)
        asked = self.asked
        asked.append(_new(Fact, ("trunk_up", key, up, "")))
        asked.append(_new(Fact, ("channels", key, channels, "")))
        return up != 0, channels

    def outside(self, number: str) -> tuple[int, int]:
        """How many calls to the outside the extension has, and how many it has begun within a minute; "" = the tenant."""
        name = self._name
        calls, begun = self._facts.outside_calls(name, number), self._facts.outside_calls_last_minute(name, number)
        subject = f"{name}/{number}"
        asked = self.asked
        asked.append(_new(Fact, ("outside_calls", subject, calls, "")))
        asked.append(_new(Fact, ("outside_calls_last_minute", subject, begun, "")))
        return calls, begun

    def balance(self, extension: ExtensionConfig) -> int:
        """What it may still spend on calls that are billed, of one that has a balance."""
        name = extension.name
        value = self._facts.balance(self._name, name, extension.balance or 0)
        return self._fact("balance", f"{self._name}/{name}", value)

    def last_rung(self, group: str, number: str) -> int:
        value = self._facts.last_rung(self._name, group, number)
        return self._fact("last_rung", f"{self._name}/{group}/{number}", value)

    def talk_s(self, group: str, number: str) -> int:
        return self._fact("talk_s", f"{self._name}/{group}/{number}", self._facts.talk_s(self._name, group, number))

    def preferences(self, extension: ExtensionConfig) -> Preferences | None:
        """What its person has set, whether it counts or not; None for nearly everybody, of whom nothing is written down."""
        found = self._facts.preferences(self._name, extension.name)
        if found is not None:
            self.asked.append(_new(Fact, (PREFERENCES, f"{self._name}/{extension.name}", 1, found.text)))
        return found

    def _fact(self, name: str, subject: str, value: int) -> int:
        self.asked.append(_new(Fact, (name, subject, value, "")))
        return value

    def _origin(self, rule: ConfigRef | None) -> Origin | None:
        if rule is None:
            return None
        return self.tenant.origins.get(rule) if rule.tenant == self._name else self.snapshot.origin(rule)
