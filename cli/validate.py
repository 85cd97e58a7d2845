"""`trunkline validate DIR`: all problems at once, as `file:line:col: what; what to do [rule]`, and a summary.

Secrets are not looked at: where manifests are checked (CI) they are not at hand, and need not be.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from cli.exit_code import Exit
from cli.output import Output
from reconciler.accept import unreadable_files
from reconciler.errors import SourceUnavailable
from reconciler.source.directory import Directory
from schema.catalog import Catalog
from schema.manifest_set import Assembly, assemble, parse_file
from schema.problem import Problem, Report


def validate(folder: Path, output: Output) -> Exit:
    try:
        tree = Directory(folder, settle_s=0).read()
    except SourceUnavailable as error:
        sys.stderr.write(f"trunkline: {error}\n")
        return Exit.PROBLEMS if folder.is_dir() else Exit.USAGE
    files = [parse_file(file.path, file.content) for file in tree.files]
    assembly = assemble([*files, *unreadable_files(tree.unreadable, Catalog())])
    report = Report.of(_placed(problem, folder) for problem in assembly.report)
    if output is Output.JSON:
        sys.stdout.write(_as_json(report, assembly, len(tree.files)))
    else:
        sys.stdout.write(report.as_text() + _summary(report, assembly, len(tree.files)))
    return Exit.PROBLEMS if report.has_errors else Exit.FINE


def _placed(problem: Problem, folder: Path) -> Problem:
    """The problem with its file as seen from where the user stands, so that editors and terminals can open it."""
    return replace(problem, mark=problem.mark._replace(file=str(folder / problem.mark.file)))


def _summary(report: Report, assembly: Assembly, files: int) -> str:
    errors, warnings = len(report.errors), len(report) - len(report.errors)
    if errors:
        told = f", {_count(warnings, 'warning')}" if warnings else ""
        return f"{_count(errors, 'error')}{told} in {_count(files, 'file')}\n"
    kinds = Counter(resource.ref.kind for resource in assembly.catalog)
    told = f", {_count(warnings, 'warning')}" if warnings else ""
    listed = ", ".join(_count(number, kind) for kind, number in sorted(kinds.items()))
    return f"valid: {_count(files, 'file')}, {listed}{told}\n"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _as_json(report: Report, assembly: Assembly, files: int) -> str:
    kinds = Counter(resource.ref.kind for resource in assembly.catalog) if not report.has_errors else Counter()
    shape = {
        "valid": not report.has_errors,
        "files": files,
        "resources": dict(sorted(kinds.items())),
        "problems": [problem.as_json() for problem in report],
    }
    return json.dumps(shape, indent=2) + "\n"
