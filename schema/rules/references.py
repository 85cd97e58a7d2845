"""Rules on what routing names: trunks, extensions, ring groups, groups of extensions."""

from collections.abc import Iterable, Iterator

from schema.destination import To
from schema.document import Path
from schema.kinds.extension import ExtensionSpec
from schema.kinds.inbound_rule import InboundRuleSpec
from schema.kinds.outbound_rule import OutboundRuleSpec
from schema.kinds.ring_group import RingGroupSpec
from schema.kinds.trunk import TrunkSpec
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
    named = [
        (resource, path, to.value)
        for resource, path, to in destinations(subject.resources)
        if to.kind in ("extension", "voicemail")
    ]
    named += [
        (group, ("spec", "members", index), number)
        for group in specs_of(subject.resources, RingGroupSpec)
        for index, number in enumerate(group.spec.members)
    ]
    for resource, path, number in named:
        if number not in known:
            yield Finding(
                resource.mark(*path),
                f"{resource.ref} names the extension {shown(number)}, which Tenant {subject.tenant} does not have",
                f"define it, or correct the number: {one_of(number, sorted(known))}",
            )


def ring_group_exists(subject: TenantSubject) -> Iterator[Finding]:
    """A call that is sent to a ring group that is not there reaches nobody."""
    if not subject.is_complete:
        return
    known = {group.ref.name for group in specs_of(subject.resources, RingGroupSpec)}
    for resource, path, to in destinations(subject.resources):
        if to.kind == "ringGroup" and to.value not in known:
            yield Finding(
                resource.mark(*path),
                f"{resource.ref} names the RingGroup {shown(to.value)}, which Tenant {subject.tenant} does not have",
                f"define it, or correct the name: {one_of(to.value, sorted(known))}",
            )


def group_empty(subject: TenantSubject) -> Iterator[Finding]:
    """A rule for a group that no extension is in lets nobody call: most often the group's name is misspelt."""
    if not subject.is_complete:
        return
    known = {group for extension in specs_of(subject.resources, ExtensionSpec) for group in extension.spec.groups}
    for rule in specs_of(subject.resources, OutboundRuleSpec):
        for index, group in enumerate(rule.spec.match.groups):
            if group not in known:
                yield Finding(
                    rule.mark("spec", "match", "groups", index),
                    f"{rule.ref} is for the group {shown(group)}, which no extension of Tenant {subject.tenant} is in",
                    f"correct the name, or add it to spec.groups of extensions: {one_of(group, sorted(known))}",
                )


def destinations(resources: Iterable[AnyResource]) -> Iterator[tuple[AnyResource, Path, To]]:
    """Yield all destinations that are named, with who names them and where."""
    for resource in resources:
        match resource.spec:
            case ExtensionSpec(forwarding=entries):
                for index, entry in enumerate(entries):
                    yield resource, ("spec", "forwarding", index, "to"), entry.to
            case RingGroupSpec(no_answer=To() as to):
                yield resource, ("spec", "noAnswer"), to
            case InboundRuleSpec(in_hours=to, out_of_hours=late):
                yield resource, ("spec", "inHours"), to
                if late is not None:
                    yield resource, ("spec", "outOfHours"), late
