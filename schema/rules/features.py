"""Rules on what a tenant has once: its voicemail and its call features, and the prefixes that these take away from numbers."""

from collections.abc import Iterator
from typing import Final

from schema.document import Path
from schema.kinds.call_features import CallFeaturesSpec
from schema.kinds.voicemail import VoicemailSpec
from schema.problem import shown
from schema.resource import AnyResource, Resource, Spec, specs_of
from schema.rules.numbers import numbered, place_of
from schema.rules.rule import Finding, TenantSubject

ONCE: Final[tuple[type[Spec], ...]] = (VoicemailSpec, CallFeaturesSpec)


def one_of_a_kind(subject: TenantSubject) -> Iterator[Finding]:
    """A tenant has one Voicemail and one CallFeatures: of two, nobody could say which holds."""
    for spec_type in ONCE:
        first: AnyResource | None = None
        for resource in specs_of(subject.resources, spec_type):
            first = first or resource
            if resource.ref != first.ref:
                yield Finding(
                    resource.mark("metadata", "name"),
                    f"{resource.ref} is one too many: Tenant {subject.tenant} has {first.ref} at {first.mark('metadata', 'name')}",
                    "make one of them",
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
