"""Every refusal as an RFC 9457 body: what is wrong and what to do, never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from api.bodies.problem import ProblemBody
from api.caller import NotAllowed, NotKnown
from api.cdr_filters import BadFilter
from api.description import methods_of
from api.etag import ChangedMeanwhile
from api.paging import BadCursor
from api.problem_type import ProblemType, title_of, type_of
from api.request_id import id_of
from api.tokens import TokensUnknown
from engine.errors import BalanceRefused, EngineError, NotChangeable, NotFound, PreferenceRefused
from reconciler.errors import BadManifestSet, FaultyManifests, OrderRefused, ReconcileError, TrialRefused, Unknown
from reconciler.question import BadQuestion

log = logging.getLogger("trunkline.api")

MEDIA_TYPE: Final = "application/problem+json"
UNREADABLE: Final = frozenset({"json_invalid"})


SORTS: Final[Mapping[type[Exception], ProblemType]] = {
    NotKnown: ProblemType.UNAUTHENTICATED,
    NotAllowed: ProblemType.FORBIDDEN,
    NotFound: ProblemType.NOT_FOUND,
    Unknown: ProblemType.NOT_FOUND,
    OrderRefused: ProblemType.REFUSED,
    BalanceRefused: ProblemType.REFUSED,
    NotChangeable: ProblemType.REFUSED,
    PreferenceRefused: ProblemType.INVALID,
    ChangedMeanwhile: ProblemType.CHANGED_MEANWHILE,
    ReconcileError: ProblemType.NOT_FOLLOWING,
    BadCursor: ProblemType.INVALID,
    BadFilter: ProblemType.INVALID,
    BadQuestion: ProblemType.INVALID,
    EngineError: ProblemType.ENGINE,
}
"""Errors whose message is the whole detail. The nearest class counts."""


def install(app: FastAPI) -> None:
    """Answer every failure of a route with a problem body."""
    for error, sort in SORTS.items():
        app.add_exception_handler(error, _plain(sort))

    @app.exception_handler(FaultyManifests)
    async def faulty(request: Request, error: FaultyManifests) -> Response:
        # The list comes ready from the child; reading a thousand problems to write them again would hold the loop.
        told = _body(request, ProblemType.INVALID_MANIFESTS, str(error)).model_dump_json(exclude_none=True).encode()
        return Response(told[:-1] + b',"problems":' + error.problems + b"}", 422, media_type=MEDIA_TYPE)

    @app.exception_handler(BadManifestSet)
    async def bad_set(request: Request, error: BadManifestSet) -> JSONResponse:
        return problem(request, ProblemType.MALFORMED if error.is_malformed else ProblemType.INVALID, str(error))

    @app.exception_handler(TokensUnknown)
    async def unknown_yet(request: Request, error: TokensUnknown) -> JSONResponse:
        return problem(request, ProblemType.BUSY, str(error), headers={"Retry-After": "2"})

    @app.exception_handler(TrialRefused)
    async def busy(request: Request, error: TrialRefused) -> JSONResponse:
        return problem(request, ProblemType.BUSY, str(error), headers={"Retry-After": str(error.retry_after_s)})

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        found = error.errors()
        errors = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in found]
        sort = ProblemType.MALFORMED if any(one["type"] in UNREADABLE for one in found) else ProblemType.INVALID
        return problem(request, sort, "; ".join(errors), errors)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        detail = f"{request.method} {request.url.path}: {error.detail}"
        if error.status_code == 405:
            # RFC 9110 §10.2.1: all methods of the path; what finds a route knows those of the first one only.
            return problem(
                request,
                ProblemType.METHOD_NOT_ALLOWED,
                detail,
                headers={"Allow": ", ".join(methods_of(request.url.path))},
            )
        sort = type_of(error.status_code)
        if sort is not None:
            return problem(request, sort, detail, headers=error.headers)
        title = title_of(error.status_code)
        body = ProblemBody(
            type="about:blank", title=title, status=error.status_code, detail=detail, instance=request.url.path
        )
        return _response(body, error.headers)

    @app.exception_handler(Exception)
    async def bug(request: Request, error: Exception) -> JSONResponse:
        # The border of an HTTP request. Starlette raises it again behind this answer; the server logs it there.
        log.error(
            "request failed: method=%s path=%s request=%s error=%s",
            request.method,
            request.url.path,
            id_of(request.scope),
            type(error).__name__,
        )
        # This answer is made outside of the middleware that gives all others their id.
        headers = {"X-Request-Id": id_of(request.scope)}
        return problem(
            request, ProblemType.INTERNAL, "a bug in Trunkline; the server's log has the details", headers=headers
        )


def problem(
    request: Request,
    sort: ProblemType,
    detail: str,
    errors: list[str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The answer of that sort to this request."""
    return _response(_body(request, sort, detail, errors), headers)


def _plain(sort: ProblemType) -> Callable[[Request, Exception], JSONResponse]:
    def told(request: Request, error: Exception) -> JSONResponse:
        return problem(request, sort, str(error))

    return told


def _body(request: Request, sort: ProblemType, detail: str, errors: list[str] | None = None) -> ProblemBody:
    kind = sort.value
    return ProblemBody(
        type=sort.uri, title=kind.title, status=kind.status, detail=detail, instance=request.url.path, errors=errors
    )


def _response(body: ProblemBody, headers: Mapping[str, str] | None) -> JSONResponse:
    return JSONResponse(body.model_dump(exclude_none=True), body.status, dict(headers or {}), media_type=MEDIA_TYPE)
