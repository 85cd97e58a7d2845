"""Deciding calls without an engine: the door of `simulate`, `test` and `replay`. The very function that live calls use (law 4).

A recorded call is decided again from its `RouteQuery` and its facts; an imagined one from facts that the caller states.
"""

from engine.routing.decide import decide
from engine.routing.decision import Dial, ExtensionTarget, Refuse, RouteDecision, Trace, TraceStep, Verdict
from engine.routing.facts import Fact, Facts, RecordedFacts
from engine.routing.query import RouteQuery

__all__ = [
    "Dial",
    "ExtensionTarget",
    "Fact",
    "Facts",
    "RecordedFacts",
    "Refuse",
    "RouteDecision",
    "RouteQuery",
    "Trace",
    "TraceStep",
    "Verdict",
    "decide",
]
