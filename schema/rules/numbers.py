"""Rules on the numbers and accounts of a tenant's extensions."""

from collections.abc import Callable, Iterator

from schema.kinds.extension import ExtensionSpec
from schema.mark import Mark
from schema.problem import shown
from schema.resource import Resource, specs_of
from schema.rules.rule import Finding, TenantSubject


def duplicate_number(subject: TenantSubject) -> Iterator[Finding]:
    """A number that two extensions have would ring only one of them, and nobody could say which."""
    return _shared(subject, "number", lambda extension: extension.spec.number)


def duplicate_auth_user(subject: TenantSubject) -> Iterator[Finding]:
    """Digest authentication finds the extension by its user name, so two with one name can't be told apart."""
    return _shared(subject, "authUser", lambda extension: extension.spec.auth_user)


def _shared(
    subject: TenantSubject, field: str, value_of: Callable[[Resource[ExtensionSpec]], str]
) -> Iterator[Finding]:
    first: dict[str, Resource[ExtensionSpec]] = {}
    for extension in specs_of(subject.resources, ExtensionSpec):
        value = value_of(extension)
        earlier = first.setdefault(value, extension)
        # The same resource twice is another rule's finding.
        if earlier.ref != extension.ref:
            yield Finding(
                _place(extension, field),
                f"{extension.ref} has {field} {shown(value)}, which {earlier.ref} has too, at {_place(earlier, field)}",
                f"give one of them another {field}",
            )


def _place(extension: Resource[ExtensionSpec], field: str) -> Mark:
    """Return where the value is written: authUser may come from the number, and that from the name."""
    for path in (("spec", field), ("spec", "number")):
        if extension.document.has(path):
            return extension.mark(*path)
    return extension.mark("metadata", "name")
