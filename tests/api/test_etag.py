"""What has not changed is not sent again; what concerns somebody is not kept where others look."""

from __future__ import annotations

import pytest

from api.etag import MOST_BYTES, NOT_KEPT, REVALIDATED
from tests.api.test_routes import Site, binding


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


def test_the_description_has_one_though_it_is_large(site: Site) -> None:
    first = site.get("/v1/openapi.json")
    assert len(first.content) > MOST_BYTES
    assert first.headers["cache-control"] == REVALIDATED
    again = site.get("/v1/openapi.json", If_None_Match=first.headers["etag"])
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert site.get("/v1/openapi.json", If_None_Match='"x"').content == first.content
