"""Misspelt query parameters are refused with the nearest known one; they never widen an answer."""

from __future__ import annotations

import pytest

from tests.api.test_routes import Site

WRONG = [
    ("/v1/cdrs/export?tennant=acme", 'did you mean "tenant"?'),
    ("/v1/cdrs?calle=101", 'did you mean "caller"?'),
    ("/v1/calls?tennant=acme", 'did you mean "tenant"?'),
    ("/v1/events?last_event=1-2", 'did you mean "last_event_id"?'),
    ("/v1/status?verbose=1", "has no query parameters"),
    ("/v1/status?limit=1", "has no query parameters"),
    ("/v1/problems?limit=1", "has no query parameters"),
    ("/v1/log-levels?cursor=x", "has no query parameters"),
]


@pytest.mark.parametrize(("path", "told"), WRONG)
def test_a_parameter_that_the_route_does_not_have_is_refused(path: str, told: str) -> None:
    answer = Site().get(path)
    assert (answer.status_code, answer.json()["type"]) == (422, "/v1/problems/invalid")
    assert told in answer.json()["detail"]


@pytest.mark.parametrize(
    "path", ["/v1/cdrs?tenant=acme&limit=1", "/v1/calls?tenant=acme", "/v1/listeners?limit=9", "/v1/status"]
)
def test_what_the_route_has_is_taken(path: str) -> None:
    assert Site().get(path).status_code == 200
