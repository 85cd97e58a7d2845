"""No request's body is read beyond what its route needs: it would fill the server's memory, and parsing it would hold the loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY_BYTES: Final = 1024 * 1024
MOST_POSTED_BYTES: Final = 16 * 1024 * 1024
LARGER: Final[Mapping[tuple[str, str], int]] = {("POST", "/v1/plan"): MOST_POSTED_BYTES}
"""Routes that hand a body on in pieces instead of parsing it."""


def limit_of(method: str, path: str) -> int:
    """How many bytes a body may have there."""
    return LARGER.get((method, path), MOST_BODY_BYTES)


class BodyLimit:
    """Middleware: a longer body is refused (413) by whoever reads it, after at most so many bytes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            receive = _limited(receive, limit_of(scope["method"], scope["path"]))
        await self._app(scope, receive, send)


def _limited(receive: Receive, most: int) -> Receive:
    came = 0

    async def limited() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > most:
            raise HTTPException(413, f"a request's body has at most {most:,} bytes here")
        return message

    return limited
