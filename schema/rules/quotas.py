"""Rules on what a tenant may have: its quotas, as far as manifests alone show that they are kept."""

from collections.abc import Callable, Iterator

from schema.kinds.extension import ExtensionSpec
from schema.kinds.ring_group import RingGroupSpec
from schema.kinds.tenant import Quotas, TenantSpec
from schema.resource import Spec, specs_of
from schema.rules.rule import Finding, TenantSubject


def extension_quota(subject: TenantSubject) -> Iterator[Finding]:
    """A tenant gets what was agreed: extensions beyond its quota would take what others have paid for."""
    return _beyond(subject, ExtensionSpec, "extensions", "maxExtensions", lambda quotas: quotas.max_extensions)


def ring_group_quota(subject: TenantSubject) -> Iterator[Finding]:
    """A tenant gets what was agreed, and no more ring groups."""
    return _beyond(subject, RingGroupSpec, "ring groups", "maxRingGroups", lambda quotas: quotas.max_ring_groups)


def _beyond(
    subject: TenantSubject, kind: type[Spec], what: str, field: str, quota_of: Callable[[Quotas], int]
) -> Iterator[Finding]:
    for tenant in specs_of(subject.resources, TenantSpec)[:1]:
        quota = quota_of(tenant.spec.quotas)
        # The same resource twice is another rule's finding.
        found = list({resource.ref: resource for resource in specs_of(subject.resources, kind)}.values())
        for resource in found[quota:] if quota else ():
            yield Finding(
                resource.mark("metadata", "name"),
                f"{resource.ref} is beyond the quota: {tenant.ref} has {len(found)} {what} and may have {quota}, "
                f"by {field} at {tenant.mark('spec', 'quotas', field)}",
                f"remove {what}, or raise spec.quotas.{field} of the tenant",
            )
