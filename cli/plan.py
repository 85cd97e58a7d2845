"""`trunkline plan [SOURCE] [--against X]`: what would change, before it does.

Without a SOURCE the running server says what following its own manifests would change. With one the plan is made here, against what the
server runs, or against another source; the digest is the same wherever a plan is made. Exit status 0, or 1 if there is no plan; with
--detailed-exitcode 0: no change, 2: changes, 1: no plan; with --expect-no-changes 1 if there are any.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import httpx

from cli.client import ClientError, ask, control_client
from cli.colour import Colour
from cli.exit_code import Exit
from cli.output import PlanOutput
from cli.progress import Progress
from cli.running import running_tree
from cli.served_plan import live_of, served_plan, with_data
from cli.show_plan import show_plan
from cli.source import source_of
from reconciler.compile.data_versions import data_versions
from reconciler.errors import SourceUnavailable
from reconciler.fragment import own_path, placed_below, with_own_source, with_own_sources
from reconciler.ground import Ground
from reconciler.offline import Offline, offline
from reconciler.planner import make_plan
from reconciler.render.checked import Checked
from reconciler.render.planned import Planned
from reconciler.render.problems_text import problems_text
from reconciler.source.directory import Directory
from reconciler.source.tree import Source, SourceTree
from schema.confinement import folder_of, tenant_of_file
from schema.problem import Problem, Report, shown

CHANGES: Final = 2
"""The exit status of --detailed-exitcode where something changes; every failure is 1 then, wrong usage too."""
PROVISO: Final = "Once the server's manifests say this, "
NOTHING: Final = Offline(Ground(), {}, Report(), {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`source`: None = the server's own; `against`: None = what the server runs; `tenant`: it is that tenant's own source, None = the
    platform's.
    """

    source: str | None
    against: str | None
    data: Path
    output: PlanOutput
    detailed: bool
    expect_no_changes: bool
    colour: Colour
    tenant: str | None = None


class _Unplanned(Exception):
    """There is no plan; the message says why, whole lines."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.code = code


def plan(request: Request) -> int:
    """Print the plan; the exit status."""
    try:
        _check(request)
        planned = _served(request) if request.source is None else _made_here(request, request.source)
    except _Unplanned as error:
        sys.stderr.write(f"{error}\n")
        return Exit.PROBLEMS if request.detailed else error.code
    except ClientError as error:
        sys.stderr.write(f"trunkline plan: {error}\n")
        return Exit.PROBLEMS
    show_plan(planned, request.output, request.colour)
    if planned.plan.is_empty:
        return Exit.FINE
    if request.expect_no_changes:
        sys.stderr.write("trunkline plan: no changes were expected, and there are some\n")
        return Exit.PROBLEMS
    return CHANGES if request.detailed else Exit.FINE


def _check(request: Request) -> None:
    if request.against is not None and request.source is None:
        raise _Unplanned("trunkline plan: --against needs a SOURCE to compare with it", Exit.USAGE)
    if request.tenant is not None and request.source is None:
        raise _Unplanned("trunkline plan: --tenant needs a SOURCE, the tenant's own manifests", Exit.USAGE)
    if request.tenant is not None and tenant_of_file(folder_of(request.tenant)) is None:
        raise _Unplanned(f"trunkline plan: --tenant {shown(request.tenant)} is not the name of a Tenant", Exit.USAGE)
    if request.detailed and request.expect_no_changes:
        raise _Unplanned("trunkline plan: give --detailed-exitcode or --expect-no-changes, not both", Exit.USAGE)


def _served(request: Request) -> Planned:
    with control_client(request.data) as client:
        return served_plan(client, "/v1/plan", with_data("trunkline apply", request.data))


# Made here


def _made_here(request: Request, named: str) -> Planned:
    source = source_of(named)
    progress = Progress(sys.stderr, os.environ)
    with progress, ExitStack() as stack:
        progress.says(f"reading {source.name}")
        tree = _read(source)
        if request.against is not None:
            other = source_of(request.against)
            progress.says(f"reading {other.name}")
            base = _read(other)
            before = _sound(offline(base), other, None)
            after = _after(_completed(tree, base, request.tenant), source, before, progress, request.tenant)
            return _with_commit(_compared(before, after), source)
        client = stack.enter_context(control_client(request.data))
        running, before = _running(client)
        after = _after(_completed(tree, running, request.tenant), source, before, progress, request.tenant)
        planned = _with_commit(_compared(before, after), source)
        command = with_data("trunkline apply", request.data)
        return replace(planned, live=live_of(client, planned.plan.disturbed), command=command, proviso=PROVISO)


def _completed(tree: SourceTree, running: SourceTree, tenant: str | None) -> SourceTree:
    """All manifests: with the others' part, which stands in other repositories."""
    if tenant is None:
        return with_own_sources(tree, running)
    return with_own_source(running, placed_below(tree, tenant), tenant)


def _after(tree: SourceTree, source: Source, before: Offline, progress: Progress, tenant: str | None) -> Ground:
    progress.says(f"checking {len(tree.files):,} files of {source.name}")
    return _sound(offline(tree, like=before), source, tenant).ground


def _with_commit(planned: Planned, source: Source) -> Planned:
    """With the commit that it leads to, where a revision was named: what a folder holds may be another by the time it is applied."""
    if planned.plan.is_empty or isinstance(source, Directory):
        return planned
    from reconciler.source.git import GitRevision  # with dulwich

    return replace(planned, commit=source.last_change()) if isinstance(source, GitRevision) else planned


def _read(source: Source) -> SourceTree:
    try:
        return source.read()
    except SourceUnavailable as error:
        raise _Unplanned(f"trunkline plan: {error}", Exit.PROBLEMS if source.is_there else Exit.USAGE) from None


def _sound(found: Offline, source: Source, tenant: str | None) -> Offline:
    """It, if nothing of it is at fault: what is held back somewhere depends on what ran there before."""
    if not found.report.has_errors:
        return found
    report = Report.of(
        replace(problem, mark=problem.mark._replace(file=source.place(own_path(problem.mark.file, tenant))))
        for problem in found.report
    )
    files = tuple(sorted({source.place(own_path(path, tenant)) for path, _ in found.parsed}))
    checked = Checked(files=files, resources={}, report=report)
    raise _Unplanned(
        f"{problems_text(checked, coloured=False)}trunkline plan: there is no plan of {source.name} until this is corrected",
        Exit.PROBLEMS,
    )


def _running(client: httpx.Client) -> tuple[SourceTree, Offline]:
    """What the server runs, made anew of its manifests."""
    answer = ask(client, "/v1/manifests", {})
    tree = running_tree(answer)
    if not tree.files:
        return tree, NOTHING
    found = offline(tree)
    if found.report.has_errors:
        first: Problem = found.report.errors[0]
        raise ClientError(f"what the server runs can't be told from its manifests as a whole: {first}")
    if answer.get("revision") != found.ground.revision:
        sys.stderr.write(
            "trunkline plan: what the server runs differs a little from what its manifests come to here: it is of another version, or "
            "keeps part of a file back; the server's own plan (trunkline plan) will have another digest\n"
        )
    return tree, found


def _compared(before: Offline, after: Ground) -> Planned:
    deciding = after if before.ground.is_empty else before.ground
    return Planned(
        plan=make_plan(before.ground, after, data_versions()), mode=deciding.catalog.system.spec.apply or "auto"
    )
