"""Rules on outbound rules that say something else than what was meant: a mask for a prefix, extensions that nobody has, one way twice."""

from collections.abc import Iterator

from dialing.pattern import NumberPattern
from schema.kinds.extension import ExtensionSpec
from schema.kinds.outbound_rule import OutboundRuleSpec
from schema.problem import shown
from schema.resource import specs_of
from schema.rules.rule import Finding, TenantSubject

ANY_MORE = "*"


def prefix_star(subject: TenantSubject) -> Iterator[Finding]:
    """A prefix is the beginning already: with `*` behind it, as masks have it, it is for calls in which the star key was pressed."""
    for rule in specs_of(subject.resources, OutboundRuleSpec):
        for index, prefix in enumerate(rule.spec.match.prefixes):
            bare = prefix.removesuffix(ANY_MORE)
            if bare != prefix and bare.removeprefix("+").isdecimal():
                yield Finding(
                    rule.mark("spec", "match", "prefixes", index),
                    f"{rule.ref} is for numbers that begin with {shown(prefix)}, the star key included",
                    f'write "{bare}"',
                )


def extensions_nobody(subject: TenantSubject) -> Iterator[Finding]:
    """A rule for extensions that the tenant does not have is for nobody: most often a range or a mask is wrong."""
    if not subject.is_complete:
        return
    numbers = [extension.spec.number for extension in specs_of(subject.resources, ExtensionSpec)]
    for rule in specs_of(subject.resources, OutboundRuleSpec) if numbers else ():
        for index, mask in enumerate(rule.spec.match.extensions):
            pattern = NumberPattern.parse(mask)
            if not any(map(pattern.matches, numbers)):
                yield Finding(
                    rule.mark("spec", "match", "extensions", index),
                    f"{rule.ref} is for the extensions {shown(mask)}, and Tenant {subject.tenant} has none of them",
                    "correct it, or remove it",
                )


def route_twice(subject: TenantSubject) -> Iterator[Finding]:
    """The next route is tried when the one before it fails; the same once more fails once more, and the caller waits for it."""
    for rule in specs_of(subject.resources, OutboundRuleSpec):
        ways = [(route.trunk, route.strip, route.prepend) for route in rule.spec.routes]
        for index, way in enumerate(ways):
            if way in ways[:index]:
                yield Finding(
                    rule.mark("spec", "routes", index),
                    f"{rule.ref} has the route over Trunk {way[0]} twice, first at {rule.mark('spec', 'routes', ways.index(way))}",
                    "remove one of them, or name another trunk",
                )
