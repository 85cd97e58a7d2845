"""What has not changed is not sent again; what concerns somebody is not kept where others look."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import pytest
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from api.caller import KEY, Caller, Scope
from api.etag import MOST_BYTES, NOT_KEPT, REVALIDATED
from reconciler.views import ReconcileView
from tests.api.test_routes import FakeReconcile, NothingPlanned, Site, binding, record


@pytest.fixture
def site() -> Site:
    made = Site()
    made.engine.bindings = [binding("101")]
    return made


def test_a_tag_is_that_of_the_answer(site: Site) -> None:
    first, again = site.get("/v1/registrations"), site.get("/v1/registrations")
    assert first.headers["etag"] == again.headers["etag"]
    assert first.headers["etag"].startswith('"')
    assert first.headers["cache-control"] == REVALIDATED
    site.engine.bindings = [binding("102")]
    assert site.get("/v1/registrations").headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', '"x",W/{} ', "*"])
def test_who_has_it_gets_304(site: Site, form: str) -> None:
    tag = site.get("/v1/registrations").headers["etag"]
    told = site.get("/v1/registrations", If_None_Match=form.format(tag))
    assert (told.status_code, told.content, told.headers["etag"]) == (304, b"", tag)
    assert told.headers["cache-control"] == REVALIDATED
    assert "x-request-id" in told.headers
    assert "content-type" not in told.headers


@pytest.mark.parametrize("form", ["", '"x"', "x", 'W/"x"'])
def test_who_has_another_gets_it(site: Site, form: str) -> None:
    told = site.get("/v1/registrations", If_None_Match=form)
    assert (told.status_code, len(told.json()["items"])) == (200, 1)


@pytest.mark.parametrize("path", ["/v1/calls/none", "/v1/plan", "/v1/cdrs/export"])
def test_refusals_and_streams_have_none_and_are_not_kept(site: Site, path: str) -> None:
    told = site.get(path, If_None_Match="*")
    assert told.status_code != 304
    assert "etag" not in told.headers
    assert told.headers["cache-control"] == NOT_KEPT


def test_a_large_answer_has_none(site: Site) -> None:
    site.engine.bindings = [binding(str(number), f"sip:{'a' * 200}@192.0.2.1") for number in range(1000)]
    told = site.request("GET", "/v1/registrations", limit=1000)
    assert len(told.content) > MOST_BYTES
    assert "etag" not in told.headers
    assert told.headers["cache-control"] == NOT_KEPT


def test_records_that_are_had_are_not_looked_for(site: Site) -> None:
    site.records.records = [record(1), record(2, "beta")]
    first = site.get("/v1/cdrs")
    assert (len(first.json()["items"]), first.headers["cache-control"]) == (2, REVALIDATED)
    asked = site.records.asked
    had = {"If_None_Match": first.headers["etag"]}
    again = site.get("/v1/cdrs", **had)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert site.records.asked == asked
    assert site.get("/v1/cdrs?limit=1", **had).status_code == 200
    assert site.get("/v1/cdrs?cursor=none", If_None_Match="*").status_code == 422
    site.records.records.append(record(3))
    assert len(site.get("/v1/cdrs", **had).json()["items"]) == 3


def test_a_tag_of_records_is_that_of_whom_they_are_shown(site: Site) -> None:
    site.records.records = [record(1), record(2, "beta")]

    async def tag_of(tenant: str | None) -> str:
        async def asked(scope: AsgiScope, receive: Receive, send: Send) -> None:
            await site.app({**scope, KEY: Caller(name="t", scope=Scope.READ, tenant=tenant)}, receive, send)

        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=asked), base_url="http://t") as client:
            return str((await client.get("/v1/cdrs")).headers["etag"])

    assert len({asyncio.run(tag_of(tenant)) for tenant in ("acme", "beta", None)}) == 3


class Kept(NothingPlanned):
    """The manifests that run, of any size."""

    def __init__(self) -> None:
        self.asked = 0

    async def manifests(self, sequence: int | None = None) -> bytes:
        self.asked += 1
        return b'{"format": 1, "revision": "r", "files": {"a.yaml": "%s"}}' % (b"x" * MOST_BYTES)


class Running(FakeReconcile):
    sequence = 7

    def status(self) -> ReconcileView:
        return replace(super().status(), sequence=self.sequence)


def test_manifests_that_are_had_are_not_read_however_large(site: Site) -> None:
    kept, running = Kept(), Running()
    site.app.state.doors = replace(site.app.state.doors, plans=kept, reconcile=running)
    first = site.get("/v1/manifests")
    assert (first.status_code, first.headers["cache-control"]) == (200, REVALIDATED)
    assert site.get("/v1/manifests", If_None_Match=first.headers["etag"]).status_code == 304
    assert kept.asked == 1
    running.sequence = 8
    assert site.get("/v1/manifests", If_None_Match=first.headers["etag"]).status_code == 200
    running.sequence = 0  # not known
    assert "etag" not in site.get("/v1/manifests").headers


def test_records_whose_state_nobody_knows_are_hashed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.records, "version", lambda: None)
    first = site.get("/v1/cdrs")
    assert site.get("/v1/cdrs", If_None_Match=first.headers["etag"]).status_code == 304
    assert site.records.asked == 2


def test_the_description_has_one_though_it_is_large(site: Site) -> None:
    first = site.get("/v1/openapi.json")
    assert len(first.content) > MOST_BYTES
    assert first.headers["cache-control"] == REVALIDATED
    again = site.get("/v1/openapi.json", If_None_Match=first.headers["etag"])
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert site.get("/v1/openapi.json", If_None_Match='"x"').content == first.content
