"""The app on a real control socket."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import httpx

from api import control_socket
from api.server import ControlServer
from tests.api.test_routes import Site


def test_it_answers_and_ends_and_leaves_signals_alone(tmp_path: Path) -> None:
    site = Site()
    before = signal.getsignal(signal.SIGTERM)

    async def main() -> dict[str, object]:
        server = ControlServer(site.app, control_socket.listen(tmp_path))
        await server.start()
        transport = httpx.AsyncHTTPTransport(uds=str(tmp_path / control_socket.NAME))
        async with httpx.AsyncClient(transport=transport, base_url="http://trunkline") as client:
            response = await client.get("/v1/status")
        assert signal.getsignal(signal.SIGTERM) is before
        await server.stop()
        found: dict[str, object] = response.json()
        return found

    assert asyncio.run(main())["version"] == "1.2.3"
