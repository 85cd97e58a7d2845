"""What becomes of a call at each kind of destination: an extension with its forwarding (B7), a ring group (D1), the outside, an end."""

from __future__ import annotations

from typing import Final

from engine.cause import (
    BUSY_HERE,
    DECLINED_HERE,
    DISABLED,
    NOT_CARRIED_OUT,
    OFFLINE,
    UNAVAILABLE_HERE,
    WRONG_NUMBER,
    Cause,
    Outcome,
)
from engine.config.destination import (
    CONFERENCE,
    EXTENSION,
    EXTERNAL,
    HANG_UP,
    QUEUE,
    RECEPTIONIST,
    RING_GROUP,
    VOICEMAIL,
    DestinationConfig,
)
from engine.config.extension import ExtensionConfig, ForwardingConfig
from engine.config.ref import ConfigRef
from engine.config.ring_group import RingGroupConfig
from engine.preferences import AVAILABLE
from engine.routing.decision import Dial, ExtensionTarget, Hunt, Onward, Refuse, RouteDecision
from engine.routing.journey import Journey
from engine.routing.members import hunt_steps
from engine.routing.office_hours import in_hours
from engine.routing.outside import external
from engine.routing.paying import refuse_unpaid_incoming
from engine.routing.quota import over_quota
from engine.routing.set_by_people import KEPT_AWAY, forwarding_of, status_of
from engine.routing.untaken import FORWARDED_ON, TAKEN_BY_NOBODY

ENDINGS: Final[dict[str, Cause]] = {
    "declined": DECLINED_HERE,
    "busy": BUSY_HERE,
    "unavailable": UNAVAILABLE_HERE,
    "notFound": WRONG_NUMBER,
}
DECLARED_KINDS: Final[dict[str, str]] = {RECEPTIONIST: "Receptionist", QUEUE: "Queue", CONFERENCE: "Conference"}
"""Kinds of destinations that are named and not carried out yet."""


def go_to(journey: Journey, rule: ConfigRef | None, to: DestinationConfig, by: ExtensionConfig | None) -> RouteDecision:
    """The call is sent to `to` by `rule`. `by`: the extension that forwards it, None = a rule of the tenant."""
    match to.kind:
        case kind if kind == EXTENSION:
            extension = journey.tenant.extensions.get(to.value)
            if extension is None:
                return journey.refuse(WRONG_NUMBER, rule, f"there is no extension {to.value!r} to send the call to")
            return to_extension(journey, rule, extension, to)
        case kind if kind == RING_GROUP:
            group = journey.tenant.ring_groups.get(to.value)
            if group is None:
                ref = ConfigRef(journey.tenant.config.name, "RingGroup", to.value)
                if ref in journey.tenant.items:
                    return to_declared(journey, ref)
                return journey.refuse(WRONG_NUMBER, rule, f"there is no ring group {to.value!r} to send the call to")
            return to_ring_group(journey, rule, group, to)
        case kind if kind == EXTERNAL:
            return external(journey, rule, to.value, by)
        case kind if kind == HANG_UP:
            return journey.refuse(ENDINGS.get(to.value, WRONG_NUMBER), rule, f"the call ends here: {to.value}")
        case kind if kind in DECLARED_KINDS:
            ref = ConfigRef(journey.tenant.config.name, DECLARED_KINDS[kind], to.value)
            if ref not in journey.tenant.items:
                return journey.refuse(WRONG_NUMBER, rule, f"there is no {kind} {to.value!r} to send the call to")
            return to_declared(journey, ref)
        case kind if kind == VOICEMAIL:
            extension = journey.tenant.extensions.get(to.value)
            if extension is None:
                why = f"there is no extension {to.value!r} whose voicemail could take the call"
                return journey.refuse(WRONG_NUMBER, rule, why)
            why = f"the call goes to the voicemail of extension {extension.number}, which is not carried out yet"
            return journey.refuse(NOT_CARRIED_OUT, extension.ref, why)
        case _:
            return journey.refuse(WRONG_NUMBER, rule, f"{to} is no destination that is known here")


def to_declared(journey: Journey, ref: ConfigRef) -> Refuse:
    """The call is for something that the manifests declare and the engine can't carry out yet."""
    return journey.refuse(NOT_CARRIED_OUT, ref, f"{ref} is declared and not carried out yet")


def to_extension(
    journey: Journey, rule: ConfigRef | None, extension: ExtensionConfig, place: DestinationConfig | None = None
) -> RouteDecision:
    """Ring its phones, or go where it forwards to. `place`: the extension as a destination, where it is at hand."""
    refusal = journey.arrive(place or DestinationConfig(kind=EXTENSION, value=extension.number), rule)
    if refusal is not None:
        return refusal
    if not extension.enabled:
        return journey.refuse(DISABLED, extension.ref, f"extension {extension.number} is disabled")
    chosen = journey.preferences(extension)
    whole = extension.forwarding if chosen is None else forwarding_of(journey, extension, chosen)
    forwarding = _in_force(journey, extension, whole) if whole else ()
    for entry in forwarding:
        if entry.when == "always":
            return _forward(journey, extension, entry, "forwards every call", None)
    if chosen is not None:
        status, words = status_of(journey, extension, chosen)
        if status != AVAILABLE:
            return _kept_away(journey, extension, status, words, forwarding)
    contacts = journey.contacts(extension.number)
    if contacts == 0:
        for entry in forwarding:
            if entry.when == "offline":
                return _forward(journey, extension, entry, "has no registered phone and forwards then", Outcome.OFFLINE)
        return journey.refuse(OFFLINE, extension.ref, f"extension {extension.number} has no registered phone")
    over = over_quota(journey)
    if over is None and extension.balance is not None:
        over = refuse_unpaid_incoming(journey, extension)
    if over is not None:
        return over
    if len(journey.been) == 1 and rule is None:
        why = f"{journey.query.callee.dialled!r} is the number of extension {extension.number}"
    else:
        why = f"extension {extension.number} rings"
    journey.matched(extension.ref, why)
    origin = journey.tenant.origins.get(extension.ref)
    onward = (
        tuple(
            Onward(FORWARDED_ON[entry.when], entry.to, extension.ref, origin, journey.been, extension.number)
            for entry in forwarding
            if entry.when in FORWARDED_ON
        )
        if forwarding
        else ()
    )
    target = ExtensionTarget(journey.tenant.config.name, extension.number)
    return Dial((target,), extension.ring_time_s, journey.trace, onward, journey.hops)


def _kept_away(
    journey: Journey, extension: ExtensionConfig, status: str, words: str, forwarding: tuple[ForwardingConfig, ...]
) -> RouteDecision:
    """Its person has a status that keeps calls from its phones: an entry for that status, else one for who declines, else the end."""
    for when in (status, "unavailable"):
        for entry in forwarding:
            if entry.when == when:
                return _forward(journey, extension, entry, f"({words}) forwards then", Outcome.UNAVAILABLE)
    return journey.refuse(KEPT_AWAY[status], extension.ref, f"extension {extension.number}: {words}")


def _in_force(
    journey: Journey, extension: ExtensionConfig, forwarding: tuple[ForwardingConfig, ...]
) -> tuple[ForwardingConfig, ...]:
    """The entries that hold at this hour."""
    if all(entry.hours == "any" for entry in forwarding):
        return forwarding
    now = "in" if journey.heard(in_hours(journey.tenant, extension, journey.query.at)) else "out"
    return tuple(entry for entry in forwarding if entry.hours in ("any", now))


def _forward(
    journey: Journey, extension: ExtensionConfig, entry: ForwardingConfig, why: str, outcome: Outcome | None
) -> RouteDecision:
    hours = {"in": " in hours", "out": " out of hours"}.get(entry.hours, "")
    journey.matched(extension.ref, f"extension {extension.number} {why}{hours}: to {entry.to}")
    journey.sent_on(extension.ref, outcome)
    return go_to(journey, extension.ref, entry.to, extension)


def to_ring_group(
    journey: Journey, rule: ConfigRef | None, group: RingGroupConfig, place: DestinationConfig | None = None
) -> RouteDecision:
    """Ring its members, or go on at once if nobody is there. `place`: as in `to_extension`."""
    refusal = journey.arrive(place or DestinationConfig(kind=RING_GROUP, value=group.name), rule)
    if refusal is not None:
        return refusal
    if not group.enabled:
        return journey.refuse(DISABLED, group.ref, f"ring group {group.number} is disabled")
    caller = "" if journey.query.trunk else journey.query.caller
    steps = hunt_steps(journey, group, caller)
    if not steps:
        if group.no_answer is None:
            return journey.refuse(OFFLINE, group.ref, f"nobody of ring group {group.number} can be rung")
        journey.matched(
            group.ref, f"nobody of ring group {group.number} can be rung: the call goes to {group.no_answer}"
        )
        journey.sent_on(group.ref, Outcome.OFFLINE)
        return go_to(journey, group.ref, group.no_answer, None)
    over = over_quota(journey)
    if over is not None:
        return over
    rung = sum(len(step.targets) for step in steps)
    journey.matched(
        group.ref, f"ring group {group.number} rings {rung} of {len(group.members)} members, {group.strategy}"
    )
    origin = journey.tenant.origins.get(group.ref)
    onward = (
        () if group.no_answer is None else (Onward(TAKEN_BY_NOBODY, group.no_answer, group.ref, origin, journey.been),)
    )
    return Hunt(group.ref, steps, group.ring_time_s, journey.trace, onward, journey.hops)
