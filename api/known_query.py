"""A query parameter that a route does not have is refused: without its filter, a misspelt one would show what was not asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from schema.nearest import one_of

HOOK: Final = "/source/hook"
"""A forge may put what it likes into the address that it was given."""


async def known_query(request: Request) -> None:
    """A dependency of every route under `/v1`."""
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute) or route.path.endswith(HOOK):
        return
    known = _names(route)
    wrong = [name for name in request.query_params if name not in known]
    if wrong:
        raise RequestValidationError(
            [
                {"loc": ("query", name[:40]), "msg": _told(name, known), "type": "unknown_parameter"}
                for name in wrong[:5]
            ]
        )


def _names(route: APIRoute) -> frozenset[str]:
    return frozenset(_aliases(route.dependant))


def _aliases(dependant: Dependant) -> Iterator[str]:
    yield from (one.alias for one in dependant.query_params)
    for below in dependant.dependencies:
        yield from _aliases(below)


def _told(name: str, known: frozenset[str]) -> str:
    if not known:
        return "this route has no query parameters"
    return f"there is no such parameter; {one_of(name, sorted(known))}"
