"""A plan as JSON: the same bytes for the same plan, the same plan back, and nothing else is taken for one."""

from __future__ import annotations

import json

import pytest

from reconciler.plan_json import plan_from_json, plan_to_json, plan_to_text
from reconciler.planner import make_plan
from tests.support.grounds import ground
from tests.support.manifest_folder import LISTENER, extension, tenant

OLD = ground(tenant("acme"), extension("acme", "101"), tenant("beta"), extension("beta", "201"))
NEW = ground(tenant("acme"), extension("acme", "101", display="Ädä"), system=LISTENER.replace("5070", "5072"))
PLAN = make_plan(OLD, NEW, {"tzdata": "2026.6", "holidays": "0.109"})


def test_a_plan_comes_back() -> None:
    assert plan_from_json(json.loads(plan_to_text(PLAN))) == PLAN
    assert PLAN.breaches


def test_the_same_plan_is_the_same_bytes() -> None:
    again = make_plan(OLD, NEW, {"holidays": "0.109", "tzdata": "2026.6"})
    assert plan_to_text(again) == plan_to_text(PLAN)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"after": "0" * 64},
        {"changes": []},
        {"changes": [1]},
        {"changes": None},
        {"breaches": []},
        {"data": []},
        {"blast_radius": {}},
        {"digest": "0"},
    ],
)
def test_what_was_changed_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"no plan of format 1|does not have the digest"):
        plan_from_json({**plan_to_json(PLAN), **change})


@pytest.mark.parametrize("shape", [None, [], "plan", {}, 1])
def test_what_is_no_plan_is_refused(shape: object) -> None:
    with pytest.raises(ValueError, match="no plan of format 1"):
        plan_from_json(shape)
