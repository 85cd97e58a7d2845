"""Passwords for web pages, of administrators and of people, looked at where they are at hand (`validate --secrets`): kept is an argon2id
hash of what they type.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from engine.config.secret import SecretRef
from reconciler.compile.secret import secret_ref
from reconciler.secrets.argon2id import hash_fault
from schema.kinds.administrator import AdministratorSpec
from schema.kinds.extension import ExtensionSpec
from schema.problem import Problem, Severity
from schema.resource import AnyResource
from schema.secret_source import SecretSource

HASH_UNUSABLE: Final = "hash-unusable"


def web_passwords_named(resources: Iterable[AnyResource]) -> frozenset[SecretRef]:
    """Those that valid resources name."""
    return frozenset(secret_ref(source) for _, _, source in _web_passwords(resources))


def names_a_web_password(resource: AnyResource) -> bool:
    return next(_web_passwords((resource,)), None) is not None


def web_password_problems(resources: Iterable[AnyResource], values: Mapping[SecretRef, str]) -> Iterator[Problem]:
    """What is wrong with those of them that have a value; none of it says anything of the value itself."""
    for one, field, source in _web_passwords(resources):
        value = values.get(secret_ref(source))
        fault = None if value is None else hash_fault(value)
        if fault is not None:
            what, _, hint = fault.partition("; ")
            yield Problem(
                mark=one.mark("spec", field),
                message=f"spec.{field} of {one.ref} {what}",
                hint=hint,
                rule=HASH_UNUSABLE,
                severity=Severity.WARNING,
            )


def _web_passwords(resources: Iterable[AnyResource]) -> Iterator[tuple[AnyResource, str, SecretSource]]:
    for one in resources:
        match one.spec:
            case AdministratorSpec(password=source):
                yield one, "password", source
            case ExtensionSpec(web_password=source) if source is not None:
                yield one, "webPassword", source
