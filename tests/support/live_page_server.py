"""A small server of the live page with whatever lists and events a test wants: it speaks the API's contracts over TCP, without an engine.

`events`: what is sent to each stream behind `hello`, in order; more is pushed by `push`; `held`: what the cookie has to hold.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import StreamingResponse

from api import live_page
from tests.support.ports import LOOPBACK

Json = dict[str, object]
LISTS: Final = (
    "calls",
    "registrations",
    "preferences",
    "trunks",
    "listeners",
    "bans",
    "cdrs",
    "resources",
    "revisions",
)
COOKIE: Final = "trunkline_session"


def event(kind: str, body: Mapping[str, object]) -> str:
    return f"event: {kind}\ndata: {json.dumps(body)}\n\n"


class LivePageServer:
    """`lists`: items of each list; `status`: the body of /v1/status; `explanations`: by call id."""

    def __init__(self) -> None:
        self.lists: dict[str, list[Json]] = {name: [] for name in LISTS}
        self.status: Json = {}
        self.rates: Json = {"at": []}
        self.explanations: dict[str, Json] = {}
        self.session: Json = {"name": "ada", "scope": "operate", "tenant": None}
        self.code = "once"
        self.held = "held"
        self.orders: list[str] = []
        self.asked: list[str] = []
        self.queries: list[str] = []
        self.address = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._streams: set[asyncio.Queue[str | None]] = set()
        self._held: dict[str, threading.Event] = {}

    def push(self, texts: Iterable[str]) -> None:
        """To all streams that are open."""
        assert self._loop is not None
        text = "".join(texts)
        self._loop.call_soon_threadsafe(self._send, text)

    def cut(self) -> None:
        """End all streams, as a restart does."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._send, None)

    @contextmanager
    def holding(self, name: str) -> Iterator[None]:
        """Within it, questions for that list are taken and not answered; what they are told is as it was when they came."""
        self._held[name] = threading.Event()
        try:
            yield
        finally:
            self._held.pop(name).set()

    def _send(self, text: str | None) -> None:
        for stream in self._streams:
            stream.put_nowait(text)

    def app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        live_page.install(app)

        def check(request: Request) -> None:
            self.asked.append(f"{request.method} {request.url.path}")
            self.queries.append(request.url.query)
            if request.headers.get("authorization") == "Bearer tl_right":
                return
            if request.cookies.get(COOKIE) != self.held:
                raise HTTPException(401, "no session")
            if request.method != "GET" and request.headers.get("x-trunkline-request") != "1":
                raise HTTPException(403, "no X-Trunkline-Request")

        @app.get("/v1/session")
        async def session(request: Request) -> Json:
            check(request)
            return self.session

        @app.post("/v1/session")
        async def open_session(request: Request, response: Response) -> Json:
            body = await request.json()
            if body["code"] != self.code:
                raise HTTPException(410, "used")
            self.code = ""
            response.set_cookie(COOKIE, self.held, httponly=True, samesite="strict")
            return self.session

        @app.delete("/v1/session", status_code=204)
        async def close_session(request: Request) -> Response:
            check(request)
            answer = Response(status_code=204)
            answer.delete_cookie(COOKIE)
            return answer

        @app.get("/v1/events")
        async def events(request: Request) -> StreamingResponse:
            check(request)
            return StreamingResponse(self._stream(), media_type="text/event-stream")

        @app.get("/v1/status")
        async def status(request: Request) -> Json:
            check(request)
            return self.status

        @app.get("/v1/rates")
        async def rates(request: Request) -> Json:
            check(request)
            return self.rates

        @app.get("/v1/explain/{call_id}")
        async def explain(request: Request, call_id: str) -> Json:
            check(request)
            if call_id not in self.explanations:
                raise HTTPException(404, "unknown")
            return self.explanations[call_id]

        @app.delete("/v1/calls/{call_id}", status_code=204)
        async def hang_up(request: Request, call_id: str) -> Response:
            check(request)
            self.orders.append(f"hang up {call_id}")
            return Response(status_code=204)

        @app.get("/v1/{name}")
        async def items(request: Request, name: str, limit: int = 100, cursor: int = 0) -> Json:
            check(request)
            found = list(self.lists[name])
            following = cursor + limit
            if name in self._held:
                await asyncio.to_thread(self._held[name].wait, 30)
            return {"items": found[cursor:following], "next": str(following) if following < len(found) else None}

        return app

    async def _stream(self) -> AsyncIterator[str]:
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._streams.add(queue)
        try:
            hello = {"epoch": "e", "version": "1.2.3", "resumed": False, "at": datetime.now(UTC).isoformat()}
            yield event("hello", hello)
            while (text := await queue.get()) is not None:
                yield text
        finally:
            self._streams.discard(queue)

    @contextmanager
    def serving(self) -> Iterator[LivePageServer]:
        """In a thread with a loop of its own, at `address`."""
        listening = socket.create_server((LOOPBACK, 0))
        listening.setblocking(False)
        self.address = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
        started, stop = threading.Event(), threading.Event()

        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            server = uvicorn.Server(uvicorn.Config(self.app(), lifespan="off", log_config=None, ws="none"))
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            started.set()
            await asyncio.to_thread(stop.wait)
            server.should_exit = True
            self._send(None)
            await serving

        thread = threading.Thread(target=asyncio.run, args=(main(),))
        thread.start()
        try:
            assert started.wait(10)
            yield self
        finally:
            stop.set()
            thread.join(10)
