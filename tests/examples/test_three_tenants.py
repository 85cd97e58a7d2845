"""examples/three-tenants: what its README says in prose is what its manifests do, and they raise no alarm."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from reconciler.offline import Offline, offline
from reconciler.question import Question
from reconciler.simulate import Basis, simulate
from reconciler.source.directory import Directory

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "three-tenants"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
"""A Thursday."""

CALLS = [
    # Hollis & Wren
    ("firm", "201", "202", "put through to extension 202"),
    ("firm", "201", "02079461234", "put through to +442079461234 outside, over trunk aaisp"),
    ("firm", "201", "09012345678", "refused with 603 (number is blocked)"),
    ("firm", "201", "999", "put through to 999 outside, over trunk aaisp"),
    ("firm", "201", "250", "refused with 480 (not carried out yet)"),
    # Answerline
    ("centre", "311", "00442079461234", "put through to +442079461234 outside, over trunk continental"),
    ("centre", "321", "0871234567", "put through to +353871234567 outside, over trunk continental"),
    ("centre", "321", "00442079461234", "refused with 404 (no rule leads there)"),
    ("centre", "321", "+442079461234", "refused with 404 (no rule leads there)"),
    ("centre", "311", "005371234567", "refused with 403 (calls to that country are not allowed)"),
    ("centre", "311", "00881612345678", "refused with 403 (calls to that country are not allowed)"),
    ("centre", "311", "1001", "refused with 404 (no rule leads there)"),
    # Hotel Seeblick
    ("hotel", "1001", "5060", "put through to extension 5060"),
    ("hotel", "1001", "144", "put through to 144 outside, over trunk continental"),
    ("hotel", "1001", "0445551234", "refused with 404 (no rule leads there)"),
    ("hotel", "101", "0012025550123", "put through to +12025550123 outside, over trunk continental"),
    ("hotel", "101", "0900123456", "refused with 603 (number is blocked)"),
]


@pytest.fixture(scope="module")
def three() -> Offline:
    return offline(Directory(FOLDER, settle_s=0).read())


def test_strict_names_what_is_not_carried_out_yet_and_nothing_else() -> None:
    said = CliRunner().invoke(app, ["validate", "--strict", "--output", "json", str(FOLDER)])
    assert said.exit_code == 0
    assert {problem["rule"] for problem in json.loads(said.stdout)["problems"]} == {"not-supported-yet"}


def test_its_plan_says_what_an_hour_may_cost_and_that_help_is_reached() -> None:
    before = FOLDER.parent / "two-tenants"
    told = CliRunner().invoke(app, ["plan", str(FOLDER), "--against", str(before)]).stdout
    assert "Toll exposure: unknown -> 331.80 EUR/h (budget 400.00)" in told
    assert "Emergency in hotel: 303 of 303 extensions reach 112 and 117 and 118 and 144." in told


@pytest.mark.parametrize(("tenant", "caller", "dialled", "told"), CALLS)
def test_a_call_goes_where_the_prose_says(three: Offline, tenant: str, caller: str, dialled: str, told: str) -> None:
    snapshot = three.snapshot
    assert snapshot is not None
    basis = Basis(source="three-tenants", snapshot=snapshot, now=NOON, place=str)
    sentence = simulate(basis, Question(tenant=tenant, caller=caller, to=dialled)).sentence
    assert told in sentence
