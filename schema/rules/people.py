"""Rules on extensions and what they share: profiles, groups, voicemail, mail."""

from collections.abc import Iterator

from schema.kinds.extension import ExtensionSpec
from schema.kinds.extension_group import ExtensionGroupSpec
from schema.kinds.extension_profile import ExtensionProfileSpec
from schema.kinds.voicemail import VoicemailSpec
from schema.mentions import destinations, names_of
from schema.nearest import one_of
from schema.problem import shown
from schema.resource import specs_of
from schema.rules.rule import Finding, TenantSubject

DEFAULT_GROUP = "default"


def extension_profile_exists(subject: TenantSubject) -> Iterator[Finding]:
    """An extension whose profile is not there would have the defaults instead of what was meant for it."""
    if not subject.is_complete:
        return
    known = {profile.ref.name for profile in specs_of(subject.resources, ExtensionProfileSpec)}
    for resource, path, name in names_of(subject.mentions, "ExtensionProfile"):
        if name not in known:
            yield Finding(
                resource.mark(*path),
                f"{resource.ref} names the ExtensionProfile {shown(name)}, which Tenant {subject.tenant} does not have",
                f"define it, or correct the name: {one_of(name, sorted(known))}",
            )


def extension_profile_unused(subject: TenantSubject) -> Iterator[Finding]:
    """A profile that no extension names changes nothing: most often the extensions' spec.profile was forgotten."""
    if not subject.is_complete:
        return
    used = {extension.spec.profile for extension in specs_of(subject.resources, ExtensionSpec)}
    for profile in specs_of(subject.resources, ExtensionProfileSpec):
        if profile.ref.name not in used:
            yield Finding(
                profile.mark("metadata", "name"),
                f"{profile.ref} is named by no extension of Tenant {subject.tenant}",
                f"write profile: {profile.ref.name} in extensions that shall have it, or remove it",
            )


def extension_group_exists(subject: TenantSubject) -> Iterator[Finding]:
    """Where a tenant declares its groups, one that it does not declare is misspelt: its members would lack what it permits."""
    known = {group.ref.name for group in specs_of(subject.resources, ExtensionGroupSpec)}
    if not known or not subject.is_complete:
        return
    for resource, path, name in names_of(subject.mentions, "ExtensionGroup"):
        if name not in known and name.lower() != DEFAULT_GROUP:
            yield Finding(
                resource.mark(*path),
                f"{resource.ref} names the ExtensionGroup {shown(name)}, which Tenant {subject.tenant} does not have, though it has others",
                f"define it, or correct the name: {one_of(name, ['Default', *sorted(known)])}",
            )


def extension_group_default(subject: TenantSubject) -> Iterator[Finding]:
    """Who names no group is in the group Default, which permits nothing: nobody gets a permission by being forgotten."""
    for group in specs_of(subject.resources, ExtensionGroupSpec):
        if group.ref.name == DEFAULT_GROUP:
            yield Finding(
                group.mark("metadata", "name"),
                f"{group.ref} can't be declared: the group Default is there always, and permits nothing",
                "give it another name, and its members that name in spec.groups",
            )


def group_manager_member(subject: TenantSubject) -> Iterator[Finding]:
    """A group's manager is one of its members: who is not sees calls of people whom he has nothing to do with."""
    if not subject.is_complete:
        return
    members = {extension.spec.number: extension.spec.groups for extension in specs_of(subject.resources, ExtensionSpec)}
    for group in specs_of(subject.resources, ExtensionGroupSpec):
        for index, number in enumerate(group.spec.managers):
            if number in members and group.ref.name not in members[number]:
                yield Finding(
                    group.mark("spec", "managers", index),
                    f"{group.ref} has the manager {shown(number)}, who is not in the group",
                    f"add {group.ref.name} to spec.groups of extension {number}, or name another",
                )


def greeting_exists(subject: TenantSubject) -> Iterator[Finding]:
    """Callers would hear the tenant's greeting, and the person would believe that they hear another."""
    told = set()
    for extension in specs_of(subject.resources, ExtensionSpec):
        mailbox = extension.spec.voicemail
        if mailbox.greeting is None or mailbox.greeting in mailbox.greetings:
            continue
        place = extension.mark("spec", "voicemail", "greeting")
        # What many have from one profile is told once, there.
        if place not in told:
            told.add(place)
            yield Finding(
                place,
                f"{extension.ref} lets callers hear the greeting {shown(mailbox.greeting)}, which is none of its greetings",
                f"add it to spec.voicemail.greetings, or correct it: {one_of(mailbox.greeting, sorted(mailbox.greetings))}",
            )


def voicemail_pin_missing(subject: TenantSubject) -> Iterator[Finding]:
    """Who is asked for a PIN that there is none of can never listen."""
    for extension in specs_of(subject.resources, ExtensionSpec):
        if extension.spec.voicemail.ask_pin and extension.spec.voicemail.pin is None:
            yield Finding(
                extension.mark("spec", "voicemail", "askPin"),
                f"{extension.ref} asks for a PIN before its voicemail is heard, and has none",
                "write spec.voicemail.pin of the extension, such as {file: secrets/pin-101}, or askPin: false",
            )


def voicemail_off(subject: TenantSubject) -> Iterator[Finding]:
    """A call that is sent to a voicemail that takes no messages ends there, and the caller can say nothing."""
    off = {
        extension.spec.number: extension
        for extension in specs_of(subject.resources, ExtensionSpec)
        if not extension.spec.voicemail.enabled
    }
    for resource, path, to in destinations(subject.mentions):
        if to.kind == "voicemail" and to.value in off:
            yield Finding(
                resource.mark(*path),
                f"{resource.ref} sends calls to the voicemail of extension {to.value}, which is off, "
                f"by {off[to.value].mark('spec', 'voicemail', 'enabled')}",
                "switch it on there, or name another destination",
            )


def voicemail_missing(subject: TenantSubject) -> Iterator[Finding]:
    """Without a Voicemail a tenant has no service that takes messages, nor a number where they are listened to."""
    if not subject.is_complete or specs_of(subject.resources, VoicemailSpec):
        return
    known = {extension.spec.number for extension in specs_of(subject.resources, ExtensionSpec)}
    for resource, path, to in destinations(subject.mentions):
        if to.kind == "voicemail" and to.value in known and getattr(resource.spec, "enabled", True):
            yield Finding(
                resource.mark(*path),
                f"{resource.ref} sends calls to the voicemail of extension {to.value}, and Tenant {subject.tenant} has no Voicemail",
                "define one: kind: Voicemail, spec: {}; it is listened to at 999 if it has no other number; or name another destination",
            )


def mail_missing(subject: TenantSubject) -> Iterator[Finding]:
    """A mail without an address reaches nobody."""
    for extension in specs_of(subject.resources, ExtensionSpec):
        if extension.spec.welcome_mail and extension.spec.person.mail is None:
            yield Finding(
                extension.mark("spec", "welcomeMail"),
                f"{extension.ref} is to be welcomed by mail, and has no spec.person.mail",
                "write it, or welcomeMail: false",
            )
