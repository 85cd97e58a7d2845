"""What the platform's manifests come to without tenants' own sources: for the platform's CI, which does not have those.

Pure; the counterpart of `fragment`. A TenantSource says that the rest of its tenant stands in another repository, so what a rule misses
of that tenant may well be there: it is not said to be wrong, but unknown.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from reconciler.fragment import NEED_THE_PLATFORM
from schema.confinement import tenant_of_file
from schema.kinds.tenant_source import TenantSourceSpec
from schema.problem import Problem
from schema.resource import AnyResource, specs_of

NEED_THE_REST: Final = NEED_THE_PLATFORM | {"balance-unused", "extensions-nobody", "hours-unused", "music-unused"}
"""Rules that miss something where the rest of a tenant is not at hand."""


@dataclass(frozen=True, slots=True, eq=False)
class PlatformAlone:
    """`found`: what is wrong for sure; `unknown`: what would be, had these `tenants` no source of their own."""

    found: tuple[Problem, ...]
    unknown: tuple[Problem, ...] = ()
    tenants: tuple[str, ...] = ()


def platform_alone(found: Iterable[Problem], resources: Iterable[AnyResource]) -> PlatformAlone:
    """`resources`: all that the files declare, whether it counts or not."""
    resources = list(resources)
    at_hand = {tenant_of_file(resource.origin.file) for resource in resources}
    declared = {source.ref.name for source in specs_of(resources, TenantSourceSpec)}
    missing = declared - at_hand
    if not missing:
        return PlatformAlone(tuple(found))
    places = sorted((resource.origin.file, resource.origin.line, _tenant_of(resource)) for resource in resources)
    sure: list[Problem] = []
    unknown: list[Problem] = []
    for problem in found:
        is_unknown = problem.rule in NEED_THE_REST and _tenant_at(problem, places) in missing
        (unknown if is_unknown else sure).append(problem)
    return PlatformAlone(tuple(sure), tuple(unknown), tuple(sorted(missing)))


def _tenant_of(resource: AnyResource) -> str:
    return resource.ref.name if resource.ref.kind == "Tenant" else resource.ref.tenant or ""


def _tenant_at(problem: Problem, places: list[tuple[str, int, str]]) -> str:
    """Whose the document is that the problem stands in."""
    file, line = problem.mark.file, problem.mark.line
    at = bisect_right(places, (file, line, "\U0010ffff")) - 1
    return places[at][2] if at >= 0 and places[at][0] == file else ""
