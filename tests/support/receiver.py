"""A web server that webhooks are posted to, in a thread of its own: well-behaved or not, with real Basic and Digest authentication.

HTTP/1.1 as far as a POST needs it (RFC 9112); Digest as a server does it (RFC 7616 §3.3-3.4), with its own arithmetic.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import threading
import time
from base64 import b64decode
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import md5, sha256
from typing import Final

OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Posted:
    """One request as it came; header names in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> dict[str, object]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


def answer(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    lines = [f"HTTP/1.1 {status} So", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


@dataclass(slots=True)
class Behaviour:
    """What comes back: `data`, after `delay_s`, then for ever `endless`; `hangs`: nothing at all; `resets`: the connection is cut."""

    data: bytes = OK
    delay_s: float = 0.0
    endless: bytes = b""
    hangs: bool = False
    resets: bool = False


@dataclass(slots=True)
class Login:
    """Who may post. `algorithm`: MD5 or SHA-256 for Digest, "" for Basic."""

    user: str
    password: str
    algorithm: str = ""
    nonces: dict[str, int] = field(default_factory=dict)


class Receiver:
    """`with Receiver() as receiver:`; `script`: for the next requests, in order, then `default`. `posted`: what was let in."""

    def __init__(
        self,
        *,
        login: Login | None = None,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.login = login
        self.host, self.port = host, port
        self.script: deque[Behaviour] = deque()
        self.default = Behaviour()
        self.posted: list[Posted] = []
        self.refused: list[Posted] = []
        self.connections = 0
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._arrived = threading.Condition()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Receiver:
        self._thread.start()
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    @property
    def url(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://{self.host}:{self.port}/hook"

    def up(self) -> None:
        asyncio.run_coroutine_threadsafe(self._up(), self._loop).result(5)

    def down(self) -> None:
        """Nobody listens any more, and who was being served is cut off."""
        asyncio.run_coroutine_threadsafe(self._down(), self._loop).result(5)

    def wait(self, count: int, within_s: float = 10.0) -> list[Posted]:
        """So many requests have been let in."""
        self.wait_for(lambda: len(self.posted) >= count, within_s)
        return list(self.posted)

    def wait_for(self, condition: Callable[[], bool], within_s: float = 10.0) -> None:
        with self._arrived:
            done = self._arrived.wait_for(condition, within_s)
        assert done, f"got {[(one.id, one.body[:80]) for one in self.posted]}"

    async def _up(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, self.host, self.port, ssl=self._tls, ssl_handshake_timeout=5 if self._tls else None
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _down(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.sleep(0)
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        self.connections += 1
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        posted = Posted(method, path, headers, body, time.monotonic())
        challenge = self._challenge(posted)
        if challenge is not None:
            self.refused.append(posted)
            writer.write(challenge)
            return True
        behaviour = self.script.popleft() if self.script else self.default
        with self._arrived:
            self.posted.append(posted)
            self._arrived.notify_all()
        await asyncio.sleep(behaviour.delay_s)
        if behaviour.hangs:
            await asyncio.sleep(3600)
        if behaviour.resets:
            return False
        writer.write(behaviour.data)
        await writer.drain()
        while behaviour.endless:
            writer.write(behaviour.endless)
            await writer.drain()
        return True

    def _challenge(self, posted: Posted) -> bytes | None:
        """What is answered to who has not logged in."""
        login = self.login
        if login is None:
            return None
        said = posted.headers.get("authorization", "")
        if not login.algorithm:
            expected = f"{login.user}:{login.password}".encode()
            if said.startswith("Basic ") and b64decode(said[6:]) == expected:
                return None
            return answer(401, {"WWW-Authenticate": 'Basic realm="crm"'})
        if said.startswith("Digest ") and self._is_right(login, posted, said[7:]):
            return None
        nonce = f"n{len(login.nonces)}x{id(login)}"
        login.nonces[nonce] = 0
        value = f'Digest realm="crm", qop="auth", algorithm={login.algorithm}, nonce="{nonce}", opaque="o"'
        return answer(401, {"WWW-Authenticate": value})

    def _is_right(self, login: Login, posted: Posted, said: str) -> bool:
        given = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', said)}
        count = int(given.get("nc", "0"), 16)
        if given.get("uri") != posted.path or count <= login.nonces.get(given.get("nonce", ""), count):
            return False
        login.nonces[given["nonce"]] = count

        def hashed(text: str) -> str:
            return (sha256 if login.algorithm == "SHA-256" else md5)(text.encode()).hexdigest()

        ha1 = hashed(f"{login.user}:crm:{login.password}")
        ha2 = hashed(f"{posted.method}:{posted.path}")
        expected = hashed(f"{ha1}:{given['nonce']}:{given['nc']}:{given['cnonce']}:auth:{ha2}")
        return given.get("response") == expected and given.get("username") == login.user and given.get("opaque") == "o"
