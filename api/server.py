"""Serves the app on a socket in the engine's loop, without uvicorn's signal handlers, log set-up and access log."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI

from api.caller import by_control_socket
from api.events.hub import Hub
from api.stream_protocol import StreamProtocol

GOODBYE_S: Final = 2


class QuietServer(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to `cli serve`."""
        yield


class ControlServer:
    """Use: `start`, then `stop`, on one loop."""

    def __init__(self, app: FastAPI, listening: socket.socket) -> None:
        config = uvicorn.Config(
            by_control_socket(app),
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="error",
            ws="none",
            http=StreamProtocol,
            loop="none",
            interface="asgi3",
            timeout_graceful_shutdown=GOODBYE_S,
            server_header=False,
        )
        self._server = QuietServer(config)
        self._app = app
        self._listening = listening
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Answer requests from here on."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listening]), name="control-socket")

    async def stop(self) -> None:
        """Answer what was asked, end what would never end by itself, then end."""
        hub = self._app.state.hub
        assert isinstance(hub, Hub)  # noqa: S101  # create_app puts it there
        hub.close()
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        self._listening.close()
