"""Secrets that only what is not carried out yet names: of mail servers, SMS gateways, push apps, certificates, PINs, web passwords.

Nothing authenticates by them, so one that is missing holds nobody back. It is said all the same, and the resource is not `Ready`: who
writes a reference that goes nowhere hears of it that day, not on the day when something first needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from engine.config.ref import ConfigRef
from engine.config.secret import SecretRef
from reconciler.accept import SECRET_MISSING, needed_secrets
from reconciler.compile.registry import config_ref
from reconciler.compile.secret import secret_ref
from schema.catalog import Catalog
from schema.document import Path
from schema.problem import Problem, Severity
from schema.resource import AnyResource
from schema.secret_fields import secrets_in

KEY_FIELD: Final = "key"
"""How the fields are called, in all kinds, that are for a private key."""


class Named(NamedTuple):
    """`path`: of the field."""

    resource: AnyResource
    path: Path
    ref: SecretRef

    @property
    def is_key(self) -> bool:
        return self.path[-1] == KEY_FIELD


def declared_secrets(resources: Iterable[AnyResource]) -> Iterator[Named]:
    """Those that no part of the engine needs today."""
    for resource in resources:
        found = [(("spec", *way), secret_ref(source)) for way, source in secrets_in(resource.spec)]
        if found:
            needed = needed_secrets(resource)
            yield from (Named(resource, path, ref) for path, ref in found if ref not in needed)


def missing_problems(named: Iterable[Named], missing: Mapping[SecretRef, str]) -> Iterator[Problem]:
    """A warning for each that has no value."""
    for one in named:
        if one.ref in missing:
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
        if one.ref in missing:
            found.setdefault(
                config_ref(one.resource), f"{'.'.join(map(str, one.path))} has no secret, as {missing[one.ref]}"
            )
    return found


class DeclaredSecrets:
    """Those of what runs, looked for once in each unit."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[object, tuple[Named, ...]]] = {}

    def of(self, catalog: Catalog) -> tuple[Named, ...]:
        units: dict[str, Iterable[AnyResource]] = {"": catalog.system, **catalog.tenants}
        self._known = {
            name: known
            if (known := self._known.get(name)) is not None and known[0] is unit
            else (unit, tuple(declared_secrets(unit)))
            for name, unit in units.items()
        }
        return tuple(one for _, named in self._known.values() for one in named)
