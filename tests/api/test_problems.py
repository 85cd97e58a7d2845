"""Refusals: their type says what to do, they name the request, and HTTP's own rules hold."""

from __future__ import annotations

import logging

import httpx
import pytest
from fastapi import FastAPI

from api.problem_type import ProblemType, title_of, type_of
from tests.api.test_routes import Site


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.mark.parametrize("sort", ProblemType)
def test_what_a_type_means_is_told_under_its_name(site: Site, sort: ProblemType) -> None:
    told = site.get(sort.uri).json()
    assert told == {"type": sort.uri, "status": sort.value.status, "title": sort.value.title, "todo": sort.value.todo}
    assert sort.value.todo.endswith(".")


def test_all_types(site: Site) -> None:
    assert [one["type"] for one in site.get("/v1/problems").json()] == [sort.uri for sort in ProblemType]
    assert site.get("/v1/problems/nothing").json()["type"] == "/v1/problems/not-found"


def test_a_status_has_its_first_sort() -> None:
    assert type_of(422) is ProblemType.INVALID
    assert type_of(418) is None
    assert (title_of(418), title_of(799)) == ("I'm a Teapot", "Refused")


WRONG = {
    "no route": ("GET", "/v1/nothing", None, 404, "not-found"),
    "no call": ("GET", "/v1/calls/none", None, 404, "not-found"),
    "a parameter": ("GET", "/v1/calls?limit=x", None, 422, "invalid"),
    "no JSON": ("POST", "/v1/apply", ("application/json", b"{"), 400, "malformed"),
    "no UTF-8": ("POST", "/v1/apply", ("application/json", b'"\xff"'), 400, "malformed"),
    "a lack": ("POST", "/v1/apply", ("application/json", b"{}"), 422, "invalid"),
    "text": ("POST", "/v1/apply", ("text/plain", b'{"digest":"a"}'), 415, "unsupported-media-type"),
    "a form": ("POST", "/v1/apply", ("application/x-www-form-urlencoded", b"digest=a"), 415, "unsupported-media-type"),
    "refused": ("POST", "/v1/apply", ("application/json; charset=utf-8", b'{"digest":"a"}'), 409, "refused"),
    "an odd instant": ("GET", "/v1/cdrs?since=1764146000", None, 422, "invalid"),
}  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "name"), WRONG.values(), ids=WRONG)
def test_refusals(site: Site, method: str, path: str, body: tuple[str, bytes] | None, status: int, name: str) -> None:
    told = site.send(method, path, *(body or ("", b"")))
    assert (told.status_code, told.headers["content-type"]) == (status, "application/problem+json")
    assert told.json()["type"] == f"/v1/problems/{name}"
    assert told.json()["status"] == status
    assert told.json()["instance"] == path.partition("?")[0]


def test_a_method_that_is_not_allowed_is_told_all_that_are(site: Site) -> None:
    told = site.request("DELETE", "/v1/plan")
    assert (told.status_code, told.headers["allow"]) == (405, "GET, POST")
    assert told.json()["type"] == "/v1/problems/method-not-allowed"


def test_an_order_without_a_body_needs_no_media_type(site: Site) -> None:
    assert site.send("POST", "/v1/reconcile", "", b"").status_code == 409


# Ids


@pytest.mark.parametrize("given", ["a1-B2_c3.d:4", "0" * 128])
def test_an_answer_has_the_id_that_the_request_had(site: Site, given: str) -> None:
    assert site.get("/v1/status", X_Request_Id=given).headers["x-request-id"] == given
    assert site.get("/v1/nothing", X_Request_Id=given).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, 'forged" level=error', "\u00e9"])
def test_what_is_no_id_is_replaced(site: Site, given: str) -> None:
    made = site.send("GET", "/v1/status", "", b"", {"X-Request-Id": given.encode("latin-1")}).headers["x-request-id"]
    assert made != given
    assert len(made) == 32


def test_a_bug_has_its_id_in_the_log_and_nothing_of_it_in_the_answer(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    app: FastAPI = site.app

    @app.get("/v1/broken")
    async def broken() -> None:
        raise RuntimeError("hunter2")

    with caplog.at_level(logging.ERROR, "trunkline.api"):
        told: httpx.Response = site.get("/v1/broken", X_Request_Id="abc")
    assert (told.status_code, told.headers["x-request-id"]) == (500, "abc")
    assert told.json()["type"] == "/v1/problems/internal"
    assert "hunter2" not in told.text
    assert "request=abc error=RuntimeError" in caplog.text
