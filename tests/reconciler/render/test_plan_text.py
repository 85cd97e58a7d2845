"""A plan as people read it: golden, the same each time, bounded, and nothing in it acts on a terminal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from syrupy.assertion import SnapshotAssertion

from engine.config.ref import ConfigRef, Origin, Revision
from reconciler.disruption import Disruption
from reconciler.field_diff import FieldChange
from reconciler.live_use import LiveUse, Touched
from reconciler.plan import Action, BlastRadius, Plan, PlannedChange, Standstill
from reconciler.planner import make_plan
from reconciler.render.plan_text import plan_text
from reconciler.render.planned import Live, Planned, Suspension, duration
from reconciler.source.commit import GitCommit
from tests.support.grounds import ground
from tests.support.manifest_folder import LISTENER, extension, tenant

OLD = ground(tenant("acme"), extension("acme", "101"), extension("acme", "102"), tenant("beta"), extension("beta", "2"))
NEW = ground(
    tenant("acme"),
    extension("acme", "101", display="Ädä"),
    extension("acme", "103"),
    system=LISTENER.replace("5070", "5072"),
)
PLAN = make_plan(OLD, NEW, {"tzdata": "2026f"}, [Standstill("gamma", 2, "gamma.yaml:3:1: no; correct it [x]")])
LIVE = Live(
    LiveUse(
        3, 1, (Touched(ConfigRef("", "Listener", "phones"), 3, 0), Touched(ConfigRef("acme", "Extension", "102"), 1, 1))
    ),
    14400,
)
HELD = Suspension("ada", "2026-11-26T09:00:00+00:00", "release day")
EMPTY = make_plan(OLD, OLD, {"tzdata": "2026f"})
QUIET = make_plan(
    OLD,
    ground(
        *(tenant("acme"), extension("acme", "101"), extension("acme", "102")),
        tenant("beta"),
        extension("beta", "2"),
        extension("beta", "3"),
    ),
    {},
)
COMMAND = "trunkline apply"

COMMIT = GitCommit(
    "4c1d9e2" + "0" * 33, "Ada | Lovelace", datetime(2026, 11, 20, tzinfo=UTC), "<b>A desk</b> for @radia\x1b[2J"
)

CASES = {
    "everything": Planned(plan=PLAN, live=LIVE, waiting="it breaks limits\nmore", command=COMMAND),
    "between two sources": Planned(plan=PLAN),
    "approved": Planned(plan=QUIET, live=Live(LiveUse(0, 0, ()), 0), mode="approved", command=COMMAND),
    "approved elsewhere": Planned(plan=QUIET, mode="approved", command=COMMAND, proviso="Once it is merged, "),
    "auto": Planned(plan=QUIET, command=COMMAND),
    "of a commit": Planned(plan=QUIET, command=COMMAND, commit=COMMIT),
    "auto elsewhere": Planned(plan=QUIET, command=COMMAND, proviso="Once it is merged, "),
    "suspended": Planned(plan=PLAN, suspended=HELD, waiting="it rests", command=COMMAND),
    "nothing": Planned(plan=EMPTY, command=COMMAND),
    "protected": Planned(
        plan=replace(PLAN, breaches=(replace(PLAN.breaches[0], is_confirmable=False),)),
        mode="approved",
        command=COMMAND,
    ),
}


@pytest.mark.parametrize("planned", CASES.values(), ids=CASES)
def test_as_text(planned: Planned, snapshot: SnapshotAssertion) -> None:
    assert plan_text(planned) == snapshot
    assert plan_text(planned) == plan_text(replace(planned))


def test_colours_change_no_word() -> None:
    coloured = plan_text(CASES["everything"], coloured=True)
    assert "\x1b[31mdrops registrations\x1b[0m" in coloured
    plain = coloured
    for code in ("0", "1", "2", "31", "32", "33"):
        plain = plain.replace(f"\x1b[{code}m", "")
    assert plain == plan_text(CASES["everything"])


def big(count: int) -> Plan:
    return Plan(
        before=Revision("a" * 64),
        after=Revision("b" * 64),
        changes=tuple(
            PlannedChange(
                ref=ConfigRef("acme", "Extension", f"{number:05}"),
                action=list(Action)[number % 3],
                disruption=Disruption.NEW_CALLS,
                origin=Origin("acme.yaml", number),
                fields=(FieldChange("spec.displayName", '"a"', '"b"'),) * 3,
            )
            for number in range(count)
        ),
        radius=BlastRadius(count, count, count, count),
    )


def test_a_large_plan_is_shown_by_its_first_changes_and_counts() -> None:
    text = plan_text(Planned(plan=big(1000)))
    assert (text.count("\n+ "), text.count("\n~ "), text.count("\n- ")) == (20, 20, 20)
    assert (
        "and 940 more: 314 Extension to create, 313 Extension to update, 313 Extension to delete; --output json" in text
    )
    assert plan_text(Planned(plan=big(200))).count("\n+ ") == 67


def test_values_do_not_act_on_the_terminal() -> None:
    plan = big(2)
    evil = replace(
        plan.changes[1],
        ref=ConfigRef("a\x1b[2J", "Extension", "b\u202e"),
        origin=Origin("c\n.yaml", 1),
        fields=(FieldChange("spec.x", None, '"\x9b2J"'),),
    )
    text = plan_text(Planned(plan=replace(plan, changes=(evil,)), waiting="x\x1b]0;y"))
    assert not {"\x1b", "\x9b", "\u202e"} & set(text)
    assert "not set -> " in text


@pytest.mark.parametrize(
    ("seconds", "words"), [(14400, "4 h"), (90, "90 s"), (120, "2 min"), (5400, "90 min"), (0.4, "0 s")]
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words
