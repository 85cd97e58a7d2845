"""`trunkline doctor [MANIFESTS]`: what is wrong with this machine, this configuration and this server, and what to do."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from cli.doctor.checks import CHECKS
from cli.doctor.configuration import configuration
from cli.doctor.finding import Finding, Level
from cli.doctor.machine import Machine
from cli.doctor.probe import probe
from cli.exit_code import Exit
from cli.host_address import host_address
from cli.output import Output
from reconciler.errors import SourceUnavailable
from schema.problem import printable

Judged = list[tuple[str, Finding]]


def doctor(manifests: str | None, data: Path, host: str, output: Output) -> Exit:
    try:
        address = host_address(host)
    except ValueError as error:
        sys.stderr.write(f"trunkline doctor: {error}\n")
        return Exit.USAGE
    try:
        snapshot = configuration(manifests, data)
    except SourceUnavailable as error:
        sys.stderr.write(f"trunkline doctor: {error}\n")
        return Exit.PROBLEMS
    if manifests is not None and snapshot is None:
        sys.stderr.write(
            f"trunkline doctor: nothing of {manifests} would run; `trunkline validate {manifests}` says why\n"
        )
        return Exit.PROBLEMS
    judged = examine(probe(snapshot, data, address))
    sys.stdout.write(as_json(judged) if output is Output.JSON else as_text(judged))
    return Exit.PROBLEMS if any(one.level is Level.PROBLEM for _, one in judged) else Exit.FINE


def examine(machine: Machine) -> Judged:
    """What all checks find."""
    return [(check.id, finding) for check in CHECKS for finding in check.judge(machine)]


def as_text(judged: Judged) -> str:
    """A line a finding, what to do below it; how many of each at the end."""
    lines: list[str] = []
    width = max(len(name) for name, _ in judged)
    for name, finding in judged:
        lines.append(f"{finding.level.value:<8} {name:<{width}}  {printable(finding.what)}")
        if finding.do:
            lines.append(f"{'':<8} {'':<{width}}  -> {printable(finding.do)}")
    counts = Counter(finding.level for _, finding in judged)
    lines.append(", ".join(f"{counts[level]} {level.value}" for level in Level if counts[level]))
    return "\n".join(lines) + "\n"


def as_json(judged: Judged) -> str:
    findings = [
        {"check": name, "level": one.level.value, "what": one.what, "do": one.do or None} for name, one in judged
    ]
    counts = Counter(one.level.value for _, one in judged)
    summary = {level.value: counts[level.value] for level in Level}
    return json.dumps({"findings": findings, "summary": summary}, indent=2, ensure_ascii=False) + "\n"
