"""`trunkline replay [SOURCE]`: recorded calls decided again under other manifests, and those that would go elsewhere.

SOURCE is a folder, git:REV:FOLDER or NAME.json; with --revision one that ran before; without both what the server runs. Records come from
the server, or with --records from files that were exported, so that CI needs no server. Exit status 0, or 1 if it can't be told; with
--detailed-exitcode 0: none differ, 2: some do, 1: it can't be told.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cli.call_filters import BadFilter, cdr_filter, parameters
from cli.call_options import CallFilters
from cli.client import ClientError, ask, control_client
from cli.exit_code import Exit
from cli.output import Output
from cli.progress import Progress
from cli.record_lines import BadRecords, decoded, file_lines, served_lines
from cli.running import running_tree
from cli.source import source_of
from engine.cdr import CallDetailRecord
from engine.cdr_filter import CdrFilter, matches
from engine.config.snapshot import Snapshot
from reconciler.errors import SourceUnavailable
from reconciler.offline import Offline, offline
from reconciler.render.checked import Checked
from reconciler.render.problems_text import problems_text
from reconciler.render.replay_json import replay_json
from reconciler.render.replay_text import replay_text
from reconciler.replay import Replayer
from reconciler.source.tree import Source, SourceTree
from schema.problem import Report, shown

DIFFER: Final = 2
DAYS: Final = 7
EVERY: Final = 500
SERVER: Final = "the server's answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`source`, `revision`: at most one of them; `records`: files, () = the server's."""

    source: str | None
    revision: str | None
    records: Sequence[Path]
    filters: CallFilters
    data: Path
    output: Output
    detailed: bool


class _Untold(Exception):
    """Why there is no answer, whole lines; `code`: whose fault it is."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.code = code


def replay(request: Request) -> int:
    """Print what would go elsewhere; the exit status."""
    try:
        with Progress(sys.stderr, os.environ) as progress:
            progress.says("reading the manifests")
            name, snapshot = _snapshot(request)
            replayer = Replayer(snapshot)
            what, records = _records(request)
            with ExitStack() as stack:
                for count, record in enumerate(records(stack), start=1):
                    replayer.add(record)
                    if count % EVERY == 0:
                        progress.says(f"{count:,} calls decided again")
        done = replayer.result()
    except BadFilter as error:
        return _refused(request, Exit.USAGE, f"trunkline replay: {error}")
    except _Untold as error:
        return _refused(request, error.code, str(error))
    except (ClientError, BadRecords) as error:
        return _refused(request, Exit.PROBLEMS, f"trunkline replay: {error}")
    render = replay_json if request.output is Output.JSON else replay_text
    sys.stdout.write(render(done, what=what, source=name, revision=snapshot.revision))
    return DIFFER if request.detailed and done.elsewhere else Exit.FINE


def _refused(request: Request, code: Exit, message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return Exit.PROBLEMS if request.detailed else code


# The manifests


def _snapshot(request: Request) -> tuple[str, Snapshot]:
    """What decides, by the name that it is shown by."""
    if request.source is not None:
        if request.revision is not None:
            raise _Untold("trunkline replay: give SOURCE or --revision, not both", Exit.USAGE)
        source = source_of(request.source)
        return source.name, _sound(offline(_read(source)), source)
    number = request.revision
    if number is not None and not (number.isascii() and number.isdecimal() and len(number) < 12):
        raise _Untold(
            f"trunkline replay: --revision {shown(number)} is no number; trunkline get revisions lists them", Exit.USAGE
        )
    path = "/v1/manifests" if number is None else f"/v1/revisions/{int(number)}/manifests"
    with control_client(request.data) as client:
        tree = running_tree(ask(client, path, {}))
    name = "what runs" if number is None else f"revision {int(number)}"
    found = offline(tree)
    if found.snapshot is None:
        raise _Untold(f"trunkline replay: nothing runs by {name}", Exit.PROBLEMS)
    if found.held:
        names = ", ".join(sorted(found.held))
        raise _Untold(f"trunkline replay: {name} can't be told from its manifests as a whole: {names}", Exit.PROBLEMS)
    return name, found.snapshot


def _read(source: Source) -> SourceTree:
    try:
        return source.read()
    except SourceUnavailable as error:
        raise _Untold(f"trunkline replay: {error}", Exit.PROBLEMS if source.is_there else Exit.USAGE) from None


def _sound(found: Offline, source: Source) -> Snapshot:
    """If nothing of it is at fault: calls of a tenant that is left out would all seem to go elsewhere."""
    if found.snapshot is not None and not found.report.has_errors:
        return found.snapshot
    report = Report.of(
        replace(problem, mark=problem.mark._replace(file=source.place(problem.mark.file))) for problem in found.report
    )
    files = tuple(sorted({source.place(path) for path, _ in found.parsed}))
    text = problems_text(Checked(files=files, resources={}, report=report), coloured=False)
    raise _Untold(f"{text}trunkline replay: nothing is decided by {source.name} until this is corrected", Exit.PROBLEMS)


# The records


class _Records:
    """Those of a request, when they are asked for."""

    def __init__(self, request: Request, filters: CallFilters) -> None:
        self._request = request
        self._given = filters.given()
        self._query = parameters(self._given)

    def __call__(self, stack: ExitStack) -> Iterator[CallDetailRecord]:
        if not self._request.records:
            return decoded(stack.enter_context(served_lines(self._request.data, self._query)), SERVER)
        return self._of_files(cdr_filter(self._given))

    def _of_files(self, wanted: CdrFilter) -> Iterator[CallDetailRecord]:
        for path in self._request.records:
            for record in decoded(file_lines(path), str(path)):
                if matches(record, wanted):
                    yield record


def _records(request: Request) -> tuple[str, _Records]:
    """Which calls, in words, and they."""
    filters = request.filters
    if request.records:
        names = ", ".join(map(str, request.records))
        return f"Calls of {names}", _Records(request, filters)
    if filters.since is None and filters.until is None:
        filters = replace(filters, since=(datetime.now(UTC) - timedelta(days=DAYS)).isoformat())
        return f"Calls of the last {DAYS} days", _Records(request, filters)
    words = [f"{word} {at}" for word, at in (("since", filters.since), ("until", filters.until)) if at is not None]
    return f"Calls {' '.join(words)}", _Records(request, filters)
