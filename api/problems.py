"""Every refusal as an RFC 9457 body: what is wrong and what to do, never a traceback."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.bodies.problem import ProblemBody
from api.cdr_filters import BadFilter
from engine.errors import EngineError, NotFound
from reconciler.errors import OrderRefused, ReconcileError, Unknown
from reconciler.question import BadQuestion

log = logging.getLogger("trunkline.api")


class BadCursor(Exception):
    """A cursor that no page gave."""


def install(app: FastAPI) -> None:
    """Answer every failure of a route with a problem body."""

    @app.exception_handler(NotFound)
    async def not_found(request: Request, error: NotFound) -> JSONResponse:
        return _problem(request, 404, "Not found", str(error))

    @app.exception_handler(Unknown)
    async def unknown(request: Request, error: Unknown) -> JSONResponse:
        return _problem(request, 404, "Not found", str(error))

    @app.exception_handler(OrderRefused)
    async def refused(request: Request, error: OrderRefused) -> JSONResponse:
        return _problem(request, 409, "Refused", str(error))

    @app.exception_handler(ReconcileError)
    async def reconcile_error(request: Request, error: ReconcileError) -> JSONResponse:
        return _problem(request, 503, "Following the manifests fails", str(error))

    @app.exception_handler(BadCursor)
    async def bad_cursor(request: Request, error: BadCursor) -> JSONResponse:
        return _problem(request, 422, "Invalid request", str(error))

    @app.exception_handler(BadFilter)
    async def bad_filter(request: Request, error: BadFilter) -> JSONResponse:
        return _problem(request, 422, "Invalid request", str(error))

    @app.exception_handler(BadQuestion)
    async def bad_question(request: Request, error: BadQuestion) -> JSONResponse:
        return _problem(request, 422, "Invalid request", str(error))

    @app.exception_handler(EngineError)
    async def engine_error(request: Request, error: EngineError) -> JSONResponse:
        return _problem(request, 503, "The engine refuses", str(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [f"{'.'.join(str(part) for part in found['loc'])}: {found['msg']}" for found in error.errors()]
        return _problem(request, 422, "Invalid request", "; ".join(errors), errors)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        return _problem(
            request, error.status_code, str(error.detail), f"{request.method} {request.url.path}: {error.detail}"
        )

    @app.exception_handler(Exception)
    async def bug(request: Request, error: Exception) -> JSONResponse:
        # The border of an HTTP request. Starlette raises it again behind this answer; the server logs it there.
        log.error("request failed: method=%s path=%s error=%s", request.method, request.url.path, type(error).__name__)
        return _problem(request, 500, "Internal error", "a bug in Trunkline; the server's log has the details")


def _problem(request: Request, status: int, title: str, detail: str, errors: list[str] | None = None) -> JSONResponse:
    body = ProblemBody(title=title, status=status, detail=detail, instance=request.url.path, errors=errors)
    return JSONResponse(body.model_dump(exclude_none=True), status, media_type="application/problem+json")
