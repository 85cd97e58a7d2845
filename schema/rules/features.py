"""Rules on what there is once (voicemail, call features, mail server, SMS gateway), on the prefixes of features, and on music."""

from collections.abc import Iterator, Sequence
from typing import Final

from schema.document import Path
from schema.kinds.call_features import CallFeaturesSpec
from schema.kinds.mail_server import MailServerSpec
from schema.kinds.music_on_hold import MusicOnHoldSpec
from schema.kinds.sms_gateway import SmsGatewaySpec
from schema.kinds.voicemail import VoicemailSpec
from schema.mentions import names_of
from schema.problem import shown
from schema.resource import AnyResource, Resource, Spec, specs_of
from schema.rules.numbers import numbered, place_of
from schema.rules.rule import Finding, SystemSubject, TenantSubject

ONCE: Final[tuple[type[Spec], ...]] = (VoicemailSpec, CallFeaturesSpec, MailServerSpec, SmsGatewaySpec)
DEFAULT_MUSIC: Final = "default"


def one_of_a_kind(subject: TenantSubject) -> Iterator[Finding]:
    """A tenant has one Voicemail, one CallFeatures, one MailServer and one SmsGateway, and the system one MailServer for those without
    their own: of two, nobody could say which holds.
    """
    for spec_type in ONCE:
        yield from _more_than_one(specs_of(subject.resources, spec_type), f"Tenant {subject.tenant}")


def one_mail_server(subject: SystemSubject) -> Iterator[Finding]:
    """A tenant has one Voicemail, one CallFeatures, one MailServer and one SmsGateway, and the system one MailServer for those without
    their own: of two, nobody could say which holds.
    """
    return _more_than_one(specs_of(subject.resources, MailServerSpec), "the system")


def _more_than_one(resources: Sequence[AnyResource], whose: str) -> Iterator[Finding]:
    for resource in resources[1:]:
        first = resources[0]
        if resource.ref != first.ref:
            yield Finding(
                resource.mark("metadata", "name"),
                f"{resource.ref} is one too many: {whose} has {first.ref} at {first.mark('metadata', 'name')}",
                "make one of them",
            )


def music_unused(subject: TenantSubject) -> Iterator[Finding]:
    """Who is held hears the MusicOnHold that is named default, and who waits in a queue the one that it names: another is never heard."""
    if not subject.is_complete:
        return
    named = {name for _, _, name in names_of(subject.mentions, "MusicOnHold")}
    for music in specs_of(subject.resources, MusicOnHoldSpec):
        if music.spec.enabled and music.ref.name != DEFAULT_MUSIC and music.ref.name not in named:
            yield Finding(
                music.mark("metadata", "name"),
                f"{music.ref} is never heard: no Queue names it, and it is not named {DEFAULT_MUSIC}",
                f"name it {DEFAULT_MUSIC}, for all who are held; or in spec.music of a Queue; or write enabled: false",
            )


def feature_prefix_taken(subject: TenantSubject) -> Iterator[Finding]:
    """What begins with the prefix of a call feature can't be a number, nor another prefix: dialled, it would mean two things."""
    for features in specs_of(subject.resources, CallFeaturesSpec):
        prefixes = list(_prefixes(features))
        for index, (path, prefix) in enumerate(prefixes):
            for other_path, other in prefixes[:index]:
                if prefix.startswith(other) or other.startswith(prefix):
                    yield Finding(
                        features.mark(*path),
                        f"{features.ref} has the prefix {shown(prefix)}, and {'.'.join(map(str, other_path))} is {shown(other)}: "
                        "one begins with the other",
                        "take another one",
                    )
        for resource, number in numbered(subject.resources):
            taken = next(((path, prefix) for path, prefix in prefixes if number.startswith(prefix)), None)
            if taken is not None:
                path, prefix = taken
                yield Finding(
                    place_of(resource, "number"),
                    f"{resource.ref} has number {shown(number)}, which begins with {shown(prefix)}, "
                    f"{'.'.join(map(str, path))} of {features.ref} at {features.mark(*path)}",
                    "give it another number, or take another prefix",
                )


def _prefixes(features: Resource[CallFeaturesSpec]) -> Iterator[tuple[Path, str]]:
    pickup, intercom = features.spec.pickup, features.spec.intercom
    if pickup.enabled:
        yield ("spec", "pickup", "ringing"), pickup.ringing
        yield ("spec", "pickup", "held"), pickup.held
    if intercom.enabled:
        yield ("spec", "intercom", "prefix"), intercom.prefix
