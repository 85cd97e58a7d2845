"""Plans of posted manifests: the same as the server's own, problems in place of a plan, and one tenant's without the others."""

from __future__ import annotations

import json

import pytest

from reconciler.compile.data_versions import data_versions
from reconciler.offline import offline
from reconciler.plan import Action, Plan
from reconciler.plan_json import plan_from_json, plan_to_text
from reconciler.planner import make_plan
from reconciler.source.tree import SourceFile, SourceTree
from reconciler.worker.frames import FaultySet, NotTold, PostedPlanTold
from reconciler.worker.posted_plan import posted_plan
from tests.support.manifest_folder import LISTENER, documents, extension, tenant

ACME = documents(tenant("acme"), extension("acme", "101"), extension("acme", "102"))
BETA = documents(tenant("beta"), extension("beta", "201"))
RUNNING = {"system.yaml": LISTENER, "acme.yaml": ACME, "beta.yaml": BETA}


def tree(files: dict[str, str]) -> SourceTree:
    return SourceTree(tuple(SourceFile.of(path, text.encode()) for path, text in sorted(files.items())))


def answer(
    posted: dict[str, str], of: str | None = None, running: dict[str, str] = RUNNING, revision: str | None = None
) -> PostedPlanTold | FaultySet | NotTold:
    told = offline(tree(running)).ground.revision if revision is None and running else revision or ""
    return posted_plan(tree(running), told, tree(posted), of, data_versions())


def plan(posted: dict[str, str], of: str | None = None, running: dict[str, str] = RUNNING) -> Plan:
    told = answer(posted, of, running)
    assert isinstance(told, PostedPlanTold), told
    assert told.note is None
    return plan_from_json(json.loads(told.plan))


def problems(posted: dict[str, str], of: str | None = None) -> list[dict[str, object]]:
    told = answer(posted, of)
    assert isinstance(told, FaultySet), told
    found = json.loads(told.problems)
    assert isinstance(found, list)
    return found


def changed(made: Plan) -> list[str]:
    return [f"{change.action.value} {change.ref}" for change in made.changes]


def test_it_is_the_plan_that_is_made_elsewhere_to_the_byte() -> None:
    posted = {**RUNNING, "acme.yaml": documents(tenant("acme"), extension("acme", "101", display="Ada"))}
    told = answer(posted)
    assert isinstance(told, PostedPlanTold)
    before = offline(tree(RUNNING))
    elsewhere = make_plan(before.ground, offline(tree(posted), like=before).ground, data_versions())
    assert told.plan.decode() == plan_to_text(elsewhere)
    assert [str(ref) for ref in told.refs] == ["Extension acme/102"]


def test_what_runs_changes_nothing() -> None:
    assert plan(RUNNING).is_empty


def test_against_a_server_that_runs_nothing() -> None:
    assert changed(plan({"a.yaml": ACME, "s.yaml": LISTENER}, running={})) == [
        "create Listener phones", "create Extension acme/101", "create Extension acme/102", "create Tenant acme"
    ]  # fmt: skip


def test_problems_have_their_place() -> None:
    (found,) = problems({**RUNNING, "acme.yaml": ACME.replace('"102"', '"101"')})[:1]
    assert (found["file"], found["severity"]) == ("acme.yaml", "error")
    assert isinstance(found["line"], int)


def test_secrets_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PW", raising=False)
    assert plan({**RUNNING, "acme.yaml": ACME.replace("env: PW", "env: NO_SUCH")}).counts[Action.UPDATE] == 2


def test_a_server_that_keeps_a_part_back_is_told() -> None:
    told = answer(RUNNING, revision="another")
    assert isinstance(told, PostedPlanTold)
    assert told.note is not None


def test_a_server_whose_manifests_are_no_whole() -> None:
    told = posted_plan(tree({"a.yaml": "kind: Nothing\n"}), "r", tree(RUNNING), None, {})
    assert isinstance(told, NotTold)


# One tenant's


def test_a_tenants_manifests_take_the_place_of_its_own_only() -> None:
    made = plan({"x.yaml": documents(tenant("acme"), extension("acme", "101"))}, of="acme")
    assert changed(made) == ["delete Extension acme/102"]
    assert made.radius.all_extensions == 2


def test_a_file_of_the_same_name_holds_nothing_of_the_others() -> None:
    running = {"system.yaml": LISTENER, "all.yaml": documents(ACME, BETA)}
    assert plan({"all.yaml": ACME}, of="acme", running=running).is_empty


@pytest.mark.parametrize("text", [BETA, LISTENER], ids=["another tenant", "the system"])
def test_what_is_not_the_tenants_is_refused(text: str) -> None:
    found = problems({"acme.yaml": ACME, "more.yaml": text}, of="acme")
    assert {problem["rule"] for problem in found} == {"not-yours"}
    assert {problem["file"] for problem in found} == {"more.yaml"}


def test_a_conflict_with_another_tenant_does_not_name_it() -> None:
    found = problems({"mine.yaml": documents(tenant("acme", "beta.example"), extension("acme", "101"))}, of="acme")
    assert {problem["rule"] for problem in found} == {"duplicate-domain"}
    assert "Tenant beta" not in json.dumps(found)
    assert "beta.yaml" not in json.dumps(found)


def test_a_tenant_that_is_new() -> None:
    assert changed(plan({"g.yaml": tenant("gamma")}, of="gamma")) == ["create Tenant gamma"]
