"""examples/whole-language has a resource of every kind that waits to be carried out, and raises no alarm but that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from reconciler.disruption import Disruption
from reconciler.ground import Ground
from reconciler.offline import Offline, offline
from reconciler.planner import make_plan
from reconciler.source.directory import Directory
from schema.registry import KINDS

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "whole-language"


@pytest.fixture(scope="module")
def whole() -> Offline:
    return offline(Directory(FOLDER, settle_s=0).read())


def test_every_kind_that_is_not_carried_out_has_an_example(whole: Offline) -> None:
    written = {resource.ref.kind for resource in whole.ground.catalog}
    assert {kind.name for kind in KINDS.values() if not kind.is_carried_out} <= written


def test_it_raises_no_alarm(whole: Offline) -> None:
    assert list(whole.report) == []
    said = CliRunner().invoke(app, ["validate", str(FOLDER)])
    assert (said.exit_code, "warning" in said.stdout) == (0, False)


def test_strict_names_what_is_not_carried_out_yet_and_nothing_else(whole: Offline) -> None:
    said = CliRunner().invoke(app, ["validate", "--strict", "--output", "json", str(FOLDER)])
    problems = json.loads(said.stdout)["problems"]
    assert {problem["rule"] for problem in problems} == {"not-supported-yet"}
    waiting = [one for one in whole.ground.catalog if not KINDS[one.ref.kind].is_carried_out]
    assert all(any(str(one.ref) in problem["message"] for problem in problems) for one in waiting)


def test_it_is_planned_and_disturbs_nobody(whole: Offline) -> None:
    plan = make_plan(Ground(), whole.ground, data={})
    assert len(plan.changes) == len(list(whole.ground.catalog))
    declared = [change for change in plan.changes if not KINDS[change.ref.kind].is_carried_out]
    assert {change.disruption for change in declared} == {Disruption.NONE}
