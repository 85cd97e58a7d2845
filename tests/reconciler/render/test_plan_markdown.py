"""A plan as a comment: golden, within what GitHub takes, and no value of a manifest is markup, a mention or a cell of its own."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from engine.config.ref import ConfigRef, Origin
from reconciler.field_diff import FieldChange
from reconciler.plan import Plan, Standstill
from reconciler.render.plan_markdown import MOST_BYTES, plan_markdown
from reconciler.render.planned import Planned
from schema.problem import printable
from tests.reconciler.render.test_plan_text import CASES, big

CODE = re.compile(r"<code>([^<]*)</code>")


@pytest.mark.parametrize("planned", CASES.values(), ids=CASES)
def test_as_markdown(planned: Planned, snapshot: SnapshotAssertion) -> None:
    assert plan_markdown(planned) == snapshot


def with_value(text: str) -> Plan:
    plan = big(2)
    change = replace(
        plan.changes[1],
        ref=ConfigRef(text, "Extension", text),
        origin=Origin(text, 1),
        fields=(FieldChange(text, text, None),),
    )
    return replace(plan, changes=(change,), held=(Standstill(text, 1, text),))


EVIL = [
    "@team",
    "a|b|c",
    "`x`",
    "<b>",
    "</code><img src=x>",
    "[a](http://x)",
    "\n\n# hi",
    "#12",
    "&#64;x",
    "</details>",
    "*a*",
]


@pytest.mark.parametrize("text", EVIL)
def test_no_value_is_markup(text: str) -> None:
    made = plan_markdown(Planned(plan=with_value(text), waiting=text))
    harmless = plan_markdown(Planned(plan=with_value("x"), waiting="x"))
    assert CODE.sub("C", made) == CODE.sub("C", harmless)
    assert printable(text) in {unescape(found) for found in CODE.findall(made)}


@given(st.text(min_size=1, max_size=30))
def test_no_text_leaves_its_code(text: str) -> None:
    made = plan_markdown(Planned(plan=with_value(text)))
    assert CODE.sub("C", made) == CODE.sub("C", plan_markdown(Planned(plan=with_value("x"))))
    assert all(
        set(found) <= set("&#;0123456789 ,.-/") or not re.search(r"[@|`<>*_\[\]\\]", found)
        for found in CODE.findall(made)
    )


def test_a_few_changes_stand_open_and_more_are_folded() -> None:
    assert "<details>" not in plan_markdown(Planned(plan=big(10)))
    assert "<details><summary>11 changes</summary>" in plan_markdown(Planned(plan=big(11)))


def test_it_fits_into_a_comment_and_says_what_was_cut() -> None:
    plan = big(200)
    long = [
        replace(c, fields=tuple(FieldChange(f"spec.f{n}", '"ä"' * 60, None) for n in range(20))) for c in plan.changes
    ]
    made = plan_markdown(Planned(plan=replace(plan, changes=tuple(long))))
    assert MOST_BYTES // 2 < len(made.encode()) <= MOST_BYTES
    assert re.search(r"and \d+ more: .*`trunkline plan --output json` has all\.", made)
    assert made.count("<details>") == made.count("</details>") == 1
