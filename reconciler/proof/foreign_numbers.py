"""Numbers that one tenant shows to people outside and another one answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from engine.config.ref import ConfigRef
from engine.config.snapshot import TenantSnapshot
from schema.document import Path

NUMBER_OF_OTHER_TENANT: Final = "number-of-other-tenant"
NUMBER_OF_OTHER_TENANT_WHY: Final = (
    "Nothing crosses tenants: a number that one of them answers, by an inbound rule that names it, is not shown by the people of another, "
    "whose calls would be taken for theirs. Held back is who shows it; who did so before is only told."
)


def foreign_numbers(tenants: Iterable[TenantSnapshot]) -> Iterator[tuple[str, ConfigRef, Path, str, str]]:
    """The tenant that shows a number, by which value and where in it, the number, and the other tenant that answers it."""
    every = list(tenants)
    owners: dict[str, list[str]] = {}
    for tenant in every:
        for number in _answered(tenant):
            owners.setdefault(number, []).append(tenant.config.name)
    for tenant in every if len(every) > 1 else ():
        name = tenant.config.name
        for ref, path, number in _shown(tenant):
            others = owners.get(number, ())
            if others and name not in others:
                yield name, ref, path, number, others[0]


def _answered(tenant: TenantSnapshot) -> Iterator[str]:
    """The numbers that its inbound rules name in full; masks are no claim to a single number."""
    for rule in tenant.inbound_rules.values():
        if rule.enabled and not rule.is_dialled:
            yield from (did for did in rule.dids if did.startswith("+") and did[1:].isdecimal())


def _shown(tenant: TenantSnapshot) -> Iterator[tuple[ConfigRef, Path, str]]:
    for trunk in tenant.trunks.values():
        if trunk.enabled and trunk.number:
            yield trunk.ref, ("spec", "callerId", "number"), trunk.number
    for extension in tenant.extensions.values():
        if extension.enabled and extension.outbound_caller_id:
            yield extension.ref, ("spec", "outboundCallerId"), extension.outbound_caller_id
    for rule in tenant.outbound_rules.values():
        if rule.enabled:
            for index, route in enumerate(rule.routes):
                if route.caller_id:
                    yield rule.ref, ("spec", "routes", index, "callerId"), route.caller_id
