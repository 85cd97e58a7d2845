"""The throw-away child itself: it plans, it is bounded in time and number, and it knows none of the server's secrets."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Coroutine
from typing import TypeVar

import pytest

from reconciler.errors import BadManifestSet, FaultyManifests, OrderRefused, TrialRefused, WorkerLost
from reconciler.offline import offline
from reconciler.plan_json import plan_from_json
from reconciler.ports import PlanView, PostedForm, PostedPlan
from reconciler.source.tree import SourceFile, SourceTree
from reconciler.worker.trial import PlanTrials
from tests.support.manifest_folder import LISTENER, documents, extension, tenant

T = TypeVar("T")
RUNNING = {"pbx.yaml": documents(LISTENER, tenant("acme"), extension("acme", "101"))}
POSTED = {"pbx.yaml": documents(LISTENER, tenant("acme"), extension("acme", "101"), extension("acme", "102"))}


def sleeping(seconds: float) -> tuple[str, ...]:
    return sys.executable, "-c", f"import time; time.sleep({seconds})"


class Runs:
    """What runs, as a `PlanQuery` tells it."""

    def __init__(self) -> None:
        files = tuple(SourceFile.of(path, text.encode()) for path, text in RUNNING.items())
        self._revision = offline(SourceTree(files)).ground.revision

    async def manifests(self, sequence: int | None = None) -> bytes:
        return json.dumps({"format": 1, "revision": self._revision, "files": RUNNING}).encode()

    async def plan(self, sequence: int | None = None) -> PlanView:
        raise NotImplementedError

    async def revisions(self, before: int | None = None, limit: int = 1000) -> bytes:
        raise NotImplementedError

    async def resource(self, ref: object) -> bytes:
        raise NotImplementedError

    async def declarations(self, tenant: str, revision: str, refs: object, at: str = "") -> bytes:
        raise NotImplementedError


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]


def run(coroutine: Coroutine[object, object, T]) -> T:
    return asyncio.run(coroutine)


def posted(trials: PlanTrials, content: bytes, tenant: str | None = None) -> Coroutine[object, object, PostedPlan]:
    return trials.plan_posted(pieces(content), PostedForm.JSON, tenant)


def test_it_plans() -> None:
    made = run(posted(PlanTrials(Runs()), json.dumps({"files": POSTED}).encode()))
    assert [str(change.ref) for change in plan_from_json(json.loads(made.plan)).changes] == ["Extension acme/102"]
    assert (made.mode, made.note, json.loads(made.warnings)) == ("auto", None, [])


def test_what_is_wrong_with_the_set_comes_back() -> None:
    trials = PlanTrials(Runs())

    async def story() -> None:
        with pytest.raises(BadManifestSet, match="no JSON"):
            await posted(trials, b"{")
        with pytest.raises(FaultyManifests, match=r"^a problem in the manifests: a\.yaml:1:1: ") as caught:
            await posted(trials, b'{"files":{"a.yaml":"kind: Nothing"}}')
        assert json.loads(caught.value.problems)[0]["rule"] == "api-version"

    run(story())


def test_one_that_takes_too_long_is_killed() -> None:
    trials = PlanTrials(Runs(), answer_s=0.05, command=sleeping(60))
    with pytest.raises(TrialRefused, match=r"more than 0\.05 s"):
        run(posted(trials, b"{}"))


def test_one_that_dies_is_told() -> None:
    with pytest.raises(WorkerLost, match="ended without an answer"):
        run(posted(PlanTrials(Runs(), command=(sys.executable, "-c", "pass")), b"{}"))


def test_more_than_a_few_at_once_are_refused_and_room_comes_back() -> None:
    trials = PlanTrials(Runs(), answer_s=0.2, command=sleeping(60))

    async def story() -> None:
        for _ in range(2):
            results = await asyncio.gather(*(posted(trials, b"{}") for _ in range(6)), return_exceptions=True)
            told = [str(result) for result in results]
            assert sum("other plans" in one for one in told) == 2
            assert sum("more than 0.2 s" in one for one in told) == 4

    run(story())


def test_no_tenant_takes_all_places_nor_do_all_tenants_together() -> None:
    """A body may take half a minute to come."""
    trials = PlanTrials(Runs(), answer_s=0.1, command=sleeping(60))
    whose = ["acme", "acme", "acme", "other", "third", None, None]

    async def story() -> None:
        for _ in range(2):
            results = await asyncio.gather(*(posted(trials, b"{}", of) for of in whose), return_exceptions=True)
            told = ["other plans" in str(result) for result in results]
            assert told == [False, False, True, False, True, False, True]

    run(story())


def test_what_ends_the_body_comes_through() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"{"
        raise OrderRefused("too much of it")

    trials = PlanTrials(Runs())
    for _ in range(9):
        with pytest.raises(OrderRefused):
            run(trials.plan_posted(broken(), PostedForm.JSON, None))


def test_the_child_has_no_secrets_and_the_lowest_priority(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("ACME_PASSWORD", "hunter2")
    place = f"{tmp_path}/told"
    script = (
        "import os, sys; sys.argv = ['x']\n"
        "from reconciler.worker import trial_child\n"
        "answer = trial_child._answer\n"
        "def told(*parts):\n"
        f"    open({place!r}, 'w').write(repr((os.nice(0), 'ACME_PASSWORD' in os.environ)))\n"
        "    return answer(*parts)\n"
        "trial_child._answer = told\n"
        "trial_child.main()\n"
    )
    run(posted(PlanTrials(Runs(), command=(sys.executable, "-c", script)), json.dumps({"files": POSTED}).encode()))
    with open(place, encoding="utf-8") as told:  # noqa: PTH123  # a path made of text above
        assert told.read() == "(19, False)"
