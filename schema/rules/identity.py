"""Rules on who a resource is: each once, each in a tenant that exists."""

from collections.abc import Iterable, Iterator

from schema.nearest import one_of
from schema.problem import shown
from schema.resource import AnyResource, ResourceRef
from schema.rules.rule import Finding, SystemSubject, TenantSubject


def duplicate_resource(subject: TenantSubject | SystemSubject) -> Iterator[Finding]:
    """Two resources with one name would silently replace each other, by the order of their files."""
    return _repeated(subject.resources)


def tenant_exists(subject: TenantSubject) -> Iterator[Finding]:
    """A resource of a tenant that nobody defines would be in no PBX at all: most often its name is misspelt."""
    if subject.tenant in subject.defined_tenants:
        return
    hint = one_of(subject.tenant, sorted(subject.defined_tenants))
    for resource in subject.resources:
        yield Finding(
            resource.mark("metadata", "tenant"),
            f"{resource.ref} belongs to Tenant {shown(subject.tenant)}, which no manifest defines",
            f"define it, or correct the name: {hint}",
        )


def _repeated(resources: Iterable[AnyResource]) -> Iterator[Finding]:
    first: dict[ResourceRef, AnyResource] = {}
    for resource in resources:
        earlier = first.setdefault(resource.ref, resource)
        if earlier is not resource:
            yield Finding(
                resource.mark("metadata", "name"),
                f"{resource.ref} is defined twice, first at {earlier.mark('metadata', 'name')}",
                "keep one of them, or rename one",
            )
