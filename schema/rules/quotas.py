"""Rules on what a tenant may have: its quotas, as far as manifests alone show that they are kept."""

from collections.abc import Iterator

from schema.kinds.extension import ExtensionSpec
from schema.kinds.tenant import TenantSpec
from schema.resource import specs_of
from schema.rules.rule import Finding, TenantSubject


def extension_quota(subject: TenantSubject) -> Iterator[Finding]:
    """A tenant gets what was agreed: extensions beyond its quota would take what others have paid for."""
    for tenant in specs_of(subject.resources, TenantSpec)[:1]:
        quota = tenant.spec.quotas.max_extensions
        # The same resource twice is another rule's finding.
        extensions = list(
            {extension.ref: extension for extension in specs_of(subject.resources, ExtensionSpec)}.values()
        )
        for extension in extensions[quota:] if quota else ():
            yield Finding(
                extension.mark("metadata", "name"),
                f"{extension.ref} is beyond the quota: {tenant.ref} has {len(extensions)} extensions and may have {quota}, "
                f"by maxExtensions at {tenant.mark('spec', 'quotas', 'maxExtensions')}",
                "remove extensions, or raise spec.quotas.maxExtensions of the tenant",
            )
