"""Requests that the API answered, by route as it is declared: what a path is made of would be labels without end."""

from __future__ import annotations

import time
from collections import Counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.histogram import Histogram

BOUNDS_S: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
ELSEWHERE: Final = "elsewhere"
PREFIX: Final = "/v1"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})


class Requests:
    """`answered`: by method, route and status; `seconds`: until the answer began, by route: a stream of events has no end."""

    def __init__(self) -> None:
        self.answered: Counter[tuple[str, str, str]] = Counter()
        self.seconds: dict[str, Histogram] = {}

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        self.answered[method if method in _METHODS else "other", route, str(status)] += 1
        self.seconds.setdefault(route, Histogram(BOUNDS_S)).observe(seconds)


class CountRequests:
    """Middleware. A request that nobody answers (its client went) is none."""

    def __init__(self, app: ASGIApp, requests: Requests) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._requests.note(scope["method"], _route(scope), message["status"], time.monotonic() - began)
            await send(message)

        await self._app(scope, receive, noting)


def _route(scope: Scope) -> str:
    """As it is declared, below the prefix that its router was included with."""
    declared = getattr(scope.get("route"), "path", None)
    if not isinstance(declared, str):
        return ELSEWHERE
    return (
        f"{PREFIX}{declared}"
        if scope["path"].startswith(f"{PREFIX}/") and not declared.startswith(PREFIX)
        else declared
    )
