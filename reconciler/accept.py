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
from reconciler.compile.secret import secret_mark
from reconciler.secrets.need import secrets_of
from reconciler.source.tree import SourceFile, UnreadableFile
from schema.catalog import Catalog, TenantResources
from schema.manifest_set import Assembly, ATenant, ParsedFile, Rejected, assemble
from schema.mark import Mark
from schema.problem import Problem, Severity
from schema.resource import AnyResource

UNREADABLE: Final = "file-unreadable"
BLANK: Final = "file-blank"
SECRET_MISSING: Final = "secret-missing"  # noqa: S105  # a rule's name
SECRET_OPEN: Final = "secret-open"  # noqa: S105  # a rule's name

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


def accept(files: Iterable[ParsedFile], accepted: Catalog, missing: Missing) -> Acceptance:
    """Decide what runs; tenants without their secrets are put to the schema as faulty, until no further one is found."""
    held: dict[str, Rejected] = {}
    parsed = list(files)
    while True:
        extra = [ParsedFile("", rejected=tuple(held.values()))] if held else []
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
        problems = tuple(_problem(resource, lacking[ref]) for ref, resource in pairs if ref in lacking)
        if problems:
            yield name, Rejected(ATenant(name), problems)


def _problem(resource: AnyResource, reason: str) -> Problem:
    what, _, hint = reason.partition("; ")
    return Problem(
        mark=secret_mark(resource),
        message=f"{resource.ref} has no password: {what}",
        hint=hint or "correct it",
        rule=SECRET_MISSING,
    )


def open_secret(resource: AnyResource, reason: str) -> Problem:
    """The warning about a secret that others can read."""
    what, _, hint = reason.partition("; ")
    return Problem(mark=secret_mark(resource), message=what, hint=hint, rule=SECRET_OPEN, severity=Severity.WARNING)
