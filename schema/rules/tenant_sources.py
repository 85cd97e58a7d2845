"""Rules on tenants' own sources: each is of a tenant, and what it says of the outside is what the platform lets it say."""

from collections.abc import Iterable, Iterator

from dialing.containment import contains
from schema.confinement import tenant_of_file
from schema.document import Path
from schema.kinds.extension import ExtensionSpec
from schema.kinds.extension_profile import ExtensionProfileSpec
from schema.kinds.inbound_rule import InboundRuleSpec
from schema.kinds.outbound_rule import OutboundRuleSpec
from schema.kinds.tenant_source import TenantSourceSpec
from schema.kinds.trunk import TrunkSpec
from schema.nearest import one_of
from schema.problem import shown
from schema.resource import AnyResource, Resource, specs_of
from schema.rules.rule import Finding, SystemSubject, TenantSubject


def source_tenant_exists(subject: SystemSubject) -> Iterator[Finding]:
    """A source is of the tenant whose name it has: without that tenant, nothing of it could ever count."""
    for source in specs_of(subject.resources, TenantSourceSpec):
        if source.ref.name not in subject.defined_tenants:
            yield Finding(
                source.mark("metadata", "name"),
                f"{source.ref} is the source of Tenant {shown(source.ref.name)}, which no manifest defines",
                f"define it, or correct the name: {one_of(source.ref.name, sorted(subject.defined_tenants))}",
            )


def source_trunk(subject: TenantSubject) -> Iterator[Finding]:
    """Calls from a trunk's address are believed without a password: a tenant's own source says whom only where the platform lets it."""
    allowed = _source_of(subject)
    if allowed is None and not subject.is_complete:
        return
    for trunk in specs_of(_own(subject), TrunkSpec):
        if allowed is None or not allowed.spec.trunks:
            yield Finding(
                trunk.mark("kind"),
                f"the source of Tenant {subject.tenant} declares {trunk.ref}, and may declare no trunks",
                f"let the platform declare it, or say trunks: true in TenantSource {subject.tenant}",
            )


def source_number(subject: TenantSubject) -> Iterator[Finding]:
    """A tenant's own source answers and shows the numbers that the platform says are its: no one takes another's by naming it first."""
    source = _source_of(subject)
    if source is None and not subject.is_complete:
        return  # it may be what is at fault: that is told, and holds everything back
    known: dict[str, bool] = {}
    for resource, path, number in _numbers(_own(subject)):
        if number not in known:
            known[number] = source is not None and any(contains(mask, number) for mask in source.spec.numbers)
        if not known[number]:
            yield Finding(
                resource.mark(*path),
                f"{resource.ref} names the number {number}, which the platform does not say to be Tenant {subject.tenant}'s",
                f"name one of its own, or let TenantSource {subject.tenant} list it under numbers",
            )


def _own(subject: TenantSubject) -> list[AnyResource]:
    """What of the tenant's comes from its own source."""
    return [resource for resource in subject.resources if tenant_of_file(resource.origin.file) == subject.tenant]


def _source_of(subject: TenantSubject) -> Resource[TenantSourceSpec] | None:
    found = specs_of(subject.system, TenantSourceSpec)
    return next((source for source in found if source.ref.name == subject.tenant), None)


def _numbers(resources: Iterable[AnyResource]) -> Iterator[tuple[AnyResource, Path, str]]:
    """The numbers outside that these answer or show, each as a mask."""
    resources = list(resources)
    for rule in specs_of(resources, InboundRuleSpec):
        for mask in rule.spec.match.did or ("*",):
            yield rule, ("spec", "match", "did"), mask
    path: Path = ("spec", "outboundCallerId")
    for profile in specs_of(resources, ExtensionProfileSpec):
        if profile.spec.outbound_caller_id:
            yield profile, path, profile.spec.outbound_caller_id
    for extension in specs_of(resources, ExtensionSpec):
        if extension.spec.outbound_caller_id and not extension.is_inherited(*path):
            yield extension, path, extension.spec.outbound_caller_id
    for route in specs_of(resources, OutboundRuleSpec):
        for index, one in enumerate(route.spec.routes):
            if one.caller_id:
                yield route, ("spec", "routes", index, "callerId"), one.caller_id
    for trunk in specs_of(resources, TrunkSpec):
        if trunk.spec.caller_id.number:
            yield trunk, ("spec", "callerId", "number"), trunk.spec.caller_id.number
