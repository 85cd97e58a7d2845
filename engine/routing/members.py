"""Whom a ring group rings, in which order (feature D1)."""

from __future__ import annotations

from engine.config.extension import ExtensionConfig
from engine.config.ring_group import LEAST_TALK_TIME, ROUND_ROBIN, SIMULTANEOUS, RingGroupConfig
from engine.routing.decision import ExtensionTarget, HuntStep
from engine.routing.journey import Journey
from engine.routing.paying import why_unpaid_incoming
from engine.routing.set_by_people import status_of


def hunt_steps(journey: Journey, group: RingGroupConfig, caller: str) -> tuple[HuntStep, ...]:
    """Who can be rung, step by step; nobody if none can. `caller`: the extension that calls, which is not rung; "" = none does."""
    name = journey.tenant.config.name
    targets = [
        ExtensionTarget(name, member.number) for member in _ordered(journey, group, _reachable(journey, group, caller))
    ]
    if not targets:
        return ()
    if group.strategy == SIMULTANEOUS:
        return (HuntStep(tuple(targets), group.ring_time_s),)
    return tuple(HuntStep((target,), group.member_ring_time_s) for target in targets)


def _reachable(journey: Journey, group: RingGroupConfig, caller: str) -> list[ExtensionConfig]:
    reachable: list[ExtensionConfig] = []
    left_out: list[str] = []
    for number in dict.fromkeys(group.members):
        member = journey.tenant.extensions.get(number)
        if member is None:
            left_out.append(f"{number} (no such extension)")
        elif not member.enabled:
            left_out.append(f"{number} (disabled)")
        elif number == caller:
            left_out.append(f"{number} (calls)")
        elif (words := _kept_away(journey, member)) != "":
            left_out.append(f"{number} ({words})")
        elif journey.contacts(number) == 0:
            left_out.append(f"{number} (no registered phone)")
        elif member.balance is not None and why_unpaid_incoming(journey, member):
            left_out.append(f"{number} (balance is too low)")
        else:
            reachable.append(member)
    if left_out:
        journey.missed(group.ref, f"not rung: {', '.join(left_out)}")
    return reachable


def _kept_away(journey: Journey, member: ExtensionConfig) -> str:
    """What its person has set that keeps calls from its phones, in words; "" for nothing."""
    found = journey.preferences(member)
    return "" if found is None else status_of(journey, member, found)[1]


def _ordered(journey: Journey, group: RingGroupConfig, members: list[ExtensionConfig]) -> list[ExtensionConfig]:
    """As the strategy has it; sorting keeps the order of the group among equals."""
    match group.strategy:
        case strategy if strategy == ROUND_ROBIN:
            return sorted(members, key=lambda member: journey.last_rung(group.name, member.number))
        case strategy if strategy == LEAST_TALK_TIME:
            return sorted(members, key=lambda member: journey.talk_s(group.name, member.number))
        case _:
            return members
