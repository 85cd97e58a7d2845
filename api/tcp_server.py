"""The API by TCP: the app behind the gate. A port that is taken, or goes, keeps nobody from being called: it is tried again.

Use: `start`, then `stop`, on one loop.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Final

import uvicorn
from fastapi import FastAPI

from api.access import Access
from api.gate import Gate
from api.proxies import Network, Proxies
from api.server import GOODBYE_S, QuietServer
from api.tcp_protocol import HEAD_S, MOST_HEAD_BYTES, Connections, protocol_of

log = logging.getLogger("trunkline.api")

RETRY_S: Final = 5.0
BACKLOG: Final = 128


class TcpServer:
    """`told`: called with the URL each time that the port is opened."""

    def __init__(
        self,
        app: FastAPI,
        access: Access,
        host: str,
        port: int,
        *,
        names: frozenset[str] = frozenset(),
        proxies: Sequence[Network] = (),
        told: Callable[[str], None] = lambda url: None,
        retry_s: float = RETRY_S,
    ) -> None:
        self.connections = Connections(time.monotonic)
        self.gate = Gate(app, access, names, time.monotonic, Proxies(proxies))
        self._access = access
        self._place = (host, port)
        self._told = told
        self._retry_s = retry_s
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None
        self._sweep: asyncio.Task[None] | None = None
        self._problem: str | None = None

    async def start(self) -> None:
        """Open the port, if it is free; otherwise it is tried again in the background."""
        listening = self._open()
        self._task = asyncio.create_task(self._run(listening), name="api")
        self._sweep = asyncio.create_task(self.connections.run(), name="api-connections")

    async def stop(self) -> None:
        """Answer what was asked, then end. Event streams are ended by the control socket's server, which has the same app."""
        if self._sweep is not None:
            self._sweep.cancel()
        if self._server is not None:
            self._server.should_exit = True
        elif self._task is not None:
            self._task.cancel()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, listening: socket.socket | None) -> None:
        while True:
            while listening is None:
                await asyncio.sleep(self._retry_s)
                listening = self._open()
            self._server = server = QuietServer(self._config())
            try:
                await server.serve(sockets=[listening])
            except OSError as error:
                log.error("the API's port is lost: %s; opened again", error)
            finally:
                self._access.url = None
                listening.close()
            if server.should_exit:
                return
            listening = None

    def _config(self) -> uvicorn.Config:
        return uvicorn.Config(
            self.gate,
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="error",  # strangers' faulty requests are no events of ours
            ws="none",
            http=protocol_of(self.connections),
            loop="none",
            interface="asgi3",
            timeout_keep_alive=int(HEAD_S),
            timeout_graceful_shutdown=GOODBYE_S,
            h11_max_incomplete_event_size=MOST_HEAD_BYTES,
            server_header=False,
            proxy_headers=False,  # who is believed about the other side of a proxy, the gate knows
        )

    def _open(self) -> socket.socket | None:
        host, port = self._place
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
            listening.listen(BACKLOG)
            listening.setblocking(False)
        except OSError as error:
            listening.close()
            why = (error.strerror or str(error)).lower()
            if why != self._problem:
                log.warning(
                    "the API and its page are not served: %s:%d can't be opened: %s; phones are; free the port, or choose another "
                    "with --api (TRUNKLINE_API), or none with --api off; tried again every %g s",
                    host, port, why, self._retry_s,
                )  # fmt: skip
            self._problem = why
            return None
        self._problem = None
        self._access.url = url_of(host, listening.getsockname()[1])
        log.info("api: %s", self._access.url)
        self._told(self._access.url)
        return listening


def url_of(host: str, port: int) -> str:
    """Where a browser finds it; of all addresses this machine's own one."""
    address = ip_address(host)
    if address.is_unspecified:
        host = "127.0.0.1" if address.version == 4 else "::1"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
