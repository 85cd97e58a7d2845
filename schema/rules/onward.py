"""Rules on where calls go on by themselves: round in a circle, or to somebody who is switched off."""

from collections.abc import Iterator, Mapping
from typing import Final

from schema.destination import To
from schema.kinds.conference import ConferenceSpec
from schema.kinds.extension import ExtensionSpec
from schema.kinds.outbound_rule import OutboundRuleSpec
from schema.kinds.queue import QueueSpec
from schema.kinds.receptionist import ReceptionistSpec
from schema.kinds.ring_group import RingGroupSpec
from schema.kinds.voicemail import VoicemailSpec
from schema.mentions import destinations
from schema.registry import KINDS
from schema.resource import AnyResource, Spec, specs_of
from schema.rules.menus import menus_of
from schema.rules.rule import Finding, TenantSubject

KEYS: Final[Mapping[type[Spec], str]] = {
    RingGroupSpec: "ringGroup",
    ReceptionistSpec: "receptionist",
    QueueSpec: "queue",
    ConferenceSpec: "conference",
}
"""By which word of a destination a resource of the kind is named; extensions are named by their number."""


def routing_loop(subject: TenantSubject) -> Iterator[Finding]:
    """Destinations that lead back to where they began - forwarding, ring groups, queues that overflow, receptionists whose callers press
    nothing: a call that nobody takes goes round once, and is then cut off.
    """
    owners = _by_destination(subject)
    edges = {place: _goes_on_to(resource) for place, resource in owners.items()}
    told: set[To] = set()
    for start in sorted((place for place, to in edges.items() if to), key=str):
        circle = _circle(edges, start) if start not in told else None
        if circle is not None:
            told |= set(circle)
            resource = owners[start]
            way = " -> ".join(map(str, (*circle, start)))
            yield Finding(
                resource.origin,
                f"{resource.ref} is part of a circle of forwards: {way}",
                "let one of them end, or go elsewhere",
            )


def destination_disabled(subject: TenantSubject) -> Iterator[Finding]:
    """A call that is sent to somebody who is switched off ends there each time."""
    owners = _by_destination(subject)
    # Of what the engine carries out, the proof destination-dead asks the outbound rules themselves.
    leads_outside = any(rule.spec.enabled for rule in specs_of(subject.resources, OutboundRuleSpec))
    voicemail_off = next((one for one in specs_of(subject.resources, VoicemailSpec) if not one.spec.enabled), None)
    for resource, path, to in destinations(subject.resources):
        if not _is_enabled(resource.spec):
            continue
        target = owners.get(to)
        if target is not None and not _is_enabled(target.spec):
            why = f"{target.ref} is disabled, at {target.mark('spec', 'enabled')}"
        elif to.kind == "voicemail" and voicemail_off is not None:
            why = f"{voicemail_off.ref} is disabled, at {voicemail_off.mark('spec', 'enabled')}"
        elif to.kind == "external" and not leads_outside and not KINDS[resource.ref.kind].is_carried_out:
            why = f"Tenant {subject.tenant} has no outbound rule that is enabled"
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


def _by_destination(subject: TenantSubject) -> dict[To, AnyResource]:
    """Return all that a call can be sent to within the tenant, by how a destination names it."""
    found: dict[To, AnyResource] = {
        To("extension", one.spec.number): one for one in specs_of(subject.resources, ExtensionSpec)
    }
    for resource in subject.resources:
        word = KEYS.get(type(resource.spec))
        if word is not None:
            found[To(word, resource.ref.name)] = resource
    return found


def _goes_on_to(resource: AnyResource) -> list[To]:
    """Return where calls go from there that nobody has taken, without anybody pressing anything."""
    match resource.spec:
        case ExtensionSpec(enabled=True, forwarding=entries):
            return [entry.to for entry in entries]
        case RingGroupSpec(enabled=True, no_answer=To() as to):
            return [to]
        case QueueSpec(enabled=True, overflow=To() as to):
            return [to]
        case ReceptionistSpec(enabled=True) as spec:
            found = [menu.on_timeout for _, menu in menus_of(spec)]
            found += [action.on_failure for action in spec.actions]
            found += [action.to for action in spec.actions if action.callers]
            return [to for to in dict.fromkeys(found) if isinstance(to, To)]
    return []


def _circle(edges: Mapping[To, list[To]], start: To) -> list[To] | None:
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
