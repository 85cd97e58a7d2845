"""The receiver of the example does what its page says: checks, refuses, takes each call once. The real poster posts to it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runtime.webhooks.http_post import Answer, HttpPoster, PostFailed, Receiver
from engine.webhooks.call_body import call_body
from engine.webhooks.signature import identity_headers, signature
from tests.support.call_records import record

RECEIVER = Path(__file__).resolve().parents[2] / "examples" / "webhooks" / "receiver.py"
SECRET = "whsec_" + b64encode(b"k" * 32).decode()


class Example:
    """`receiver.py` in a process of its own."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self._process = subprocess.Popen(
            [sys.executable, "-u", RECEIVER],
            env={"SIGNING_SECRET": SECRET, "PORT": str(self.port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def post(self, number: int, *, secret: str = SECRET, age_s: int = 0) -> int:
        at = int(time.time()) - age_s
        message = f"cdr-{number}"
        body = call_body(record(number), "acme.example").encode()
        signed = {"Webhook-Signature": signature(secret, message, at, body)}
        return asyncio.run(self._post({**identity_headers(message, at), **signed}, body)).status

    async def _post(self, headers: dict[str, str], body: bytes) -> Answer:
        to = Receiver(url=f"http://127.0.0.1:{self.port}/", auth="none", user="", password=None, timeout_s=5.0)
        poster = HttpPoster()
        try:
            for _ in range(100):
                try:
                    return await poster.post(to, headers, body)
                except PostFailed:  # not up yet
                    await asyncio.sleep(0.1)
            raise AssertionError("the example does not answer")
        finally:
            await poster.close()

    def stop(self) -> str:
        """What it printed."""
        self._process.terminate()
        printed, _ = self._process.communicate(timeout=10)
        return printed


@pytest.fixture
def example() -> Iterator[Example]:
    started = Example()
    yield started
    started.stop()


def test_each_call_once_and_only_ours(example: Example) -> None:
    assert [example.post(1), example.post(1), example.post(2)] == [204, 204, 204]
    assert example.post(3, secret="whsec_" + b64encode(b"x" * 32).decode()) == 403
    assert example.post(4, age_s=600) == 403
    line = "sip:101@acme.example -> sip:102@acme.example ANSWERED 60 s"
    assert example.stop().splitlines() == [line, line]
