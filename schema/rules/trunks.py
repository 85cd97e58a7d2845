"""Rules on trunks: the listener that they are spoken with over, and who may use them."""

from collections.abc import Iterable, Iterator

from schema.kinds.listener import ListenerSpec
from schema.kinds.trunk import TrunkSpec
from schema.nearest import one_of
from schema.presets import PRESETS
from schema.problem import shown
from schema.resource import AnyResource, Resource, specs_of
from schema.rules.references import may_use
from schema.rules.rule import Finding, SystemSubject, TenantSubject


def trunk_listener(subject: TenantSubject) -> Iterator[Finding]:
    """A trunk is spoken with over a listener of ours, of its own transport; without one it can't be reached."""
    if subject.is_complete:
        yield from _without_listener(specs_of(subject.resources, TrunkSpec), subject.system)


def shared_trunk_listener(subject: SystemSubject) -> Iterator[Finding]:
    """A trunk is spoken with over a listener of ours, of its own transport; without one it can't be reached."""
    if subject.is_complete:
        yield from _without_listener(specs_of(subject.resources, TrunkSpec), subject.resources)


def _without_listener(trunks: Iterable[Resource[TrunkSpec]], system: Iterable[AnyResource]) -> Iterator[Finding]:
    by_name = {listener.ref.name: listener for listener in specs_of(system, ListenerSpec)}
    if not by_name:  # that is another rule's finding
        return
    for trunk in trunks:
        name, transport = trunk.spec.listener, trunk.spec.transport
        fitting = sorted(name for name, listener in by_name.items() if listener.spec.transport == transport)
        if name is None:
            if not fitting:
                yield Finding(
                    trunk.mark("spec", "transport"),
                    f"{trunk.ref} is spoken with over {transport}, and no Listener has that transport",
                    f"define one: kind: Listener, spec: {{transport: {transport}}}",
                )
        elif name not in by_name:
            yield Finding(
                trunk.mark("spec", "listener"),
                f"{trunk.ref} is spoken with over the Listener {shown(name)}, which no manifest defines",
                f"define it, or correct the name: {one_of(name, sorted(by_name))}",
            )
        elif name not in fitting:
            other = by_name[name].spec.transport
            yield Finding(
                trunk.mark("spec", "listener"),
                f"{trunk.ref} is spoken with over {transport}, but the Listener {shown(name)} has the transport {other}",
                f"name one of {transport}: {', '.join(fitting)}"
                if fitting
                else f"write transport: {other}, or define a listener",
            )


def trunk_hides_shared(subject: TenantSubject) -> Iterator[Finding]:
    """A trunk of the tenant's own that is called as a shared one hides it: rules that name it mean the tenant's own."""
    shared = {trunk.ref.name: trunk for trunk in specs_of(subject.system, TrunkSpec)}
    for trunk in specs_of(subject.resources, TrunkSpec):
        other = shared.get(trunk.ref.name)
        if other is not None and may_use(other, subject.tenant):
            yield Finding(
                trunk.mark("metadata", "name"),
                f"{trunk.ref} hides the shared {other.ref} at {other.origin}: rules of Tenant {subject.tenant} mean their own",
                "give it another name, unless that is what you want",
            )


def trunk_not_shared(subject: TenantSubject) -> Iterator[Finding]:
    """A trunk of a tenant is that tenant's alone; which tenants may use it is said of shared trunks."""
    for trunk in specs_of(subject.resources, TrunkSpec):
        if trunk.spec.tenants is not None:
            yield Finding(
                trunk.mark("spec", "tenants"),
                f"{trunk.ref} belongs to Tenant {subject.tenant} and lists tenants, which only a shared trunk does",
                "remove spec.tenants, or metadata.tenant to share the trunk",
            )


def trunk_tenants_exist(subject: SystemSubject) -> Iterator[Finding]:
    """A shared trunk for a tenant that nobody defines: most often its name is misspelt, and the one that is meant has no trunk."""
    for trunk in specs_of(subject.resources, TrunkSpec):
        for index, tenant in enumerate(trunk.spec.tenants or ()):
            if tenant not in subject.defined_tenants:
                yield Finding(
                    trunk.mark("spec", "tenants", index),
                    f"{trunk.ref} is for Tenant {shown(tenant)}, which no manifest defines",
                    f"define it, or correct the name: {one_of(tenant, sorted(subject.defined_tenants))}",
                )


def shared_trunk_number(subject: SystemSubject) -> Iterator[Finding]:
    """The number of a shared trunk is shown for whoever has none of his own, of whichever tenant: calls back reach another company."""
    for trunk in specs_of(subject.resources, TrunkSpec):
        shown_number = trunk.spec.caller_id.number
        users = subject.defined_tenants if trunk.spec.tenants is None else set(trunk.spec.tenants)
        if shown_number is not None and trunk.spec.caller_id.policy != "anonymous" and len(users) > 1:
            yield Finding(
                trunk.mark("spec", "callerId", "number"),
                f"{trunk.ref} is shared by {len(users)} tenants, and shows {shown_number} for all of their people that have no number",
                "remove it, and give extensions an outboundCallerId or outbound rules' routes a callerId",
            )


def trunk_address_twice(subject: TenantSubject) -> Iterator[Finding]:
    """Calls that come are told apart by their address: two trunks with the same one, neither of which registers, can't be."""
    taken: dict[str, Resource[TrunkSpec]] = {}
    shared = (trunk for trunk in specs_of(subject.system, TrunkSpec) if may_use(trunk, subject.tenant))
    own = specs_of(subject.resources, TrunkSpec)
    for trunk in (*shared, *own):
        spec = trunk.spec
        if not spec.enabled or spec.registration is not None:
            continue
        places: list[tuple[tuple[str | int, ...], str]] = [(("spec", "host"), str(spec.host))]
        places += [(("spec", "backupHosts", index), str(host)) for index, host in enumerate(spec.backup_hosts)]
        places += [(("spec", "addresses", index), f"network {network}") for index, network in enumerate(spec.addresses)]
        for path, place in places:
            other = taken.setdefault(place, trunk)
            # One that hides a shared one of the same name is another rule's finding.
            if other.ref.name != trunk.ref.name and trunk in own:
                yield Finding(
                    trunk.mark(*path),
                    f"{trunk.ref} has the address {place}, as {other.ref} at {other.origin} has: whose a call from there is can't be told",
                    "remove one of them, or let one register",
                )
                break


def preset_locked(subject: TenantSubject | SystemSubject) -> Iterator[Finding]:
    """What a preset fills in is the carrier's to say; a manifest that says otherwise has another carrier, or an old note of this one."""
    for trunk in specs_of(subject.resources, TrunkSpec):
        preset = PRESETS[trunk.spec.preset]
        written = _written(trunk)
        for name in written:
            if name not in preset.locked:
                continue
            told = preset.fills.get(name)
            known = f"says {told}" if isinstance(told, str) else "settles that" if told else "has no use for it"
            yield Finding(
                trunk.key_mark("spec", name),
                f"{trunk.ref} writes {name}, and its preset {preset.name} ({preset.title}) {known}",
                f"remove {name}, or write preset: generic and all that the carrier says",
            )


def preset_registration(subject: TenantSubject | SystemSubject) -> Iterator[Finding]:
    """A carrier that knows its customers by their registration sends no calls to one that does not register."""
    for trunk in specs_of(subject.resources, TrunkSpec):
        preset = PRESETS[trunk.spec.preset]
        if preset.registers == "always" and trunk.spec.registration is None and trunk.spec.enabled:
            yield Finding(
                trunk.mark("spec", "preset"),
                f"{trunk.ref} does not register, and {preset.title} knows its customers by their registration",
                "add registration: {user: ...} and credentials, as the carrier gave them",
            )


def _written(trunk: Resource[TrunkSpec]) -> tuple[str, ...]:
    """The fields that its manifest writes, as against those that its preset fills in."""
    data = trunk.document.data
    spec = data.get("spec") if isinstance(data, dict) else None
    return tuple(map(str, spec)) if isinstance(spec, dict) else ()
