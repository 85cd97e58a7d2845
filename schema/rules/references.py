"""Rules on what resources name: trunks, extensions, ring groups, receptionists, queues, what is played, groups of extensions."""

from collections.abc import Iterator

from schema.document import Path
from schema.kinds.extension import ExtensionSpec
from schema.kinds.inbound_rule import InboundRuleSpec
from schema.kinds.outbound_rule import OutboundRuleSpec
from schema.kinds.recording_policy import RecordingPolicySpec
from schema.kinds.trunk import TrunkSpec
from schema.mentions import extensions_of, names_of
from schema.nearest import one_of
from schema.problem import shown
from schema.resource import AnyResource, Resource, specs_of
from schema.rules.rule import Finding, TenantSubject


def trunk_exists(subject: TenantSubject) -> Iterator[Finding]:
    """A trunk that the tenant does not have and may not share carries no call."""
    if not subject.is_complete:
        return
    own = {trunk.ref.name for trunk in specs_of(subject.resources, TrunkSpec)}
    shared = {trunk.ref.name: trunk for trunk in specs_of(subject.system, TrunkSpec)}
    usable = own | {name for name, trunk in shared.items() if may_use(trunk, subject.tenant)}
    named: list[tuple[AnyResource, Path, str]] = [
        (rule, ("spec", "trunks", index), name)
        for rule in specs_of(subject.resources, InboundRuleSpec)
        for index, name in enumerate(rule.spec.trunks)
    ]
    named += [
        (rule, ("spec", "routes", index, "trunk"), route.trunk)
        for rule in specs_of(subject.resources, OutboundRuleSpec)
        for index, route in enumerate(rule.spec.routes)
    ]
    named += names_of(subject.mentions, "Trunk")
    for rule, path, name in named:
        if name in usable:
            continue
        if name in shared:
            what = (
                f"which Tenant {subject.tenant} may not use: its tenants are at {shared[name].mark('spec', 'tenants')}"
            )
            yield Finding(
                rule.mark(*path),
                f"{rule.ref} names the shared Trunk {shown(name)}, {what}",
                "add the tenant there, or name another trunk",
            )
        else:
            what = f"which Tenant {subject.tenant} does not have, and which is not shared either"
            hint = f"define it, or correct the name: {one_of(name, sorted(usable))}"
            yield Finding(rule.mark(*path), f"{rule.ref} names the Trunk {shown(name)}, {what}", hint)


def may_use(trunk: Resource[TrunkSpec], tenant: str) -> bool:
    """Return whether a shared trunk is for that tenant."""
    return trunk.spec.tenants is None or tenant in trunk.spec.tenants


def extension_exists(subject: TenantSubject) -> Iterator[Finding]:
    """A call that is sent to a number that no extension has reaches nobody; numbers of other tenants are theirs."""
    if not subject.is_complete:
        return
    known = {extension.spec.number for extension in specs_of(subject.resources, ExtensionSpec)}
    for resource, path, number in extensions_of(subject.mentions):
        if number not in known:
            yield Finding(
                resource.mark(*path),
                f"{resource.ref} names the extension {shown(number)}, which Tenant {subject.tenant} does not have",
                f"define it, or correct the number: {one_of(number, sorted(known))}",
            )


def ring_group_exists(subject: TenantSubject) -> Iterator[Finding]:
    """A call that is sent to a ring group that is not there reaches nobody."""
    return _missing(subject, "RingGroup")


def receptionist_exists(subject: TenantSubject) -> Iterator[Finding]:
    """A call that is sent to a receptionist that is not there reaches nobody; those of other tenants are theirs."""
    return _missing(subject, "Receptionist")


def queue_exists(subject: TenantSubject) -> Iterator[Finding]:
    """A call that is sent to a queue that is not there reaches nobody; those of other tenants are theirs."""
    return _missing(subject, "Queue")


def conference_exists(subject: TenantSubject) -> Iterator[Finding]:
    """A call that is sent to a conference that is not there reaches nobody; those of other tenants are theirs."""
    return _missing(subject, "Conference")


def prompt_exists(subject: TenantSubject) -> Iterator[Finding]:
    """Callers who should hear a prompt that is not there would hear nothing, and wait for it."""
    return _missing(subject, "Prompt")


def music_exists(subject: TenantSubject) -> Iterator[Finding]:
    """Callers who should hear music that is not there would hear silence, and hang up."""
    return _missing(subject, "MusicOnHold")


def _missing(subject: TenantSubject, kind: str) -> Iterator[Finding]:
    if not subject.is_complete:
        return
    known = {resource.ref.name for resource in subject.resources if resource.ref.kind == kind}
    for resource, path, name in names_of(subject.mentions, kind):
        if name not in known:
            yield Finding(
                resource.mark(*path),
                f"{resource.ref} names the {kind} {shown(name)}, which Tenant {subject.tenant} does not have",
                f"define it, or correct the name: {one_of(name, sorted(known))}",
            )


def group_empty(subject: TenantSubject) -> Iterator[Finding]:
    """A rule for a group that no extension is in is for nobody: most often the group's name is misspelt."""
    if not subject.is_complete:
        return
    known = {group for extension in specs_of(subject.resources, ExtensionSpec) for group in extension.spec.groups}
    named: list[tuple[AnyResource, Path, str]] = [
        (rule, ("spec", "match", "groups", index), group)
        for rule in specs_of(subject.resources, OutboundRuleSpec)
        for index, group in enumerate(rule.spec.match.groups)
    ]
    named += [
        (policy, ("spec", "of", "groups", index), group)
        for policy in specs_of(subject.resources, RecordingPolicySpec)
        for index, group in enumerate(policy.spec.of.groups)
    ]
    for resource, path, group in named:
        if group not in known:
            yield Finding(
                resource.mark(*path),
                f"{resource.ref} is for the group {shown(group)}, which no extension of Tenant {subject.tenant} is in",
                f"correct the name, or add it to spec.groups of extensions: {one_of(group, sorted(known))}",
            )
