"""What of the manifests may run: the schema's verdict on them, with what only the machine knows (files, secrets) put into it.

Pure. A file that can't be read, and one that is blank where resources were (an editor half-way through a save), holds back whom it
concerns, as a file that is no YAML does. A tenant whose secrets are missing is held back like one with a fault in its manifests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine.config.secret import SecretRef
from reconciler.compile.registry import compile_resource
from reconciler.compile.secret import secret_mark, secret_path, secret_ref
from reconciler.secrets.need import secrets_of
from reconciler.secrets.outline import SealedOutline
from reconciler.secrets.resolver import Resolved
from reconciler.secrets.signing import SigningFault, signing_fault
from reconciler.secrets.strength import Strength, strength_of
from reconciler.source.tree import SealedFiles, SourceFile, UnreadableFile
from schema.catalog import Catalog, TenantResources
from schema.confinement import tenant_of_file
from schema.kinds.extension import ExtensionSpec
from schema.kinds.tenant import TenantSpec
from schema.kinds.trunk import TrunkSpec
from schema.manifest_set import Assembly, ATenant, ParsedFile, Rejected, assemble
from schema.mark import Mark
from schema.problem import Problem, Severity
from schema.resource import AnyResource, Resource, specs_of
from schema.secret_fields import secrets_in

UNREADABLE: Final = "file-unreadable"
BLANK: Final = "file-blank"
UNAVAILABLE: Final = "source-unavailable"
SECRET_MISSING: Final = "secret-missing"  # noqa: S105  # a rule's name
SECRET_SHARED: Final = "secret-shared"  # noqa: S105  # a rule's name
SECRET_OPEN: Final = "secret-open"  # noqa: S105  # a rule's name
SECRET_WEAK: Final = "secret-weak"  # noqa: S105  # a rule's name
LONG_ONE: Final = 'put a long random one there: echo "whsec_$(openssl rand -base64 32)"; the receiver needs it, too'
STRONG_ONE: Final = "put a long random one there (openssl rand -hex 16) and into its phones"

PASSWORDS: Final = (("spec", "password"), ("spec", "credentials", "password"))
_WITH_SECRETS: Final = (ExtensionSpec, TenantSpec, TrunkSpec)
"""Of those that are carried out."""

Missing = Callable[[Iterable[SecretRef]], Mapping[SecretRef, str]]
"""Which of these secrets have no value, and why."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """`without_secrets`: tenants that are held back for this reason alone."""

    assembly: Assembly
    without_secrets: frozenset[str]


def unreadable_files(unreadable: Iterable[UnreadableFile], accepted: Catalog) -> Iterator[ParsedFile]:
    """What can't be read, as files with a fault; a folder stands for every file in it that resources came from."""
    known = sorted({resource.origin.file for resource in accepted})
    for file in unreadable:
        problem = Problem(mark=Mark(file.path, 1, 1), message="can't be read", hint=file.reason, rule=UNREADABLE)
        covered = [path for path in known if file.covers(path)]
        for path in covered or [file.path]:
            yield ParsedFile(path, fault=problem)


def blank_file(file: SourceFile, accepted_files: frozenset[str]) -> ParsedFile | None:
    """The file with a fault if it is blank and resources came from it before."""
    if file.path not in accepted_files or not file.is_blank:
        return None
    problem = Problem(
        mark=Mark(file.path, 1, 1),
        message="is empty, but resources came from it before",
        hint="save it again if that was half a save; remove the file if they are to go",
        rule=BLANK,
    )
    return ParsedFile(file.path, fault=problem)


def accept(
    files: Iterable[ParsedFile], accepted: Catalog, missing: Missing, kept: Iterable[Rejected] = ()
) -> Acceptance:
    """Decide what runs; tenants without their secrets are put to the schema as faulty, until no further one is found.

    `kept`: tenants that stay as they are for a reason of the caller's.
    """
    held: dict[str, Rejected] = {}
    parsed = list(files)
    kept = tuple(kept)
    while True:
        extra = [ParsedFile("", rejected=(*kept, *held.values()))] if held or kept else []
        assembly = assemble([*parsed, *extra], accepted)
        if assembly.holds_round:
            return Acceptance(assembly, frozenset(held))
        found = dict(_without_secrets(assembly, missing))
        if not found.keys() - held.keys():
            return Acceptance(assembly, frozenset(held))
        held.update(found)


def _without_secrets(assembly: Assembly, missing: Missing) -> Iterator[tuple[str, Rejected]]:
    needs = {
        name: [(ref, resource) for resource in verdict for ref in secrets_of(compile_resource(resource))]
        for name, verdict in assembly.tenants.items()
        if isinstance(verdict, TenantResources)
    }
    lacking = missing({ref for pairs in needs.values() for ref, _ in pairs})
    for name, pairs in needs.items() if lacking else ():
        problems = tuple(_problem(resource, ref, lacking[ref]) for ref, resource in pairs if ref in lacking)
        if problems:
            yield name, Rejected(ATenant(name), problems)


def _problem(resource: AnyResource, ref: SecretRef, reason: str) -> Problem:
    what, _, hint = reason.partition("; ")
    path = secret_path(resource, ref)
    return Problem(
        mark=secret_mark(resource, ref),
        message=f"{resource.ref} has no {_lacking(path)}, as {what}",
        hint=hint or "correct it",
        rule=SECRET_MISSING,
    )


def _lacking(path: tuple[str | int, ...]) -> str:
    return "password" if path in PASSWORDS else f"secret for {'.'.join(map(str, path))}"


def secrets_named(resources: Iterable[AnyResource]) -> frozenset[SecretRef]:
    """All secrets that valid resources name, looked up or not."""
    return frozenset(ref for resource in resources for ref in _needed(resource))


def _needed(resource: AnyResource) -> tuple[SecretRef, ...]:
    """The secrets without which it can't be prepared. Nothing else is compiled here: what rules have refused may not compile, such as
    office hours with the holidays of a part that their country does not have."""
    return secrets_of(compile_resource(resource)) if isinstance(resource.spec, _WITH_SECRETS) else ()


def secret_problems(resources: Iterable[AnyResource], resolved: Resolved) -> Iterator[Problem]:
    """All that is wrong with the secrets of these resources, for someone who checks before anything runs: what can be guessed is
    an error then."""
    resources = list(resources)
    for resource in resources:
        for ref in _needed(resource):
            if ref in resolved.missing:
                yield _problem(resource, ref, resolved.missing[ref])
    yield from open_secrets(resources, resolved.warnings)
    yield from weak_secrets(resources, resolved.values, guessable=Severity.ERROR)


def sealed_problems(resources: Iterable[AnyResource], sealed: SealedFiles) -> Iterator[Problem]:
    """What is wrong with references into encrypted files, of any kind, as far as that is seen without any key: in CI, say."""
    outline = SealedOutline(sealed)
    for resource in resources:
        for way, source in secrets_in(resource.spec):
            reason = outline.absence(secret_ref(source))
            if reason is not None:
                path = ("spec", *way)
                what, _, hint = reason.partition("; ")
                yield Problem(
                    mark=resource.mark(*path),
                    message=f"{resource.ref} has no {_lacking(path)}, as {what}",
                    hint=hint,
                    rule=SECRET_MISSING,
                )


def secret_warnings(
    resources: Iterable[AnyResource], open_to_others: Mapping[SecretRef, str], values: Mapping[SecretRef, str]
) -> Iterator[Problem]:
    """What is to be said of the secrets of what runs. All are warnings: whose phones work keeps them working."""
    resources = list(resources)
    yield from open_secrets(resources, open_to_others)
    yield from weak_secrets(resources, values, guessable=Severity.WARNING)


def open_secrets(resources: Iterable[AnyResource], reasons: Mapping[SecretRef, str]) -> Iterator[Problem]:
    """The secrets that others can read."""
    for resource in resources if reasons else ():
        for ref in _needed(resource):
            if ref in reasons:
                what, _, hint = reasons[ref].partition("; ")
                yield _weak(resource, ref, what, hint, rule=SECRET_OPEN)


def weak_secrets(
    resources: Iterable[AnyResource], values: Mapping[SecretRef, str], *, guessable: Severity
) -> Iterator[Problem]:
    """Passwords that can be guessed or found, and those that two extensions share. None of it says anything of the value itself."""
    resources = list(resources)
    tenants = {tenant.ref.name: tenant for tenant in specs_of(resources, TenantSpec)}
    owner_of_value: dict[str, AnyResource] = {}
    for extension in specs_of(resources, ExtensionSpec):
        ref = secret_ref(extension.spec.password)
        value = values.get(ref)
        if value is not None:
            match strength_of(value, _names(extension, tenants.get(extension.ref.tenant or ""))):
                case Strength.GUESSABLE:
                    yield _weak(
                        extension, ref, f"the password of {extension.ref} can be guessed", STRONG_ONE, guessable
                    )
                case Strength.WEAK:
                    what = f"the password of {extension.ref} is weak: it would be found by trying"
                    yield _weak(extension, ref, what, STRONG_ONE)
                case Strength.STRONG:
                    pass
            other = owner_of_value.setdefault(value, extension)
            if other is not extension and not _would_tell_of_another(extension, other):
                who = str(other.ref) if other.ref.tenant == extension.ref.tenant else "an extension of another tenant"
                yield _weak(
                    extension, ref, f"the password of {extension.ref} is also that of {who}", "give each one of its own"
                )

    yield from _of_webhooks(tenants.values(), values, guessable)


def _would_tell_of_another(extension: AnyResource, other: AnyResource) -> bool:
    """Whoever writes a tenant's own source could try there what the passwords of other tenants are."""
    crosses = extension.ref.tenant != other.ref.tenant
    return crosses and any(tenant_of_file(one.origin.file) is not None for one in (extension, other))


def _of_webhooks(
    tenants: Iterable[Resource[TenantSpec]], values: Mapping[SecretRef, str], unusable: Severity
) -> Iterator[Problem]:
    for tenant in tenants:
        for hook in (tenant.spec.webhooks.cdr, tenant.spec.webhooks.events):
            if hook is None or hook.signing_secret is None:
                continue
            ref = secret_ref(hook.signing_secret)
            where = ".".join(secret_path(tenant, ref))
            match signing_fault(values[ref]) if ref in values else None:
                case SigningFault.NO_BASE64:
                    what = f"{tenant.ref} can't sign with {where}: it begins with whsec_, and what follows is no base64"
                    yield _weak(tenant, ref, what, LONG_ONE, unusable)
                case SigningFault.SHORT:
                    what = f"{tenant.ref} signs with a secret that is too short to be safe, at {where}"
                    yield _weak(tenant, ref, what, LONG_ONE)
                case None:
                    pass


def _names(extension: Resource[ExtensionSpec], tenant: Resource[TenantSpec] | None) -> tuple[str, ...]:
    """What an attacker tries first."""
    ref, spec = extension.ref, extension.spec
    own = (ref.name, spec.number, spec.auth_user, spec.display_name or "", ref.tenant or "")
    return own if tenant is None else (*own, tenant.spec.domain, tenant.spec.display_name or "")


def _weak(
    resource: AnyResource,
    ref: SecretRef,
    what: str,
    hint: str,
    severity: Severity = Severity.WARNING,
    rule: str = SECRET_WEAK,
) -> Problem:
    return Problem(mark=secret_mark(resource, ref), message=what, hint=hint, rule=rule, severity=severity)
