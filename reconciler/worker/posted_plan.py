"""The plan of posted manifests against those that run. Pure: runs in a throw-away child.

The surprising thing: who may see one tenant only posts that tenant's manifests. They take the place of what the tenant has, or of its own
source where it has one; what the others
have stays as it is and takes part in the rules, but neither it nor its names are told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from reconciler.compile.registry import config_ref
from reconciler.fragment import own_path, placed_below, with_own_source, with_own_sources
from reconciler.ground import Ground
from reconciler.offline import Offline, offline, weigh
from reconciler.plan_json import plan_to_text
from reconciler.planner import make_plan
from reconciler.source.tree import SourceFile, SourceTree
from reconciler.state import SYSTEM_UNIT, DesiredState
from reconciler.worker.answers import MOST_REFS
from reconciler.worker.frames import FaultySet, NotTold, PostedPlanTold
from schema.catalog import Catalog
from schema.kinds.tenant_source import TenantSourceSpec
from schema.manifest_set import ParsedFile, parse_file
from schema.mark import Mark
from schema.problem import Problem, Report
from schema.resource import AnyResource, specs_of

MOST_PROBLEMS: Final = 1000
OTHERS: Final = "not-yours"
CONFLICT: Final = "conflicts with what is not yours: a domain or a number in it is taken already"
NOTE: Final = (
    "what the server runs differs a little from what its manifests come to here: it keeps part of a file back; its own plan will have "
    "another digest"
)


def posted_plan(
    running: SourceTree, revision: str, posted: SourceTree, tenant: str | None, data: Mapping[str, str]
) -> PostedPlanTold | FaultySet | NotTold:
    """`running`, `revision`: what the server runs; `tenant`: all that is posted and all that is told, None = of everybody."""
    before = offline(running) if running.files else Offline(Ground(), {}, Report(), {})
    if before.report.has_errors:
        return NotTold(
            "what the server runs can't be told from its manifests as a whole: `trunkline get status` says why"
        )
    if tenant is None:
        ground, report = _whole(before, with_own_sources(posted, running))
    elif any(source.ref.name == tenant for source in specs_of(before.ground.catalog.system, TenantSourceSpec)):
        ground, report = _of_own_source(before, running, posted, tenant)
    else:
        ground, report = _of_tenant(before, posted, tenant)
    if report.has_errors:
        return _faulty(report)
    is_first = before.ground.is_empty
    was, will = (before.ground, ground) if tenant is None else (_only(before.ground, tenant), _only(ground, tenant))
    plan = make_plan(was, will, data)
    deciding = ground if is_first else before.ground
    return PostedPlanTold(
        plan=plan_to_text(plan).encode(),
        refs=plan.disturbed[:MOST_REFS],
        mode=deciding.catalog.system.spec.apply or "auto",
        warnings=_json(report),
        note=NOTE if not is_first and before.ground.revision != revision else None,
    )


def _whole(before: Offline, posted: SourceTree) -> tuple[Ground, Report]:
    after = offline(posted, like=before)
    return after.ground, after.report


def _of_tenant(before: Offline, posted: SourceTree, tenant: str) -> tuple[Ground, Report]:
    ours = [parse_file(file.path, file.content) for file in posted.files]
    foreign = [
        _foreign(resource, tenant) for file in ours for resource in file.resources if not _is_of(resource, tenant)
    ]
    if foreign:
        return Ground(), Report.of(foreign)
    others = [_without(file, tenant) for file in before.parsed.values()]
    paths = {file.path for file in posted.files}
    rest = tuple(SourceFile(path, b"", digest) for path, digest in before.parsed if path not in paths)
    weighed = weigh([*others, *ours], SourceTree((*posted.files, *rest)), before.ground)
    return weighed.ground, _discreet(weighed.report, before.ground, posted, tenant)


def _of_own_source(before: Offline, running: SourceTree, posted: SourceTree, tenant: str) -> tuple[Ground, Report]:
    """What is posted takes the place of the tenant's own source; what the platform says of it stays."""
    own = placed_below(posted, tenant)
    after = offline(with_own_source(running, own, tenant), like=before)
    told = _discreet(after.report, before.ground, own, tenant)
    return after.ground, Report.of(
        replace(problem, mark=problem.mark._replace(file=own_path(problem.mark.file, tenant))) for problem in told
    )


def _is_of(resource: AnyResource, tenant: str) -> bool:
    return config_ref(resource).tenant == tenant


def _without(file: ParsedFile, tenant: str) -> ParsedFile:
    return replace(file, resources=tuple(resource for resource in file.resources if not _is_of(resource, tenant)))


def _foreign(resource: AnyResource, tenant: str) -> Problem:
    origin = resource.origin
    return Problem(
        mark=Mark(origin.file, origin.line, 1),
        message=f"{resource.ref} is not of Tenant {tenant}",
        hint=f"post what belongs to Tenant {tenant} only",
        rule=OTHERS,
    )


def _discreet(report: Report, running: Ground, posted: SourceTree, tenant: str) -> Report:
    """What concerns the tenant, without the names of others."""
    paths = {file.path for file in posted.files}
    names = {resource.origin.file for unit in running.catalog.tenants.values() for resource in unit} - paths
    names |= running.catalog.tenants.keys() - {tenant}
    told: list[Problem] = []
    for problem in report:
        if problem.mark.file in paths and not any(name in problem.message + problem.hint for name in names):
            told.append(problem)
        elif problem.mark.file in paths or problem in report.errors:
            mark = problem.mark if problem.mark.file in paths else Mark(posted.files[0].path, 1, 1)
            told.append(replace(problem, mark=mark, message=f"Tenant {tenant} {CONFLICT}", hint="choose another"))
    return Report.of(told)


def _only(ground: Ground, tenant: str) -> Ground:
    """The system and that tenant: neither a share nor a revision of it tells anything of the others."""
    units = {name: unit for name, unit in ground.desired.units.items() if name in {SYSTEM_UNIT, tenant}}
    tenants = {name: unit for name, unit in ground.catalog.tenants.items() if name == tenant}
    return Ground(Catalog(ground.catalog.system, tenants), DesiredState(units))


def _faulty(report: Report) -> FaultySet:
    errors = report.errors
    first = [*errors, *(problem for problem in report if problem not in errors)][:MOST_PROBLEMS]
    return FaultySet(_json(first), len(errors), str(errors[0]))


def _json(problems: Iterable[Problem]) -> bytes:
    return json.dumps([problem.as_json() for problem in list(problems)[:MOST_PROBLEMS]]).encode()
