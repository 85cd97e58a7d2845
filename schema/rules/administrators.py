"""Rules on who logs in and administers."""

from collections.abc import Iterator

from schema.kinds.administrator import AdministratorSpec
from schema.kinds.extension import ExtensionSpec
from schema.nearest import one_of
from schema.problem import shown
from schema.resource import Resource, specs_of
from schema.rules.rule import Finding, SystemSubject, TenantSubject


def duplicate_login(subject: TenantSubject | SystemSubject) -> Iterator[Finding]:
    """Of two people with one login nobody could say who did what."""
    first: dict[str, Resource[AdministratorSpec]] = {}
    for one in specs_of(subject.resources, AdministratorSpec):
        before = first.setdefault(one.spec.login, one)
        if before.ref != one.ref:
            what = f"{one.ref} has the login {shown(one.spec.login)}, as does {before.ref} at {before.mark('spec', 'login')}"
            yield Finding(one.mark("spec", "login"), what, "give one of them another login")


def administrator_extension(subject: TenantSubject) -> Iterator[Finding]:
    """What an administrator does on the phone is done by his extension; one that is not there is nobody's."""
    if not subject.is_complete:
        return
    known = {extension.spec.number for extension in specs_of(subject.resources, ExtensionSpec)}
    for one in specs_of(subject.resources, AdministratorSpec):
        if one.spec.extension is not None and one.spec.extension not in known:
            yield Finding(
                one.mark("spec", "extension"),
                f"{one.ref} has the extension {shown(one.spec.extension)}, which Tenant {subject.tenant} does not have",
                f"define it, or correct the number: {one_of(one.spec.extension, sorted(known))}",
            )


def administrator_without_tenant(subject: SystemSubject) -> Iterator[Finding]:
    """Extensions are a tenant's, so one who belongs to no tenant has none: of which tenant it were, nobody could say."""
    for one in specs_of(subject.resources, AdministratorSpec):
        if one.spec.extension is not None:
            yield Finding(
                one.mark("spec", "extension"),
                f"{one.ref} has the extension {shown(one.spec.extension)}, but belongs to no tenant",
                "remove it, or add metadata.tenant",
            )
