"""The OpenAPI description: kept as a file, complete, and true of every answer, whatever is asked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterable
from dataclasses import replace
from pathlib import Path

import pytest
import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.engine import events, from_schema
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from api.app import routed
from api.caller import CONTROL_SOCKET, KEY
from api.description import description, methods_of
from api.openapi import describe
from reconciler.errors import BadManifestSet, FaultyManifests
from reconciler.ports import PostedForm, PostedPlan
from reconciler.source.tree import SourceFile, SourceTree
from reconciler.worker.frames import FaultySet, PostedPlanTold
from reconciler.worker.posted import read_posted
from reconciler.worker.posted_plan import posted_plan
from tests.api.test_callers import Site

TOKEN = "tl_1_secret"
CONFIG = f"""
workers = 1
headers = {{ Authorization = "Bearer {TOKEN}" }}
[generation]
max-examples = 4
deterministic = true
no-shrink = true
database = "none"
[phases.examples]
enabled = false
[phases.stateful]
enabled = false
[checks]
positive_data_acceptance.enabled = false
"""
"""A text is no call's id and no name of a resource because the schema allows it: 404 and 409 are right answers to valid data."""


class InProcessTrials:
    """Plans posted manifests without the child, which would take most of the time."""

    def __init__(self, site: Site) -> None:
        self._plans = site.server.reconciler

    async def plan_posted(self, body: AsyncIterable[bytes], form: PostedForm, tenant: str | None) -> PostedPlan:
        content = b"".join([piece async for piece in body])
        runs = json.loads(await self._plans.manifests())
        files = tuple(SourceFile.of(path, text.encode()) for path, text in runs["files"].items())
        told = posted_plan(SourceTree(files), runs["revision"], read_posted(content, form), tenant, {})
        if isinstance(told, FaultySet):
            raise FaultyManifests("faulty", told.problems)
        if not isinstance(told, PostedPlanTold):
            raise BadManifestSet(told.reason)
        return PostedPlan(plan=told.plan, refs=told.refs, mode=told.mode, warnings=told.warnings, note=told.note)


DESCRIPTION = describe(routed("1"))
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, item in DESCRIPTION["paths"].items()
    for method, operation in item.items()
]


@pytest.mark.parametrize("operation", [operation for _, operation in OPERATIONS], ids=[name for name, _ in OPERATIONS])
def test_it_is_complete(operation: dict[str, object]) -> None:
    assert operation["tags"]
    assert operation["description"]
    assert operation["security"] is not None
    parameters, responses = operation.get("parameters", []), operation["responses"]
    assert isinstance(parameters, list)
    assert all(parameter.get("description") for parameter in parameters)
    assert isinstance(responses, dict)
    for status, response in responses.items():
        if int(status) >= 400:
            name = response["$ref"].removeprefix("#/components/responses/")
            assert list(DESCRIPTION["components"]["responses"][name]["content"]) == ["application/problem+json"]


def test_servers_give_the_kept_file_with_their_version() -> None:
    """`ci/draw_openapi.py` writes it."""
    kept = json.loads(description('1.2"3'))
    assert kept["info"].pop("version") == '1.2"3'
    assert DESCRIPTION["info"].pop("version") == "1"
    assert kept == DESCRIPTION


def test_methods_of_a_path() -> None:
    assert methods_of("/v1/plan") == ["GET", "POST"]
    assert methods_of("/v1/calls/1") == ["DELETE", "GET"]
    assert methods_of("/v1/nothing") == []


@pytest.mark.timeout(240)  # ten seconds of a processor that may have others to serve
def test_every_answer_is_as_it_is_described(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.app.state.doors = replace(site.app.state.doors, trials=InProcessTrials(site))

    async def gated(scope: AsgiScope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        known = headers.get(b"authorization") == f"Bearer {TOKEN}".encode()
        await site.app({**scope, KEY: CONTROL_SOCKET} if known else scope, receive, send)

    config = schemathesis.Config.from_str(CONFIG)
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", gated, config=config)
    failures: list[str] = []
    answers: Counter[int] = Counter()
    asked = schema.exclude(method="PUT", path="/v1/log-levels")  # the levels are those of this process
    for event in from_schema(asked).execute():
        if isinstance(event, events.ScenarioFinished):
            for interaction in event.recorder.interactions.values():
                answers[interaction.response.status_code if interaction.response is not None else 0] += 1
            failures += [
                _told(event, check.name, check.failure_info.failure, check.failure_info.code_sample)
                for checks in event.recorder.checks.values()
                for check in checks
                if check.failure_info is not None
            ]
        elif isinstance(event, events.NonFatalError | events.FatalError):
            failures.append(str(event))
    assert not failures, "\n\n".join(failures)
    assert answers[200] > 100
    assert answers[422] > 20
    assert answers[401] > 20


def _told(event: events.ScenarioFinished, name: str, failure: Failure, sample: str) -> str:
    return f"{event.label}: {name}: {failure.title}: {failure.message}\n{sample[:600]}"
