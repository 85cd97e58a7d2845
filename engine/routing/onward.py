"""Where a call goes when it was not taken (forwarding, a ring group's no-answer destination). Pure, as `decide`.

Every destination is gone to once: a second time is a loop, and ends the call; so does the eleventh destination.
"""

from __future__ import annotations

from engine.config.snapshot import Snapshot
from engine.routing.arrival import go_to
from engine.routing.decision import Onward, RouteDecision
from engine.routing.facts import Facts
from engine.routing.journey import Journey
from engine.routing.query import RouteQuery


def decide_onward(snapshot: Snapshot, facts: Facts, query: RouteQuery, onward: Onward) -> RouteDecision:
    """What to do next with the call that `query` describes."""
    journey = Journey(snapshot, snapshot.tenants[query.tenant], facts, query, onward.been, is_under_way=True)
    journey.matched(onward.rule, f"{onward.rule} sends the call to {onward.to}")
    by = journey.tenant.extensions.get(onward.by) if onward.by else None
    return go_to(journey, onward.rule, onward.to, by)
