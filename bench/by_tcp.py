"""The API by TCP with a token, as a program on another machine asks: through the gate, which the control socket has not."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.trunkline import Serve

_READY_S = 30.0
_URL = re.compile(r"api: http://([0-9.]+):([0-9]+)/")


@dataclass(frozen=True, slots=True)
class Api:
    """Where it is, and a token of scope read that is good for an hour."""

    host: str
    port: int
    token: str

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/v1"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def api_of(server: Serve, data: Path) -> Api:
    """Of a server that was begun with `api=True`. RuntimeError if it has none."""
    server.wait_said("api: http://")
    found = _URL.search(server.log())
    if found is None:
        raise RuntimeError("the server does not say where its API is")
    return Api(found[1], int(found[2]), _token(data / "control.sock"))


def _token(control: Path) -> str:
    asked = {"name": f"bench {time.time_ns()}", "scope": "read", "expires_days": 1 / 24}
    until = time.perf_counter() + _READY_S
    transport = httpx.HTTPTransport(uds=str(control))
    with httpx.Client(transport=transport, base_url="http://trunkline", timeout=_READY_S) as client:
        while True:
            answer = client.post("/v1/tokens", json=asked)
            if answer.status_code == 201:
                return str(answer.json()["token"])
            if answer.status_code != 503 or time.perf_counter() > until:
                raise RuntimeError(f"no token is made: {answer.status_code}: {answer.text[:500]}")
            time.sleep(0.1)  # the database is being opened
