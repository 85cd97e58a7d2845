"""Rules on the tenants' SIP domains."""

from collections.abc import Iterator
from typing import Final

from schema.kinds.tenant import TenantSpec
from schema.mark import Mark
from schema.problem import shown
from schema.resource import Resource
from schema.rules.rule import AcrossFinding, AcrossSubject

MOST_NAMED: Final = 3


def duplicate_domain(subject: AcrossSubject) -> Iterator[AcrossFinding]:
    """The domain of a request tells its tenant; with two tenants in one domain, calls would land in a stranger's PBX."""
    by_domain: dict[str, list[Resource[TenantSpec]]] = {}
    for tenant in subject.tenants.values():
        by_domain.setdefault(tenant.spec.domain, []).append(tenant)
    for domain, sharing in by_domain.items():
        for tenant in sharing if len(sharing) > 1 else ():
            before = subject.accepted.get(tenant.ref.name)
            if before is not None and before.spec.domain == domain:
                continue
            others = [f"{other.ref} at {_place(other)}" for other in sharing[: MOST_NAMED + 1] if other is not tenant]
            more = len(sharing) - 1 - len(others[:MOST_NAMED])
            told = ", ".join(others[:MOST_NAMED]) + (f" and {more} more" if more else "")
            yield AcrossFinding(
                _place(tenant),
                f"{tenant.ref} has the domain {shown(domain)}, which is also that of {told}",
                "give each tenant a domain of its own",
                tenant.ref.name,
            )


def _place(tenant: Resource[TenantSpec]) -> Mark:
    return tenant.mark("spec", "domain")
