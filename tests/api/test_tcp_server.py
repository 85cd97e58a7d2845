"""The API by TCP, over real loopback sockets: ports that are taken, clients that hold on to a connection, too much of everything."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from api.access import Access
from api.tcp_protocol import MOST_HEAD_BYTES, Connections
from api.tcp_server import TcpServer, url_of
from tests.api.test_gate import the_app
from tests.support.access_store import MemoryAccess

LOOPBACK = "127.0.0.1"


class Served:
    def __init__(self, port: int = 0) -> None:
        self.access = Access(MemoryAccess())
        self.told: list[str] = []
        app = the_app()
        app.state.access = self.access
        self.server = TcpServer(app, self.access, LOOPBACK, port, told=self.told.append, retry_s=0.02)

    @property
    def port(self) -> int:
        return int(self.told[-1].rsplit(":", 1)[1].strip("/"))

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(LOOPBACK, self.port)

    async def health(self) -> int:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"{self.told[-1]}healthz")).status_code


@asynccontextmanager
async def served(port: int = 0) -> AsyncIterator[Served]:
    subject = Served(port)
    await subject.server.start()
    try:
        yield subject
    finally:
        await subject.server.stop()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


def tell(story: Awaitable[None]) -> None:
    async def whole() -> None:
        await story

    asyncio.run(whole())


def test_it_serves_and_says_where() -> None:
    async def story() -> None:
        async with served() as site:
            assert site.told == [site.access.url]
            assert await site.health() == 200
        assert site.access.url is None

    tell(story())


def test_a_taken_port_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        with socket.socket() as taken:
            taken.bind((LOOPBACK, 0))
            taken.listen()
            port = taken.getsockname()[1]
            async with served(port) as site:
                await asyncio.sleep(0.1)
                assert (site.told, site.access.url) == ([], None)
                taken.close()
                await until(lambda: bool(site.told))
                assert await site.health() == 200
        (told,) = [one.getMessage() for one in caplog.records if "can't be opened" in one.getMessage()]
        assert "free the port, or choose another with --api" in told

    tell(story())


def test_it_ends_while_its_port_is_taken() -> None:
    async def story() -> None:
        with socket.socket() as taken:
            taken.bind((LOOPBACK, 0))
            taken.listen()
            async with served(taken.getsockname()[1]), asyncio.timeout(5):
                pass

    tell(story())


BAD = {
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 200,
    "a head without end": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * (MOST_HEAD_BYTES + 70_000),
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two lengths": b"POST /v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
}


@pytest.mark.parametrize("sent", BAD.values(), ids=BAD.keys())
def test_what_is_no_good_request_is_refused_and_others_are_served(sent: bytes) -> None:
    async def story() -> None:
        async with served() as site, asyncio.timeout(10):
            reader, writer = await site.connect()
            writer.write(sent)
            try:
                answer = await reader.readuntil(b"\r\n")
            except (asyncio.IncompleteReadError, ConnectionResetError):
                answer = b"HTTP/1.1 4 closed"
            assert answer.startswith(b"HTTP/1.1 4")
            writer.close()
            assert await site.health() == 200

    tell(story())


SLOW = {
    "nothing": b"",
    "half a head": b"GET /healthz HTTP/1.1\r\nHost: loc",
    "half a body": b"POST /v1/session HTTP/1.1\r\nHost: localhost\r\nX-Trunkline-Request: 1\r\n"
    b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    "a request, and then nothing": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW.keys())
def test_who_sends_no_whole_request_is_cut_off(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEAD_S", "BODY_S"):
        monkeypatch.setattr(f"api.tcp_protocol.{name}", 0.2)
    monkeypatch.setattr("api.tcp_protocol.LOOK_S", 0.05)

    async def story() -> None:
        async with served() as site, asyncio.timeout(10):
            reader, writer = await site.connect()
            writer.write(sent)
            try:
                while await reader.read(1000):
                    pass
            except ConnectionResetError:
                pass
            writer.close()
            assert sum(site.server.connections.counters.values()) == 1
            assert await site.health() == 200

    tell(story())


def test_idle_connections_in_any_number_shut_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with served() as site, asyncio.timeout(20):
            site.server.connections.most = 20
            writers = [(await site.connect())[1] for _ in range(60)]
            await until(lambda: site.server.connections.counters["too many connections"] >= 40)
            assert await site.health() == 200
            assert len(site.server.connections.open) <= 20
            for writer in writers:
                writer.close()

    tell(story())


def test_nothing_that_ended_is_kept() -> None:
    async def story() -> None:
        async with served() as site, asyncio.timeout(20):
            for _ in range(3):
                await site.health()
            await until(lambda: not site.server.connections.open)
            site.server.connections.look()
            assert site.server.connections.counters == {}

    tell(story())


def test_no_connection_is_counted_before_there_is_one() -> None:
    Connections(lambda: 0.0).look()


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:80/"), ("::1", "http://[::1]:80/"), ("0.0.0.0", "http://127.0.0.1:80/"), ("::", "http://[::1]:80/")],
)  # fmt: skip
def test_where_a_browser_finds_it(host: str, url: str) -> None:
    assert url_of(host, 80) == url
