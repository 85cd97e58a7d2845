"""The real API over a server that follows a folder, on a control socket: what the command line talks to, without sockets for phones."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import FastAPI

from api import control_socket
from api.access import Access
from api.app import create_app
from api.server import ControlServer
from api.tcp_server import TcpServer
from engine.cdr import CallDetailRecord
from tests.support.doors import doors_of
from tests.support.fake_engine import FakeRecords
from tests.support.following_server import Server


@contextmanager
def served(
    server: Server, data: Path, closed: Iterable[CallDetailRecord] = (), access: Access | None = None
) -> Iterator[None]:
    """The server's API on `data/control.sock`, in a thread with a loop of its own. Rounds are those that are ordered."""
    records = FakeRecords()
    records.records += closed
    doors = doors_of(server, records)
    with answering(create_app(doors, "1.2.3", access), data):
        yield


@contextmanager
def answering(app: FastAPI, data: Path) -> Iterator[asyncio.AbstractEventLoop]:
    """An app on `data/control.sock`, in a thread with a loop of its own, which is yielded."""
    started, stop = threading.Event(), threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def main() -> None:
        loops.append(asyncio.get_running_loop())
        control = ControlServer(app, control_socket.listen(data))
        await control.start()
        started.set()
        await asyncio.to_thread(stop.wait)
        await control.stop()

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    try:
        assert started.wait(10)
        yield loops[0]
    finally:
        stop.set()
        thread.join(10)


@contextmanager
def by_tcp(app: FastAPI, access: Access) -> Iterator[tuple[str, asyncio.AbstractEventLoop]]:
    """An app behind its gate on a free port, in a thread with a loop of its own: its URL, and the loop."""
    started, stop = threading.Event(), threading.Event()
    urls: list[str] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def main() -> None:
        loops.append(asyncio.get_running_loop())
        app.state.access = access
        await access.tokens.load()
        server = TcpServer(app, access, "127.0.0.1", 0, told=urls.append)
        await server.start()
        started.set()
        await asyncio.to_thread(stop.wait)
        app.state.hub.close()
        await server.stop()

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    try:
        assert started.wait(10)
        yield urls[0], loops[0]
    finally:
        stop.set()
        thread.join(10)
