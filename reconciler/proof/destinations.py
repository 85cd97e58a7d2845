"""Destinations that nobody is at, and those that send calls round in a circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.config.destination import EXTENSION, EXTERNAL, RING_GROUP, DestinationConfig
from engine.config.extension import ExtensionConfig
from engine.config.ref import ConfigRef
from reconciler.proof.proof import Flaw, Subject


def destination_dead(subject: Subject) -> Iterator[Flaw]:
    """A call that is sent to somebody who is disabled, or outside where it may not go, ends there each time."""
    for ref, to, by in _destinations(subject):
        why = _why_dead(subject, to, by)
        if why is not None:
            yield Flaw(
                ref, f"{ref} sends calls to {to}, which never answers: {why}", "name another destination, or enable it"
            )


def destination_help(subject: Subject) -> Iterator[Flaw]:
    """Calls that are sent to an emergency number are free of every limit: whoever calls would call for help, as often as he likes."""
    for ref, to, _ in _destinations(subject):
        if to.kind == EXTERNAL and subject.tenant.context.digits(to.value) in subject.tenant.config.dialling.emergency:
            yield Flaw(ref, f"{ref} sends calls to {to}, an emergency number", "name another destination")


def destination_own_number(subject: Subject) -> Iterator[Flaw]:
    """A call that is sent outside to a number of one's own comes back by the carrier as a new one, is sent out again, and each is paid."""
    tenant = subject.tenant
    for ref, to, _ in _destinations(subject) if subject.trunks() else ():
        if to.kind != EXTERNAL:
            continue
        number = tenant.context.number(to.value).canonical.text
        if tenant.inbound.canonical.exact.get(number) is not None:
            yield Flaw(
                ref,
                f"{ref} sends calls to {to}, and an inbound rule of Tenant {subject.name} is for that number: they come back",
                "name the extension or ring group that is meant",
            )


def ring_group_dead(subject: Subject) -> Iterator[Flaw]:
    """A ring group all of whose members are disabled rings nobody."""
    tenant = subject.tenant
    for group in tenant.ring_groups.values():
        members = [tenant.extensions.get(number) for number in group.members]
        if group.enabled and not any(member is not None and member.enabled for member in members):
            yield Flaw(
                group.ref, f"{group.ref} rings nobody: all its members are disabled", "enable one, or add others"
            )


def routing_loop(subject: Subject) -> Iterator[Flaw]:
    """Destinations that lead back to where they began: a call that nobody takes goes round once, and is then cut off."""
    edges = {
        place: [to for to in targets if to.kind in (EXTENSION, RING_GROUP)]
        for place, targets in _onward(subject).items()
    }
    told: set[DestinationConfig] = set()
    for start in sorted(edges, key=str):
        circle = _circle(edges, start) if start not in told else None
        if circle is not None:
            told |= set(circle)
            ref = _ref(subject, start)
            way = " -> ".join(map(str, (*circle, start)))
            yield Flaw(ref, f"{ref} is part of a circle of forwards: {way}", "let one of them end, or go elsewhere")


def _circle(
    edges: Mapping[DestinationConfig, list[DestinationConfig]], start: DestinationConfig
) -> list[DestinationConfig] | None:
    """A way from `start` back to it, the shortest; None if there is none."""
    came_from: dict[DestinationConfig, DestinationConfig] = {}
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


def _onward(subject: Subject) -> dict[DestinationConfig, list[DestinationConfig]]:
    found: dict[DestinationConfig, list[DestinationConfig]] = {}
    for extension in subject.tenant.extensions.values():
        if extension.forwarding and extension.enabled:
            place = DestinationConfig(kind=EXTENSION, value=extension.number)
            found[place] = [entry.to for entry in extension.forwarding]
    for group in subject.tenant.ring_groups.values():
        if group.no_answer is not None and group.enabled:
            found[DestinationConfig(kind=RING_GROUP, value=group.name)] = [group.no_answer]
    return found


def _ref(subject: Subject, place: DestinationConfig) -> ConfigRef:
    if place.kind == EXTENSION:
        return subject.tenant.extensions[place.value].ref
    return subject.tenant.ring_groups[place.value].ref


def _destinations(subject: Subject) -> Iterator[tuple[ConfigRef, DestinationConfig, ExtensionConfig | None]]:
    """Who sends calls where; the extension if it forwards them."""
    tenant = subject.tenant
    for extension in tenant.extensions.values():
        if extension.enabled:
            for entry in extension.forwarding:
                yield extension.ref, entry.to, extension
    for group in tenant.ring_groups.values():
        if group.enabled and group.no_answer is not None:
            yield group.ref, group.no_answer, None
    for rule in tenant.inbound_rules.values():
        if rule.enabled:
            yield rule.ref, rule.in_hours, None
            if rule.out_of_hours is not None:
                yield rule.ref, rule.out_of_hours, None


def _why_dead(subject: Subject, to: DestinationConfig, by: ExtensionConfig | None) -> str | None:
    tenant = subject.tenant
    if to.kind == EXTENSION:
        extension = tenant.extensions.get(to.value)
        return "it is disabled" if extension is not None and not extension.enabled else None
    if to.kind == RING_GROUP:
        group = tenant.ring_groups.get(to.value)
        return "it is disabled" if group is not None and not group.enabled else None
    if to.kind != EXTERNAL:
        return None
    if by is not None and not by.may_call_outside:
        return f"extension {by.number} may not call outside"
    digits = tenant.context.digits(to.value)
    if tenant.outbound.find(digits, by) is None and digits not in tenant.config.dialling.emergency:
        return "no outbound rule leads there"
    return None
