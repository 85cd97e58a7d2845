"""The secrets that resources name: those that only what is not carried out yet names, and those that two tenants name.

By the first (of mail servers, SMS gateways, push apps, certificates, PINs, web passwords) nothing authenticates, so one that is missing
holds nobody back. It is said all the same, and the resource is not `Ready`: who writes a reference that goes nowhere hears of it that day,
not on the day when something first needs it. The second are said since whoever may write manifests of a source may name any secret of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from engine.config.ref import ConfigRef
from engine.config.secret import SecretRef
from reconciler.accept import PASSWORDS, SECRET_MISSING, SECRET_SHARED
from reconciler.compile.registry import config_ref
from reconciler.compile.secret import secret_ref
from schema.catalog import Catalog
from schema.document import Path
from schema.problem import Problem, Severity, shown
from schema.resource import AnyResource
from schema.secret_fields import secrets_in

KEY_FIELD: Final = "key"
"""How the fields are called, in all kinds, that are for a private key."""


class Named(NamedTuple):
    """`path`: of the field; `is_needed`: something is carried out with it."""

    resource: AnyResource
    path: Path
    ref: SecretRef
    is_needed: bool

    @property
    def is_key(self) -> bool:
        return self.path[-1] == KEY_FIELD


def named_secrets(resources: Iterable[AnyResource]) -> Iterator[Named]:
    """All of them, in order."""
    for resource in resources:
        for way, source in secrets_in(resource.spec):
            path = ("spec", *way)
            yield Named(resource, path, secret_ref(source), _is_needed(resource, path))


def _is_needed(resource: AnyResource, path: Path) -> bool:
    """As `need.secrets_of` says of what is compiled from it."""
    kind = resource.ref.kind
    return (kind in ("Extension", "Trunk") and path in PASSWORDS) or (kind == "Tenant" and path[1:2] == ("webhooks",))


def shared_problems(named: Iterable[Named]) -> Iterator[Problem]:
    """A warning for each that a tenant before names, too; which one is not said: tenants need not know of each other."""
    owners: dict[SecretRef, str] = {}
    for one in named:
        tenant = _tenant_of(one.resource)
        if tenant and owners.setdefault(one.ref, tenant) != tenant:
            yield Problem(
                mark=one.resource.mark(*one.path),
                message=f"{one.resource.ref} names the secret {shown(one.ref)}, which another tenant names, too",
                hint="give each tenant one of its own",
                rule=SECRET_SHARED,
                severity=Severity.WARNING,
            )


def _tenant_of(resource: AnyResource) -> str:
    return resource.ref.name if resource.ref.kind == "Tenant" else resource.ref.tenant or ""


def missing_problems(named: Iterable[Named], missing: Mapping[SecretRef, str]) -> Iterator[Problem]:
    """A warning for each that nothing needs and that has no value."""
    for one in named:
        if one.ref in missing and not one.is_needed:
            what, _, hint = missing[one.ref].partition("; ")
            yield Problem(
                mark=one.resource.mark(*one.path),
                message=f"{one.resource.ref} has no secret for {'.'.join(map(str, one.path))}, as {what}",
                hint=hint or "correct it",
                rule=SECRET_MISSING,
                severity=Severity.WARNING,
            )


def lacking(named: Iterable[Named], missing: Mapping[SecretRef, str]) -> dict[ConfigRef, str]:
    """Why resources would not work, in words, by their keys: the first secret of each that has no value."""
    found: dict[ConfigRef, str] = {}
    for one in named:
        if one.ref in missing and not one.is_needed:
            found.setdefault(
                config_ref(one.resource), f"{'.'.join(map(str, one.path))} has no secret, as {missing[one.ref]}"
            )
    return found


class NamedSecrets:
    """Those of what runs, looked for once in each unit."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[object, tuple[Named, ...]]] = {}

    def of(self, catalog: Catalog) -> tuple[Named, ...]:
        units: dict[str, Iterable[AnyResource]] = {"": catalog.system, **catalog.tenants}
        self._known = {
            name: known
            if (known := self._known.get(name)) is not None and known[0] is unit
            else (unit, tuple(named_secrets(unit)))
            for name, unit in units.items()
        }
        return tuple(one for _, named in self._known.values() for one in named)
