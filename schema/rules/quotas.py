"""Rules on what a tenant may have: its quotas, as far as manifests alone show that they are kept."""

from collections.abc import Callable, Iterator

from schema.kinds.tenant import Quotas, TenantSpec
from schema.kinds.voicemail import VoicemailSpec
from schema.resource import specs_of
from schema.rules.rule import Finding, TenantSubject


def extension_quota(subject: TenantSubject) -> Iterator[Finding]:
    """A tenant gets what was agreed: extensions beyond its quota would take what others have paid for."""
    return _beyond(subject, "Extension", "extensions", "maxExtensions", lambda quotas: quotas.max_extensions)


def ring_group_quota(subject: TenantSubject) -> Iterator[Finding]:
    """A tenant gets what was agreed, and no more ring groups."""
    return _beyond(subject, "RingGroup", "ring groups", "maxRingGroups", lambda quotas: quotas.max_ring_groups)


def queue_quota(subject: TenantSubject) -> Iterator[Finding]:
    """A tenant gets what was agreed, and no more queues."""
    return _beyond(subject, "Queue", "queues", "maxQueues", lambda quotas: quotas.max_queues)


def conference_quota(subject: TenantSubject) -> Iterator[Finding]:
    """A tenant gets what was agreed, and no more conference rooms."""
    return _beyond(subject, "Conference", "conference rooms", "maxConferences", lambda quotas: quotas.max_conferences)


def storage_quota(subject: TenantSubject) -> Iterator[Finding]:
    """Messages would be refused before the Voicemail's own limit is reached, and nobody would know why."""
    for tenant in specs_of(subject.resources, TenantSpec)[:1]:
        quota = tenant.spec.quotas.max_voicemail_mb
        for voicemail in specs_of(subject.resources, VoicemailSpec) if quota else ():
            wanted = voicemail.spec.max_storage_mb
            if wanted == 0 or wanted > quota:
                told = f"{wanted} MB" if wanted else "as much as there is"
                yield Finding(
                    voicemail.mark("spec", "maxStorageMb"),
                    f"{voicemail.ref} may take {told}, and {tenant.ref} may have {quota} MB, "
                    f"by maxVoicemailMb at {tenant.mark('spec', 'quotas', 'maxVoicemailMb')}",
                    f"write maxStorageMb: {quota} or less, or raise spec.quotas.maxVoicemailMb of the tenant",
                )


def _beyond(
    subject: TenantSubject, kind: str, what: str, field: str, quota_of: Callable[[Quotas], int]
) -> Iterator[Finding]:
    for tenant in specs_of(subject.resources, TenantSpec)[:1]:
        quota = quota_of(tenant.spec.quotas)
        # The same resource twice is another rule's finding.
        found = list({one.ref: one for one in subject.resources if one.ref.kind == kind}.values())
        for resource in found[quota:] if quota else ():
            yield Finding(
                resource.mark("metadata", "name"),
                f"{resource.ref} is beyond the quota: {tenant.ref} has {len(found)} {what} and may have {quota}, "
                f"by {field} at {tenant.mark('spec', 'quotas', field)}",
                f"remove {what}, or raise spec.quotas.{field} of the tenant",
            )
