"""Rules on the numbers of a tenant's resources, of whatever kind, and on the accounts of its extensions."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import get_args

from schema.kinds.extension import ExtensionSpec
from schema.mark import Mark
from schema.problem import shown
from schema.resource import AnyResource, Spec, specs_of
from schema.rules.rule import Finding, TenantSubject
from schema.text import ExtensionNumber, Text


def duplicate_number(subject: TenantSubject) -> Iterator[Finding]:
    """A number that two of a tenant's extensions, ring groups, queues, conferences... have would reach only one of them, and nobody could
    say which.
    """
    return _shared(numbered(subject.resources), "number")


def duplicate_auth_user(subject: TenantSubject) -> Iterator[Finding]:
    """Digest authentication finds the extension by its user name, so two with one name can't be told apart."""
    accounts = ((extension, extension.spec.auth_user) for extension in specs_of(subject.resources, ExtensionSpec))
    return _shared(accounts, "authUser")


def numbered(resources: Iterable[AnyResource]) -> Iterator[tuple[AnyResource, str]]:
    """Yield all that can be dialled, with its number: extensions first."""
    later: list[tuple[AnyResource, str]] = []
    for resource in resources:
        if isinstance(resource.spec, ExtensionSpec):
            yield resource, resource.spec.number
        elif _has_number(type(resource.spec)):
            later.append((resource, str(getattr(resource.spec, "number"))))  # noqa: B009  # which kinds have it, their models say
    yield from later


@cache
def _has_number(model: type[Spec]) -> bool:
    """Whether `spec.number` is a number that is dialled within the tenant."""
    field = model.model_fields.get("number")
    form = next(part for part in get_args(ExtensionNumber) if isinstance(part, Text))
    return field is not None and form in field.metadata


def _shared(values: Iterable[tuple[AnyResource, str]], field: str) -> Iterator[Finding]:
    first: dict[str, AnyResource] = {}
    for resource, value in values:
        earlier = first.setdefault(value, resource)
        # The same resource twice is another rule's finding.
        if earlier.ref != resource.ref:
            yield Finding(
                place_of(resource, field),
                f"{resource.ref} has {field} {shown(value)}, which {earlier.ref} has too, at {place_of(earlier, field)}",
                f"give one of them another {field}",
            )


def place_of(resource: AnyResource, field: str) -> Mark:
    """Return where the value is written: authUser may come from the number, and that from the name or a default."""
    for path in (("spec", field), ("spec", "number")):
        if resource.document.has(path):
            return resource.mark(*path)
    return resource.mark("metadata", "name")
