"""Rules on where calls go on by themselves: round in a circle, or to somebody who is switched off."""

from collections.abc import Iterator, Mapping
from typing import Final

from schema.destination import To
from schema.document import Path
from schema.kinds.conference import ConferenceSpec
from schema.kinds.extension import ExtensionSpec
from schema.kinds.queue import QueueSpec
from schema.kinds.receptionist import ReceptionistSpec
from schema.kinds.ring_group import RingGroupSpec
from schema.kinds.voicemail import VoicemailSpec
from schema.mentions import destinations
from schema.menu_action import MenuWord
from schema.resource import AnyResource, Spec, specs_of
from schema.rules.menus import menus_of
from schema.rules.rule import Finding, TenantSubject

KEYS: Final[Mapping[type[Spec], str]] = {
    RingGroupSpec: "ringGroup",
    ReceptionistSpec: "receptionist",
    QueueSpec: "queue",
    ConferenceSpec: "conference",
}
LEADS_ON: Final = frozenset({"extension", "ringGroup", "receptionist", "queue"})
"""By which word of a destination a resource of the kind is named; extensions are named by their number."""


def routing_loop(subject: TenantSubject) -> Iterator[Finding]:
    """Destinations that lead back to where they began - forwarding, ring groups, queues that overflow, receptionists whose callers press
    nothing: a call that nobody takes goes round once, and is then cut off.
    """
    owners: dict[To, AnyResource] = {}
    edges: dict[To, Mapping[To, Path]] = {}
    for resource in subject.resources:
        to, place = _goes_on_to(resource), _place(resource)
        if to and place is not None:
            owners[place], edges[place] = resource, to
    told: set[To] = set()
    for start in sorted(edges, key=str):
        circle = _circle(edges, start) if start not in told else None
        if circle is not None:
            told |= set(circle)
            owner = owners[start]
            way = " -> ".join(map(str, (*circle, start)))
            path = edges[start][circle[1] if len(circle) > 1 else start]
            yield Finding(
                owner.mark("spec", *path),
                f"{owner.ref} is part of a circle of forwards: {way}",
                "let one of them end, or go elsewhere",
            )


def destination_disabled(subject: TenantSubject) -> Iterator[Finding]:
    """A call that is sent to somebody who is switched off ends there each time."""
    disabled = {_place(resource): resource for resource in subject.resources if not _is_enabled(resource.spec)}
    voicemail_off = next((one for one in specs_of(subject.resources, VoicemailSpec) if not one.spec.enabled), None)
    for resource, path, to in destinations(subject.mentions):
        if not _is_enabled(resource.spec):
            continue
        target = disabled.get(to)
        if target is not None:
            why = f"{target.ref} is disabled, at {target.mark('spec', 'enabled')}"
        elif to.kind == "voicemail" and voicemail_off is not None:
            why = f"{voicemail_off.ref} is disabled, at {voicemail_off.mark('spec', 'enabled')}"
        else:
            continue
        yield Finding(
            resource.mark(*path),
            f"{resource.ref} sends calls to {to}, which never answers: {why}",
            "name another destination, or enable it",
        )


def queue_dead(subject: TenantSubject) -> Iterator[Finding]:
    """A queue all of whose agents are disabled keeps callers waiting for nobody."""
    enabled = {one.spec.number for one in specs_of(subject.resources, ExtensionSpec) if one.spec.enabled}
    known = {one.spec.number for one in specs_of(subject.resources, ExtensionSpec)}
    for queue in specs_of(subject.resources, QueueSpec):
        members = set(queue.spec.members)
        if queue.spec.enabled and members <= known and not members & enabled:
            yield Finding(
                queue.mark("spec", "members"),
                f"{queue.ref} has no agent who could answer: all its members are disabled",
                "enable one, or add others",
            )


def _place(resource: AnyResource) -> To | None:
    """Return how a destination names the resource; None if none can."""
    if isinstance(resource.spec, ExtensionSpec):
        return To("extension", resource.spec.number)
    word = KEYS.get(type(resource.spec))
    return None if word is None else To(word, resource.ref.name)


def _goes_on_to(resource: AnyResource) -> Mapping[To, Path]:
    """Return where calls go on to from there that nobody has taken, without anybody pressing anything, and where that is written."""
    found: list[tuple[To | MenuWord | None, Path]] = []
    match resource.spec:
        case ExtensionSpec(enabled=True, forwarding=entries) if entries:
            found += [(entry.to, ("forwarding", index, "to")) for index, entry in enumerate(entries)]
        case RingGroupSpec(enabled=True, no_answer=to):
            found.append((to, ("noAnswer",)))
        case QueueSpec(enabled=True, overflow=to):
            found.append((to, ("overflow",)))
        case ReceptionistSpec(enabled=True) as spec:
            found += [(menu.on_timeout, (*path, "onTimeout")) for path, menu in menus_of(spec)]
            for index, action in enumerate(spec.actions):
                found.append((action.on_failure, ("actions", index, "onFailure")))
                if action.callers:
                    found.append((action.to, ("actions", index, "to")))
    return {to: path for to, path in reversed(found) if isinstance(to, To) and to.kind in LEADS_ON}


def _circle(edges: Mapping[To, Mapping[To, Path]], start: To) -> list[To] | None:
    """A way from `start` back to it, the shortest; None if there is none."""
    came_from: dict[To, To] = {}
    queue = [start]
    for place in queue:
        for to in edges.get(place, ()):
            if to == start:
                way = [place]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return way[::-1]
            if to not in came_from:
                came_from[to] = place
                queue.append(to)
    return None


def _is_enabled(spec: Spec) -> bool:
    return bool(getattr(spec, "enabled", True))
