"""`trunkline validate SOURCE`: all problems at once, for people or for the machine that asked, and a summary.

Secrets are looked at only if it is said where they are: where manifests are checked (CI) they are not at hand, and need not be.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from cli.colour import Colour, is_coloured
from cli.exit_code import Exit
from cli.output import ProblemOutput
from cli.progress import Progress
from cli.source import source_of
from cli.version import installed_version
from engine.config.secret import SecretRef
from reconciler.accept import sealed_problems, secret_problems, secrets_named
from reconciler.certificates import certificate_problems, expired_ip_rules
from reconciler.declared_secrets import missing_problems, named_secrets, shared_problems
from reconciler.errors import SourceUnavailable
from reconciler.exemptions import STANDARD
from reconciler.fragment import alone, own_path, placed_below
from reconciler.ground import Ground
from reconciler.handbook import BY_THE_CLOCK, OF_THE_MACHINE
from reconciler.holidays_ending import holidays_ending
from reconciler.offline import weigh
from reconciler.pins import pin_problems, pins_named
from reconciler.platform_alone import PlatformAlone, platform_alone
from reconciler.recordings import recording_problems
from reconciler.render.checked import Checked
from reconciler.render.problems_github import problems_github
from reconciler.render.problems_json import problems_json
from reconciler.render.problems_junit import problems_junit
from reconciler.render.problems_sarif import problems_sarif
from reconciler.render.problems_text import problems_text
from reconciler.secrets.certificate_file import certificate_file
from reconciler.secrets.resolver import Resolver
from reconciler.source.directory import Directory
from reconciler.source.tree import Source, SourceTree
from reconciler.web_passwords import web_password_problems, web_passwords_named
from schema.confinement import folder_of, tenant_of_file
from schema.manifest_set import ParsedFile, parse_file
from schema.problem import Problem, Report, shown
from schema.resource import AnyResource
from schema.rules.not_yet import not_supported_yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`source`: as `source_of` takes it; `secrets`: the data folder to look secrets up in, None = they are not at hand; `strict`: by the
    strict set of rules, whatever the System says; `tenant`: it is that tenant's own source, None = the platform's.
    """

    source: str
    output: ProblemOutput
    secrets: Path | None
    strict: bool
    colour: Colour
    tenant: str | None = None


def validate(request: Request) -> Exit:
    source = source_of(request.source)
    if request.tenant is not None and tenant_of_file(folder_of(request.tenant)) is None:
        sys.stderr.write(f"trunkline validate: --tenant {shown(request.tenant)} is not the name of a Tenant\n")
        return Exit.USAGE
    if request.secrets is not None and not request.secrets.is_dir():
        sys.stderr.write(f"trunkline validate: --secrets {request.secrets} is not a folder; name the data folder\n")
        return Exit.USAGE
    progress = Progress(sys.stderr, os.environ)
    try:
        with progress:
            progress.says(f"reading {source.name}")
            tree = source.read()
            if request.tenant is not None:
                tree = placed_below(tree, request.tenant)
            checked = _checked(request, source, tree, list(_parsed(tree, progress)), progress)
    except SourceUnavailable as error:
        sys.stderr.write(f"trunkline: {error}\n")
        return Exit.PROBLEMS if source.is_there else Exit.USAGE
    sys.stdout.write(_rendered(request, checked))
    return Exit.PROBLEMS if checked.report.has_errors else Exit.FINE


def _parsed(tree: SourceTree, progress: Progress) -> Iterator[ParsedFile]:
    for number, file in enumerate(tree.files):
        progress.says(f"checking file {number + 1:,} of {len(tree.files):,}")
        yield parse_file(file.path, file.content)


def _checked(
    request: Request, source: Source, tree: SourceTree, files: list[ParsedFile], progress: Progress
) -> Checked:
    progress.says("comparing resources")
    fragment = None if request.tenant is None else alone(tree, files, request.tenant)
    weighed = weigh(files, tree, Ground()) if fragment is None else fragment.weighed
    resources = [resource for file in files for resource in file.resources]
    named = secrets_named(resources)
    now = datetime.now(UTC)
    platform = platform_alone(weighed.found, resources) if fragment is None else PlatformAlone(fragment.found)
    found = [
        *platform.found,
        *expired_ip_rules(resources, now),
        *shared_problems(named_secrets(resources)),
        *_at_hand(request, source, tree, resources),
    ]
    if request.secrets is None:
        found += sealed_problems(resources, tree.sealed)
    else:
        found += _of_secrets(request.secrets, tree, named, resources)
        found += certificate_problems(resources, partial(certificate_file, request.secrets), now)
    asked = BY_THE_CLOCK if request.secrets is None else frozenset(OF_THE_MACHINE)
    settled = weighed.exemptions.settle(found, strict=request.strict, asked=asked)
    report = Report.of([_placed(problem, source, request.tenant) for problem in settled.report])
    looked_at = {*(file.path for file in tree.files), *(file.path for file in tree.unreadable)}
    counted = weighed.assembly.catalog if request.tenant is None else resources
    kinds = Counter() if report.has_errors else Counter(resource.ref.kind for resource in counted)
    return Checked(
        files=tuple(source.place(own_path(path, request.tenant)) for path in sorted(looked_at)),
        resources=kinds,
        report=report,
        secrets=len(named),
        secrets_unknown=len(named) if request.secrets is None else 0,
        not_yet=sum(1 for _ in not_supported_yet(resources)) if settled.rule_set == STANDARD else 0,
        rule_set=settled.rule_set,
        exemptions=settled.exemptions,
        excused=tuple(
            replace(excused, problem=_placed(excused.problem, source, request.tenant)) for excused in settled.excused
        ),
        unknown=Counter(problem.rule for problem in (platform if fragment is None else fragment).unknown),
        sources_missing=platform.tenants,
    )


def _of_secrets(
    data: Path, tree: SourceTree, named: frozenset[SecretRef], resources: list[AnyResource]
) -> tuple[Problem, ...]:
    resolver = _resolver(data, tree)
    others = [one for one in named_secrets(resources) if not one.is_needed]
    keys = frozenset(one.ref for one in others if one.is_key)
    missing = resolver.resolve({one.ref for one in others}, keys).missing
    return (*secret_problems(resources, resolver.resolve(named)), *missing_problems(others, missing))


def _resolver(data: Path, tree: SourceTree) -> Resolver:
    resolver = Resolver(data, os.environ, secrets.token_bytes(32))
    resolver.use(tree.sealed)
    return resolver


def _at_hand(request: Request, source: Source, tree: SourceTree, resources: list[AnyResource]) -> Iterator[Problem]:
    """What only the clock tells, the files beside the manifests, PINs and web passwords."""
    data = request.secrets
    if data is not None:
        resolver = _resolver(data, tree)
        yield from pin_problems(resources, resolver.resolve(pins_named(resources)).values)
        yield from web_password_problems(resources, resolver.resolve(web_passwords_named(resources)).values)
    yield from holidays_ending(resources, datetime.now(tz=UTC).date())
    if isinstance(source, Directory):
        beside, tenant = source.beside, request.tenant
        yield from recording_problems(resources, lambda path: beside(own_path(path, tenant)))


def _placed(problem: Problem, source: Source, tenant: str | None) -> Problem:
    """The problem with its file as seen from where the user stands, so that editors and terminals can open it."""
    return replace(problem, mark=problem.mark._replace(file=source.place(own_path(problem.mark.file, tenant))))


def _rendered(request: Request, checked: Checked) -> str:
    match request.output:
        case ProblemOutput.TEXT:
            return problems_text(checked, coloured=is_coloured(request.colour, sys.stdout, os.environ))
        case ProblemOutput.JSON:
            return problems_json(checked)
        case ProblemOutput.SARIF:
            return problems_sarif(checked, version=installed_version(), here=str(Path.cwd()))
        case ProblemOutput.JUNIT:
            return problems_junit(checked)
        case ProblemOutput.GITHUB:
            return problems_github(checked)
