"""Whether help can be called. The engine's own `decide` is asked, with every trunk up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from engine.config.extension import ExtensionConfig
from engine.simulation import DialOut, RecordedFacts, decide, query_of
from reconciler.compile.numbering import numbering
from reconciler.proof.proof import Flaw, Subject
from schema.kinds.tenant import TenantSpec
from schema.resource import specs_of

MOST_ASKED: Final = 50
ANY_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)


def emergency_unreachable(subject: Subject) -> Iterator[Flaw]:
    """Whoever dials the number for help must get through, whatever he may do otherwise. A tenant with neither trunk nor rule is let be."""
    tenant = subject.tenant
    if not has_way_outside(subject):
        return
    callers = _one_of_each(subject)
    for number in tenant.config.dialling.emergency:
        cut_off = [caller for caller in callers if not gets_through(subject, caller, number)]
        if cut_off:
            names = ", ".join(caller.number for caller in cut_off[:3]) + (" and others" if len(cut_off) > 3 else "")
            yield Flaw(
                tenant.config.ref,
                f"extension {names} of Tenant {subject.name} can't reach the emergency number {number}: no outbound rule with a "
                "trunk that is enabled leads there",
                f'add an outbound rule for it (match: {{prefixes: ["{number}"]}}), or correct dialling.emergencyNumbers',
                ("spec", "dialling", "emergencyNumbers"),
            )


def has_way_outside(subject: Subject) -> bool:
    tenant = subject.tenant
    return bool(tenant.config.enabled and subject.trunks() and tenant.outbound.first)


def emergency_without_route(subject: Subject) -> Iterator[Flaw]:
    """A tenant that calls can come to over a trunk, and that has no outbound rule, can't call for help either."""
    tenant = subject.tenant
    numbers = tenant.config.dialling.emergency
    has_people = any(extension.enabled for extension in tenant.extensions.values())
    if tenant.config.enabled and numbers and has_people and subject.trunks() and not tenant.outbound.first:
        yield Flaw(
            tenant.config.ref,
            f"nobody of Tenant {subject.name} can call for help ({', '.join(numbers)}): it has trunks, and no outbound rule",
            "add an outbound rule; one without conditions is for all that may call outside, and for help",
        )


def emergency_number_taken(subject: Subject) -> Iterator[Flaw]:
    """An emergency number always calls for help; whatever else has it can never be reached, and who dials it calls for help."""
    tenant = subject.tenant
    for number in tenant.config.dialling.emergency:
        item = tenant.extensions.get(number) or tenant.ring_groups_by_number.get(number)
        taken = tenant.declared_numbers.get(number) if item is None else item.ref
        if taken is not None:
            yield Flaw(
                taken,
                f"{taken} has the number {number}, which is an emergency number",
                "give it another number",
                ("spec", "number"),
            )


def emergency_blocked(subject: Subject) -> Iterator[Flaw]:
    """Help can always be called: an emergency number that is blocked is called all the same, and its author believes otherwise."""
    config = subject.tenant.config
    for at, entry in enumerate(config.blocked):
        for index, mask in enumerate(entry.numbers):
            if entry.is_to and mask in config.dialling.emergency:
                yield Flaw(
                    config.ref,
                    f"{config.ref} blocks {mask}, an emergency number: these can't be blocked, and it is called all the same",
                    "remove it",
                    ("spec", "blocked", at, "number", index),
                )


def _one_of_each(subject: Subject) -> list[ExtensionConfig]:
    """One extension of each set of groups: what else a rule asks of the caller is a permission, which help needs none of."""
    found: dict[tuple[str, ...], ExtensionConfig] = {}
    for extension in subject.tenant.extensions.values():
        if extension.enabled:
            found.setdefault(extension.groups, extension)
    return list(found.values())[:MOST_ASKED]


def gets_through(subject: Subject, caller: ExtensionConfig, number: str) -> bool:
    query = query_of(subject.tenant, caller, number, listener="", source="", at=ANY_TIME)
    return isinstance(decide(subject.snapshot, RecordedFacts({}), query), DialOut)


def emergency_numbers_foreign(subject: Subject) -> Iterator[Flaw]:
    """Numbers for help that are written by hand replace those of the country: with none of these among them, nobody there gets help by the
    number that everybody knows.
    """
    for tenant in specs_of(subject.resources, TenantSpec):
        country, written = tenant.spec.dialling.country, tenant.spec.dialling.emergency_numbers
        known = numbering(country).emergency if country is not None and written is not None else ()
        if known and not set(known).intersection(written or ()):
            says = f"says that {', '.join(written)} reach help" if written else "says that no number reaches help"
            yield Flaw(
                subject.tenant.config.ref,
                f"{tenant.ref} {says}, and none of them is one of {country}: {', '.join(known)}"
                if written
                else f"{tenant.ref} {says}, and {country} has {', '.join(known)}",
                "correct them, or remove emergencyNumbers: the country's then hold",
                ("spec", "dialling", "emergencyNumbers"),
            )
