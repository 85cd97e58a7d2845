"""Bodies are JSON and say so. What is sent as anything else is not read as JSON all the same: a web page of somebody else's can send text
in a user's name without asking, JSON it can't (Fetch standard, CORS-safelisted request-header)."""

from __future__ import annotations

from typing import Final

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READING: Final = frozenset({"GET", "HEAD"})
FREE: Final = frozenset({("POST", "/v1/plan")})
"""Routes that take other forms, too, and look themselves."""


class JsonBodies:
    """Middleware: a body of another media type is refused (415) by whoever reads it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_taken(scope["method"], scope["path"], Headers(scope=scope)):
            receive = _refused
        await self._app(scope, receive, send)


def _is_taken(method: str, path: str, headers: Headers) -> bool:
    if method in READING or (method, path) in FREE:
        return True
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return True  # no body
    said = headers.get("content-type", "").partition(";")[0].strip().lower()
    return said == "application/json" or (said.startswith("application/") and said.endswith("+json"))


async def _refused() -> Message:
    raise HTTPException(415, "a body is sent as application/json")
