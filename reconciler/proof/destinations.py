"""Destinations outside where nobody may be called, and groups in which nobody can answer."""

from __future__ import annotations

from collections.abc import Iterator

from dialing.number import E164
from engine.config.destination import EXTERNAL, DestinationConfig
from engine.config.extension import ExtensionConfig
from reconciler.proof.proof import Flaw, Subject
from reconciler.proof.sent import sent


def destination_dead(subject: Subject) -> Iterator[Flaw]:
    """A call that is sent outside where it may not go, or by no rule at all, ends there each time."""
    for one in sent(subject):
        why = why_dead(subject, one.to, one.by)
        if why is not None:
            yield Flaw(
                one.ref,
                f"{one.ref} sends calls to {one.to}, which never answers: {why}",
                "name another destination, or let it call there",
                one.path,
            )


def destination_help(subject: Subject) -> Iterator[Flaw]:
    """Calls that are sent to an emergency number are free of every limit: whoever calls would call for help, as often as he likes."""
    tenant = subject.tenant
    for one in sent(subject):
        if one.to.kind == EXTERNAL and tenant.context.digits(one.to.value) in tenant.config.dialling.emergency:
            what = f"{one.ref} sends calls to {one.to}, an emergency number"
            yield Flaw(one.ref, what, "name another destination", one.path)


def destination_own_number(subject: Subject) -> Iterator[Flaw]:
    """A call that is sent outside to a number of one's own comes back by the carrier as a new one, is sent out again, and each is paid."""
    tenant = subject.tenant
    for one in sent(subject) if subject.trunks() else ():
        if one.to.kind != EXTERNAL:
            continue
        number = tenant.context.number(one.to.value).canonical.text
        if tenant.inbound.canonical.exact.get(number) is not None:
            yield Flaw(
                one.ref,
                f"{one.ref} sends calls to {one.to}, and an inbound rule of Tenant {subject.name} is for that number: they come back",
                "name the extension or ring group that is meant",
                one.path,
            )


def ring_group_dead(subject: Subject) -> Iterator[Flaw]:
    """A ring group all of whose members are disabled rings nobody."""
    tenant = subject.tenant
    for group in tenant.ring_groups.values():
        members = [tenant.extensions.get(number) for number in group.members]
        if group.enabled and not any(member is not None and member.enabled for member in members):
            what = f"{group.ref} rings nobody: all its members are disabled"
            yield Flaw(group.ref, what, "enable one, or add others", ("spec", "members"))


def why_dead(subject: Subject, to: DestinationConfig, by: ExtensionConfig | None) -> str | None:
    if to.kind != EXTERNAL:
        return None
    if by is not None and not by.may_call_outside:
        return f"extension {by.number} may not call outside"
    tenant = subject.tenant
    digits = tenant.context.digits(to.value)
    number = tenant.context.number(to.value).canonical
    if digits in tenant.config.dialling.emergency:
        return None
    mask = next((mask for mask, _ in tenant.blocked.called.matching(number.text)), None)
    if mask is not None:
        return f"Tenant {subject.name} blocks {mask} (spec.blocked)"
    country = (
        tenant.countries.find(number.text[1:]) if tenant.countries is not None and isinstance(number, E164) else None
    )
    if country is not None and not country.is_allowed:
        return f"Tenant {subject.name} may not call {country.name} (spec.countries)"
    if tenant.countries is not None and country is None and not tenant.countries.allows_others:
        return f"no country that Tenant {subject.name} may call (spec.countries) has that number"
    if tenant.outbound.find(digits, by) is None:
        if by is None and _leads_for_some(subject, digits):
            return "outbound rules lead there for some extensions or groups only, and nobody of them calls"
        return "no outbound rule leads there"
    return None


def _leads_for_some(subject: Subject, digits: str) -> bool:
    callers = subject.tenant.extensions.values()
    return any(subject.tenant.outbound.find(digits, caller) is not None for caller in callers)
