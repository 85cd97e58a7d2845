"""What a plan says of help and of money: of tenants that change, before and after."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.ground import Ground
from reconciler.plan import Plan
from reconciler.plan_json import plan_from_json, plan_to_json
from reconciler.planner import make_plan
from reconciler.render.plan_markdown import plan_markdown
from reconciler.render.plan_text import plan_text
from reconciler.render.planned import Planned
from reconciler.stakes import Help, Stakes, Toll
from tests.support.grounds import ground

TEXT = (Path(__file__).resolve().parents[2] / "examples" / "rates" / "acme.yaml").read_text(encoding="utf-8")
OTHER = TEXT.replace("acme", "beta").replace("budget: 60", "budget: 1000")
RATES = "apiVersion: trunkline/v1\nkind: RateTable\nmetadata: {name: carrier}\nspec: {rates: [{prefix: '+44', outgoing: %s}]}\n"


def edited(text: str, *edits: tuple[str, str]) -> str:
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return text


def plan(before: Ground, after: Ground) -> Plan:
    made = make_plan(before, after, {})
    assert plan_from_json(plan_to_json(made)) == made
    return made


BEFORE = ground(TEXT)


def test_a_change_of_the_limits_changes_the_worst_hour() -> None:
    made = plan(BEFORE, ground(edited(TEXT, ("maxOutsideCalls: 4", "maxOutsideCalls: 1"))))
    numbers = ("112", "999")
    assert made.stakes == Stakes(
        (Help(tenant="acme", extensions=2, reaching=2, numbers=numbers),),
        (Toll(tenant="acme", currency="GBP", before="58.80", after="39.00", budget="60.00"),),
    )
    lines = ("Emergency: 2 of 2 extensions reach 112 and 999.", "Toll exposure: 58.80 -> 39.00 GBP/h (budget 60.00)")
    text = plan_text(Planned(plan=made))
    assert all(f"{line}\n" in text for line in lines)
    assert "58.80" in (markdown := plan_markdown(Planned(plan=made)))
    assert "Emergency" in markdown


def test_a_change_elsewhere_says_nothing_of_it() -> None:
    quiet = "apiVersion: trunkline/v1\nkind: Tenant\nmetadata: {name: quiet}\nspec: {domain: quiet.example}\n"
    assert plan(BEFORE, ground(TEXT, quiet, before=BEFORE)).stakes == Stakes()


@pytest.mark.parametrize(
    ("edit", "toll"),
    [
        (("maxOutsideCalls: 4, ", ""), "58.80 GBP/h (budget 60.00)"),
        (("outsideLimits: {maxCalls: 2,", "outsideLimits: {maxCalls: 0,"), "58.80 GBP/h (budget 60.00)"),
        (("tolls: {rates: carrier, budget: 60}\n  billing: {outgoing: true}", "tolls: {}"), "58.80 -> unknown GBP/h"),
        (("carrier, budget: 60", "carrier"), "58.80 GBP/h"),
        (("[GB, IE, FR, DE]", "[GB, IE, FR, DE, CU]"), "58.80 GBP/h (budget 60.00); no rate is known for +53"),
    ],
)
def test_how_it_is_said(edit: tuple[str, str], toll: str) -> None:
    text = plan_text(Planned(plan=plan(BEFORE, ground(edited(TEXT, edit)))))
    assert f"Toll exposure: {toll}\n" in text


def test_without_a_limit_there_is_none() -> None:
    after = edited(TEXT, ("maxOutsideCalls: 4, ", ""), ("{maxCalls: 2,", "{maxCalls: 0,"), (", budget: 60", ""))
    assert "58.80 -> no limit GBP/h\n" in plan_text(Planned(plan=plan(BEFORE, ground(after))))


def test_several_tenants_are_named_and_a_shared_table_reaches_them_all() -> None:
    shared = [text.replace("kind: RateTable", "kind: RateTable") for text in (TEXT, OTHER)]
    own = [edited(text, ("tolls: {rates: carrier", "tolls: {rates: shared")) for text in shared]
    tables = [RATES.replace("name: carrier", "name: shared") % amount for amount in ("0.01", "0.02")]
    made = plan(ground(*own, tables[0]), ground(*own, tables[1]))
    told = [line for line in plan_text(Planned(plan=made)).splitlines() if line.startswith("Toll")]
    assert told == [
        "Toll exposure of acme: 6.00 -> 12.00 GBP/h (budget 60.00); no rate is known for +33, +49, +353",
        "Toll exposure of beta: 6.00 -> 12.00 GBP/h (budget 1,000.00); no rate is known for +33, +49, +353",
    ]


def test_who_does_not_reach_help_is_counted() -> None:
    after = edited(
        TEXT, ("spec: {routes: [{trunk: carrier}]}", 'spec: {match: {prefixes: ["0"]}, routes: [{trunk: carrier}]}')
    )
    assert "Emergency: 0 of 2 extensions reach 112 and 999.\n" in plan_text(Planned(plan=plan(BEFORE, ground(after))))
