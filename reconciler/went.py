"""Where a decision sent a call, read off its trace: the same for a decision of now and for one that a record tells of.

That both are read the same way makes them comparable: a call decided again under the revision that decided it goes where it went.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from engine.simulation import Trace, Verdict


class Place(Enum):
    """What sort of place it is."""

    EXTENSION = "extension"
    RING_GROUP = "ring group"
    TRUNK = "trunk"
    REFUSED = "refused"
    ENDED = "not taken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Went:
    """`names`: the extension's number; the ring group's name, then the numbers that it rang; trunks in the order of their turn."""

    place: Place
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        match self.place:
            case Place.TRUNK:
                return f"trunk {', then '.join(self.names)}"
            case Place.RING_GROUP:
                return f"ring group {self.names[0]} ({', '.join(self.names[1:])})"
            case Place.EXTENSION:
                return f"extension {self.names[0]}"
        return str(self.place.value)

    def is_same(self, other: Went, tried: int) -> bool:
        """Whether a call goes there and there alike. `tried`: how many trunks it came to try; those behind never had their turn."""
        if self.place is not other.place:
            return False
        if self.place is Place.TRUNK:
            return self.names[:tried] == other.names[:tried]
        return self.names == other.names


REFUSED = Went(Place.REFUSED)
ENDED = Went(Place.ENDED)
UNKNOWN = Went(Place.UNKNOWN)


def went(trace: Trace) -> Went:
    """Where that trace led; UNKNOWN if it says nothing of it."""
    rule = None
    for step in trace.steps:
        if step.verdict is Verdict.REFUSED:
            return REFUSED
        if step.verdict is Verdict.MATCHED and step.rule is not None:
            rule = step.rule
    if rule is None:
        return UNKNOWN
    match rule.kind:
        case "Extension":
            asked = [fact.subject for fact in trace.facts if fact.name == "contacts"]
            number = asked[-1].partition("/")[2] if asked else rule.name
            return Went(Place.EXTENSION, (number,))
        case "RingGroup":
            rung = {fact.subject.partition("/")[2] for fact in trace.facts if fact.name == "contacts" and fact.value}
            return Went(Place.RING_GROUP, (rule.name, *sorted(rung)))
        case "OutboundRule":
            return Went(Place.TRUNK, _trunks(trace))
    return UNKNOWN


def _trunks(trace: Trace) -> tuple[str, ...]:
    """Names of those that could take the call, in their order; those that were down come last, where they were tried at all."""
    missed = {
        f"{step.rule.tenant}/{step.rule.name}"
        for step in trace.steps
        if step.verdict is Verdict.MISSED and step.rule is not None and step.rule.kind == "Trunk"
    }
    up: dict[str, None] = {}
    down: dict[str, None] = {}
    for fact in trace.facts:
        if fact.name == "trunk_up" and fact.subject not in missed:
            (up if fact.value else down)[fact.subject.partition("/")[2]] = None
    return (*up, *(name for name in down if name not in up))
