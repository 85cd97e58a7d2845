"""`trunkline simulate [SOURCE] --from A --to B`: what would become of a call, with the whole trace.

With a SOURCE it is decided here, offline, on what a server would run that starts with it; without one the running server decides, on
what it runs and on what is live. Exit status 0: put through, 1: refused (or it can't be decided), 2: wrong usage.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cli.client import ClientError, Misasked, ask, control_client
from cli.exit_code import Exit
from cli.output import Output
from cli.source import source_of
from reconciler.errors import SourceUnavailable
from reconciler.offline import Offline, offline
from reconciler.question import BadQuestion, Question
from reconciler.render.simulation_json import simulation_json
from reconciler.render.simulation_text import simulation_text
from reconciler.simulate import Basis, Simulation
from reconciler.simulate import simulate as decide
from reconciler.source.tree import Source
from schema.problem import Problem, Report, shown

MOST_PROBLEMS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`source`: None = the server on `data`."""

    source: str | None
    data: Path
    question: Question
    output: Output


class _Undecided(Exception):
    """Why there is no answer; `code`: whose fault it is."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.code = code


def simulate(request: Request) -> Exit:
    try:
        _check_text(request.question)
        simulation = (
            _asked(request) if request.source is None else _offline(source_of(request.source), request.question)
        )
    except _Undecided as error:
        sys.stderr.write(f"trunkline simulate: {error}\n")
        return error.code
    except BadQuestion as error:
        sys.stderr.write(f"trunkline simulate: --{error}\n")
        return Exit.USAGE
    except ClientError as error:
        sys.stderr.write(f"trunkline simulate: {error}\n")
        return Exit.PROBLEMS
    match request.output:
        case Output.TEXT:
            sys.stdout.write(simulation_text(simulation))
        case Output.JSON:
            sys.stdout.write(simulation_json(simulation))
    return Exit.FINE if simulation.put_through else Exit.PROBLEMS


def _check_text(question: Question) -> None:
    """Arguments may be bytes that are no text; no phone could dial them."""
    named = (question.tenant, question.listener, question.at, question.trunk)
    texts = (question.caller, question.to, *named, *question.registered, *question.statuses)
    for text in texts:
        if text is not None and any("\ud800" <= character <= "\udfff" for character in text):
            raise _Undecided(f"{shown(text)} holds bytes that are no UTF-8", Exit.USAGE)


# Offline


def _offline(source: Source, question: Question) -> Simulation:
    try:
        found = offline(source.read())
    except SourceUnavailable as error:
        raise _Undecided(str(error), Exit.PROBLEMS if source.is_there else Exit.USAGE) from None
    if found.snapshot is None:
        raise _Undecided(_problems("nothing of it would run", source, found.report), Exit.PROBLEMS)
    basis = Basis(source=source.name, snapshot=found.snapshot, now=datetime.now(UTC), place=source.place)
    try:
        simulation = decide(basis, question)
    except BadQuestion as error:
        if error.field != "tenant" or not _is_about_held(found, question):
            raise
        report = Report.of(problem for held in found.held.values() for problem in held)
        raise _Undecided(_problems("its tenant would not run", source, report), Exit.PROBLEMS) from None
    if found.held:
        names = ", ".join(sorted(found.held))
        sys.stderr.write(f"trunkline simulate: left out because of problems (trunkline validate lists them): {names}\n")
    return simulation


def _is_about_held(found: Offline, question: Question) -> bool:
    """Whether the tenant that the question could mean is one that is left out."""
    if question.tenant is not None:
        return question.tenant in found.held
    return bool(found.held) and found.snapshot is not None and not found.snapshot.tenants


def _problems(what: str, source: Source, report: Report) -> str:
    errors = report.errors
    lines = [str(_placed(problem, source)) for problem in errors[:MOST_PROBLEMS]]
    more = [f"and {len(errors) - MOST_PROBLEMS} more"] if len(errors) > MOST_PROBLEMS else []
    return "\n".join([f"{source.name}: {what}", *lines, *more])


def _placed(problem: Problem, source: Source) -> Problem:
    return replace(problem, mark=problem.mark._replace(file=source.place(problem.mark.file)))


# Of a running server


def _asked(request: Request) -> Simulation:
    from api.bodies.simulation import simulation_of

    with control_client(request.data) as client:
        try:
            return simulation_of(ask(client, "/v1/simulate", _parameters(request.question)))
        except Misasked as error:
            raise _Undecided(f"--{error}", Exit.USAGE) from None
        except ValueError:
            raise ClientError("the server's answer is not understood; is it of another version?") from None


def _parameters(question: Question) -> Mapping[str, str | Sequence[str]]:
    given = {
        "from": question.caller,
        "to": question.to,
        "tenant": question.tenant,
        "listener": question.listener,
        "at": question.at,
        "registered": tuple(question.registered) or None,
        "calls": None if question.calls is None else str(question.calls),
        "trunk": question.trunk,
        "status": tuple(question.statuses) or None,
    }
    return {name: value for name, value in given.items() if value is not None}
