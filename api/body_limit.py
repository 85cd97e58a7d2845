"""No request's body is read beyond what any of them needs: it would fill the server's memory, and parsing it would hold the loop."""

from __future__ import annotations

from typing import Final

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY_BYTES: Final = 1024 * 1024


class BodyLimit:
    """Middleware: a longer body is refused (413) by whoever reads it, after at most so many bytes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, _limited(receive), send)


def _limited(receive: Receive) -> Receive:
    came = 0

    async def limited() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > MOST_BODY_BYTES:
            raise HTTPException(413, f"a request's body has at most {MOST_BODY_BYTES:,} bytes")
        return message

    return limited
