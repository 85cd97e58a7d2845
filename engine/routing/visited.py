"""Where a call has been, in the words of destinations: what tells a loop of forwards and groups from a long way."""

from __future__ import annotations

from engine.config.destination import EXTENSION, EXTERNAL, RING_GROUP, DestinationConfig
from engine.routing.decision import Dial, DialOut, ExtensionTarget, Hunt, Refuse, RouteDecision


def places_of(decision: RouteDecision) -> tuple[DestinationConfig, ...]:
    """Where the decision takes the call. Members of a group are not places: they are rung as the group."""
    match decision:
        case Dial(targets):
            return tuple(
                DestinationConfig(kind=EXTENSION, value=target.number)
                if isinstance(target, ExtensionTarget)
                else DestinationConfig(kind=EXTERNAL, value=target.number)
                for target in targets
            )
        case Hunt(group):
            return (DestinationConfig(kind=RING_GROUP, value=group.name),)
        case DialOut() | Refuse():
            return ()


def with_places(visited: tuple[DestinationConfig, ...], *more: DestinationConfig) -> tuple[DestinationConfig, ...]:
    """Each once, in the order of the first visit."""
    return tuple(dict.fromkeys((*visited, *more)))
