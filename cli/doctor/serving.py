"""The running server: does it follow its manifests, do its trunks carry calls?"""

from __future__ import annotations

from typing import Final

from cli.doctor.finding import Finding, ok, problem, unknown, warning
from cli.doctor.machine import Machine

NOT_THERE: Final = "no server runs on this data folder"
MOST_WARNINGS: Final = 5
WAITS: Final = frozenset({"AwaitingApproval", "Suspended"})


def server(machine: Machine) -> list[Finding]:
    found = machine.server
    if found is None:
        return [unknown(NOT_THERE, "start one, or name its data folder with --data")]
    if not found.storage_ok:
        return [
            problem("the server can't store call records or registrations", "trunkline get status; is the disk full?")
        ]
    return [ok(f"a server answers (process {found.pid})" if found.pid else "a server answers")]


def manifests(machine: Machine) -> list[Finding]:
    found = machine.server
    if found is None:
        return [unknown(NOT_THERE)]
    said: list[Finding] = []
    if found.source_problem is not None:
        said.append(
            problem(f"the manifests can't be read: {found.source_problem}", "what ran last runs on; correct that")
        )
    for unit in found.held:
        name = f"tenant {unit.unit}" if unit.unit else "the system"
        if unit.reason in WAITS:
            said.append(
                warning(f"{name} waits ({unit.reason}): {unit.message}", "trunkline plan, trunkline apply or resume")
            )
        else:
            said.append(problem(f"{name} is held back ({unit.reason}): {unit.message}", "trunkline validate MANIFESTS"))
    said += [warning(one, "`trunkline get status` says what to do") for one in found.warnings[:MOST_WARNINGS]]
    if len(found.warnings) > MOST_WARNINGS:
        said.append(
            warning(f"{len(found.warnings) - MOST_WARNINGS} more warnings of manifests", "trunkline get status")
        )
    return said or [ok("what runs is what the manifests say")]


def trunks(machine: Machine) -> list[Finding]:
    found = machine.server
    if found is None:
        return [unknown(NOT_THERE)]
    said = [
        problem(
            f"no call goes over trunk {one.name}, which is {one.state}: {one.reason}",
            "check its servers and credentials; `trunkline get trunks` has each server",
        )
        for one in found.trunks
        if one.state in ("unreachable", "refused")
    ]
    said += [
        warning(f"trunk {one.name} is switched off", "`enabled: true` in its manifest, when it is to be used")
        for one in found.trunks
        if one.state == "disabled"
    ]
    return said or [ok(f"{len(found.trunks)} trunks work" if found.trunks else "there are no trunks")]
