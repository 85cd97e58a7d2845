"""What a tenant's own source comes to by itself, without the platform's part: for that tenant's CI, and to see what it costs to look at.

Pure. The platform's part (the Tenant, trunks, listeners, whatever of the tenant's it keeps itself) stands in another repository. So what a
rule misses there may well be there: it is not said to be wrong, but unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from reconciler.ground import Ground
from reconciler.offline import Weighed, weigh
from reconciler.source.tree import SealedFiles, SourceFile, SourceTree, UnreadableFile
from schema.confinement import folder_of, tenant_of_file
from schema.kinds.tenant_source import TenantSourceSpec
from schema.manifest_set import ParsedFile, parse_file
from schema.problem import Problem
from schema.resource import AnyResource, specs_of

PLATFORM: Final = "platform.yaml"
_PLATFORM: Final = """\
apiVersion: trunkline/v1
kind: Listener
metadata: {{name: udp}}
spec: {{transport: udp}}
---
apiVersion: trunkline/v1
kind: Listener
metadata: {{name: tcp}}
spec: {{transport: tcp}}
---
apiVersion: trunkline/v1
kind: Tenant
metadata: {{name: {tenant}}}
spec: {{domain: tenant.invalid}}
---
apiVersion: trunkline/v1
kind: TenantSource
metadata: {{name: {tenant}}}
spec: {{git: "git+https://git.invalid/tenant.git", numbers: ["*"], trunks: true}}
"""
NEED_THE_PLATFORM: Final = frozenset(
    {
        "administrator-extension",
        "budget-without-rates",
        "conference-exists",
        "destination-dead",
        "emergency-unreachable",
        "emergency-without-route",
        "extension-exists",
        "extension-group-exists",
        "extension-profile-exists",
        "extension-profile-unused",
        "greeting-exists",
        "group-empty",
        "group-manager-member",
        "mail-missing",
        "music-exists",
        "number-without-rule",
        "office-hours-exist",
        "outbound-rule-without-trunk",
        "own-country-denied",
        "phone-template-exists",
        "prompt-exists",
        "queue-dead",
        "queue-exists",
        "rate-table-exists",
        "rates-currency",
        "receptionist-exists",
        "report-without-mail",
        "ring-group-dead",
        "ring-group-exists",
        "rule-off-unused",
        "toll-exposure",
        "toll-unknown",
        "trunk-exists",
        "trunk-listener",
        "voicemail-missing",
    }
)
"""Rules that miss something where the platform's part is not at hand."""


@dataclass(frozen=True, slots=True, eq=False)
class Fragment:
    """`found`: what is wrong for sure; `unknown`: what would be, were there no platform's part."""

    weighed: Weighed
    found: tuple[Problem, ...]
    unknown: tuple[Problem, ...]


def placed_below(tree: SourceTree, tenant: str) -> SourceTree:
    """The files of a tenant's own source, under the names that they have among all others."""
    folder = folder_of(tenant)
    return SourceTree(
        tuple(replace(file, path=folder + file.path) for file in tree.files),
        tuple(UnreadableFile(folder + file.path, file.reason) for file in tree.unreadable),
        SealedFiles(
            {folder + path: content for path, content in tree.sealed.contents.items()},
            {folder + path: reason for path, reason in tree.sealed.unreadable.items()},
            is_known=tree.sealed.is_known,
        ),
    )


def own_path(path: str, tenant: str | None) -> str:
    """A file's path in the repository that it is of. `tenant`: whose own that is, None = it is the platform's."""
    return path if tenant is None else path.removeprefix(folder_of(tenant))


def with_own_sources(platform: SourceTree, running: SourceTree) -> SourceTree:
    """The platform's manifests with what runs of tenants' own sources: a plan of the platform's alone would delete all of those."""
    declared: set[str] = set()
    for file in platform.files:
        if b"TenantSource" in file.content and tenant_of_file(file.path) is None:
            resources: Iterable[AnyResource] = parse_file(file.path, file.content).resources
            declared |= {source.ref.name for source in specs_of(resources, TenantSourceSpec)}
    declared -= {tenant_of_file(file.path) or "" for file in platform.files}
    own = [file for file in running.files if tenant_of_file(file.path) in declared]
    if not own:
        return platform
    return replace(platform, files=tuple(sorted([*platform.files, *own], key=lambda file: file.path)))


def with_own_source(running: SourceTree, own: SourceTree, tenant: str) -> SourceTree:
    """What runs, with these files (as `placed_below` names them) in place of the tenant's own source."""
    others = [file for file in running.files if tenant_of_file(file.path) != tenant]
    return SourceTree(
        tuple(sorted([*others, *own.files], key=lambda file: file.path)),
        (*running.unreadable, *own.unreadable),
        SealedFiles({**running.sealed.contents, **own.sealed.contents}, own.sealed.unreadable),
    )


def parsed_files(tree: SourceTree) -> Iterator[ParsedFile]:
    """What the files hold, each by itself."""
    yield from (parse_file(file.path, file.content) for file in tree.files)


def alone(tree: SourceTree, parsed: Iterable[ParsedFile], tenant: str) -> Fragment:
    """What the files of a tenant's own source (as `placed_below` names them) come to by themselves. `parsed`: each of them."""
    platform = SourceFile.of(PLATFORM, _PLATFORM.format(tenant=tenant).encode())
    whole = SourceTree((platform, *tree.files), tree.unreadable, tree.sealed)
    weighed = weigh([parse_file(PLATFORM, platform.content), *parsed], whole, Ground())
    found = tuple(_not_of_platform(weighed.found))
    return Fragment(
        weighed,
        tuple(problem for problem in found if problem.rule not in NEED_THE_PLATFORM),
        tuple(problem for problem in found if problem.rule in NEED_THE_PLATFORM),
    )


def _not_of_platform(found: Iterable[Problem]) -> Iterator[Problem]:
    yield from (problem for problem in found if problem.mark.file != PLATFORM)
