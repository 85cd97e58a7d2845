"""Destinations outside where nobody may be called, and groups in which nobody can answer."""

from __future__ import annotations

from collections.abc import Iterator

from engine.config.destination import EXTERNAL, DestinationConfig
from engine.config.extension import ExtensionConfig
from engine.config.ref import ConfigRef
from reconciler.proof.proof import Flaw, Subject


def destination_dead(subject: Subject) -> Iterator[Flaw]:
    """A call that is sent outside where it may not go, or by no rule at all, ends there each time."""
    for ref, to, by in _destinations(subject):
        why = _why_dead(subject, to, by)
        if why is not None:
            yield Flaw(
                ref,
                f"{ref} sends calls to {to}, which never answers: {why}",
                "name another destination, or let it call there",
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
    if to.kind != EXTERNAL:
        return None
    if by is not None and not by.may_call_outside:
        return f"extension {by.number} may not call outside"
    tenant = subject.tenant
    digits = tenant.context.digits(to.value)
    if tenant.outbound.find(digits, by) is None and digits not in tenant.config.dialling.emergency:
        return "no outbound rule leads there"
    return None
