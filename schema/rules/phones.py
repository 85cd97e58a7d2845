"""Rules on phones, and on how they get their settings."""

from collections.abc import Iterator

from schema.kinds.listener import ListenerSpec
from schema.kinds.phone import PhoneSpec
from schema.kinds.phone_template import LAN_ONLY, PhoneTemplateSpec
from schema.kinds.provisioning_policy import ProvisioningPolicySpec
from schema.nearest import one_of
from schema.problem import shown
from schema.resource import Resource, specs_of
from schema.rules.rule import AcrossFinding, AcrossSubject, Finding, SystemSubject, TenantSubject

PLUG_AND_PLAY_PORT = 5060


def _templates(subject: TenantSubject) -> dict[str, Resource[PhoneTemplateSpec]]:
    """By name; the tenant's own hide shared ones."""
    shared = {template.ref.name: template for template in specs_of(subject.system, PhoneTemplateSpec)}
    return shared | {template.ref.name: template for template in specs_of(subject.resources, PhoneTemplateSpec)}


def phone_template_exists(subject: TenantSubject) -> Iterator[Finding]:
    """A phone without its vendor's template gets no settings that it understands."""
    if not subject.is_complete:
        return
    known = _templates(subject)
    for phone in specs_of(subject.resources, PhoneSpec):
        if phone.spec.template not in known:
            yield Finding(
                phone.mark("spec", "template"),
                f"{phone.ref} names the PhoneTemplate {shown(phone.spec.template)}, which Tenant {subject.tenant} does not have, nor is it "
                "shared",
                f"define it, or correct the name: {one_of(phone.spec.template, sorted(known))}",
            )


def phone_model(subject: TenantSubject) -> Iterator[Finding]:
    """Settings of another model are misread: keys that are not there, menus in the wrong place."""
    known = _templates(subject)
    for phone in specs_of(subject.resources, PhoneSpec):
        template = known.get(phone.spec.template)
        if template is not None and phone.spec.model not in template.spec.models:
            yield Finding(
                phone.mark("spec", "model"),
                f"{phone.ref} is a {shown(phone.spec.model)}, for which its {template.ref} ({template.spec.vendor}) is not",
                f"correct the model, or add it there: {one_of(phone.spec.model, list(template.spec.models))}",
            )


def phone_mac_twice(subject: TenantSubject) -> Iterator[Finding]:
    """One phone can't have two sets of settings."""
    seen: dict[str, Resource[PhoneSpec]] = {}
    for phone in specs_of(subject.resources, PhoneSpec):
        other = seen.setdefault(phone.spec.mac, phone)
        if other.ref != phone.ref:
            yield Finding(
                phone.mark("spec", "mac"),
                f"{phone.ref} has the MAC address {phone.spec.mac}, which {other.ref} at {other.origin} has too",
                "correct one of them, or remove it",
            )


def phone_of_other_tenant(subject: AcrossSubject) -> Iterator[AcrossFinding]:
    """A phone asks for its settings by its MAC address alone: with two tenants' for one, it would get a stranger's account."""
    seen: dict[str, list[tuple[str, Resource[PhoneSpec]]]] = {}
    for name, phones in subject.phones.items():
        for phone in phones:
            seen.setdefault(phone.spec.mac, []).append((name, phone))
    for mac, owners in seen.items():
        for name, phone in owners if len({name for name, _ in owners}) > 1 else ():
            if any(before.spec.mac == mac for before in subject.accepted_phones.get(name, ())):
                continue
            other = next(one for owner, one in owners if owner != name)
            yield AcrossFinding(
                phone.mark("spec", "mac"),
                f"{phone.ref} has the MAC address {mac}, which {other.ref} at {other.mark('spec', 'mac')} has too",
                "correct one of them, or remove it",
                name,
            )


def phone_remote_vendor(subject: TenantSubject) -> Iterator[Finding]:
    """Some vendors' phones fetch no settings from outside the PBX's network."""
    known = _templates(subject)
    for phone in specs_of(subject.resources, PhoneSpec):
        template = known.get(phone.spec.template)
        if phone.spec.remote and template is not None and template.spec.vendor in LAN_ONLY:
            yield Finding(
                phone.mark("spec", "remote"),
                f"{phone.ref} is not in the PBX's network, where phones of {template.spec.vendor} can't be set up",
                "set it up by hand, or bring it there once",
            )


def plug_and_play_port(subject: SystemSubject) -> Iterator[Finding]:
    """Phones that look for a PBX by multicast do so at UDP port 5060 only."""
    if not subject.is_complete:
        return
    listeners = [listener.spec for listener in specs_of(subject.resources, ListenerSpec)]
    if any(one.transport == "udp" and one.port in (None, PLUG_AND_PLAY_PORT) for one in listeners):
        return
    for policy in specs_of(subject.resources, ProvisioningPolicySpec):
        if policy.spec.enabled and policy.spec.plug_and_play:
            yield Finding(
                policy.mark("spec", "plugAndPlay"),
                f"{policy.ref} has plug and play, which needs a Listener for UDP at port {PLUG_AND_PLAY_PORT}, and there is none",
                "add one, or write plugAndPlay: false; phones then take the URL or option 66",
            )
