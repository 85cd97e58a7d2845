"""A reader's stream over HTTP: server-sent events, until the client leaves, the server stops, or the client reads too slowly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from fastapi import Response
from starlette.types import Receive, Scope, Send

from api.events.hub import Reader

HEARTBEAT_S: Final = 15.0
STUCK_S: Final = 30.0
ABORT: Final = "abort"
"""In the scope's state, where the server puts it: breaks the connection off."""


class EventStream(Response):
    """`heartbeat_s`: how long it is silent at most; `stuck_s`: how long a client may read nothing of what waits for it."""

    media_type = "text/event-stream"
    heartbeat_s = HEARTBEAT_S
    stuck_s = STUCK_S

    def __init__(self, reader: Reader) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reader = self._reader
        sending = asyncio.ensure_future(self._send_all(send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
                if reader.ended is not None and reader.is_stuck:
                    await _break_off(scope, leaving)
        finally:
            reader.close()
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send_all(self, send: Send) -> None:
        reader = self._reader
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        chunk = reader.hello()
        while True:
            try:
                async with asyncio.timeout(self.stuck_s):
                    await send({"type": "http.response.body", "body": chunk, "more_body": reader.ended is None})
            except TimeoutError:
                reader.is_stuck = True
                if reader.ended is None:
                    reader.cut_off("it has read nothing for a while")
                return
            if reader.ended is not None:
                return
            chunk = reader.take()
            while not chunk and reader.ended is None:
                chunk = reader.take() if await reader.news(self.heartbeat_s) else reader.heartbeat()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _break_off(scope: Scope, leaving: asyncio.Future[None]) -> None:
    """What a client does not read can't be ended in good order: that would have to be read, too."""
    abort: Callable[[], None] | None = scope.get("state", {}).get(ABORT)
    if abort is not None:
        abort()
        await asyncio.wait({leaving}, timeout=1.0)
