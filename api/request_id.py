"""An id for each request, in its answer and in what is logged of it: the client's own in `X-Request-Id` if it is one, else a new one."""

from __future__ import annotations

import re
from typing import Final
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER: Final = "X-Request-Id"
_TAKEN: Final = re.compile(r"[A-Za-z0-9._:+/=-]{1,128}", re.ASCII)
_KEY: Final = "trunkline.request_id"


class RequestId:
    """Middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = id_of(scope)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        await self._app(scope, receive, told)


def id_of(scope: Scope) -> str:
    """Of this request; made at the first question."""
    known = scope.get(_KEY)
    if not isinstance(known, str):
        given = Headers(scope=scope).get(HEADER, "")
        scope[_KEY] = known = given if _TAKEN.fullmatch(given) else uuid4().hex
    return known
