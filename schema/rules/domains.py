"""Rules on the tenants' SIP domains."""

from collections.abc import Iterator

from schema.kinds.tenant import TenantSpec
from schema.mark import Mark
from schema.problem import shown
from schema.resource import Resource
from schema.rules.rule import AcrossFinding, AcrossSubject


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
            others = ", ".join(f"{other.ref} at {_place(other)}" for other in sharing if other is not tenant)
            yield AcrossFinding(
                _place(tenant),
                f"{tenant.ref} has the domain {shown(domain)}, which is also that of {others}",
                "give each tenant a domain of its own",
                tenant.ref.name,
            )


def _place(tenant: Resource[TenantSpec]) -> Mark:
    return tenant.mark("spec", "domain")
