"""Rules on the numbers of a tenant's extensions and ring groups, and on the extensions' accounts."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from schema.kinds.extension import ExtensionSpec
from schema.kinds.ring_group import RingGroupSpec
from schema.mark import Mark
from schema.problem import shown
from schema.resource import Resource, specs_of
from schema.rules.rule import Finding, TenantSubject

Numbered: TypeAlias = Resource[ExtensionSpec] | Resource[RingGroupSpec]


def duplicate_number(subject: TenantSubject) -> Iterator[Finding]:
    """A number that two extensions have, or an extension and a ring group, would ring only one of them, and nobody could say which."""
    numbered: list[Numbered] = [
        *specs_of(subject.resources, ExtensionSpec),
        *specs_of(subject.resources, RingGroupSpec),
    ]
    return _shared(((each, each.spec.number) for each in numbered), "number")


def duplicate_auth_user(subject: TenantSubject) -> Iterator[Finding]:
    """Digest authentication finds the extension by its user name, so two with one name can't be told apart."""
    accounts = ((extension, extension.spec.auth_user) for extension in specs_of(subject.resources, ExtensionSpec))
    return _shared(accounts, "authUser")


def _shared(values: Iterable[tuple[Numbered, str]], field: str) -> Iterator[Finding]:
    first: dict[str, Numbered] = {}
    for resource, value in values:
        earlier = first.setdefault(value, resource)
        # The same resource twice is another rule's finding.
        if earlier.ref != resource.ref:
            yield Finding(
                _place(resource, field),
                f"{resource.ref} has {field} {shown(value)}, which {earlier.ref} has too, at {_place(earlier, field)}",
                f"give one of them another {field}",
            )


def _place(extension: Numbered, field: str) -> Mark:
    """Return where the value is written: authUser may come from the number, and that from the name."""
    for path in (("spec", field), ("spec", "number")):
        if extension.document.has(path):
            return extension.mark(*path)
    return extension.mark("metadata", "name")
