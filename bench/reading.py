"""Who reads the API while phones call: so many requests a second, whatever the answers take, and so many readers of the event stream.

Usage: python -m bench.reading HOST PORT RATE STREAMS SECONDS CORE, with a token in TRUNKLINE_TOKEN. Prints `begun` once all streams have
said hello, and what came of it as JSON at its end. A process of its own, so that it takes nothing from the phones' generator but time of
its core.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass

import httpx

from bench import conditions
from bench.by_tcp import Api
from bench.listing import LISTS
from bench.trunkline import environment

TOKEN = "TRUNKLINE_TOKEN"  # a variable's name
_ASKED = (*LISTS, "status", "cdrs?limit=100")
_READY_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What came of it. `failed`: requests without a 200, and streams that ended."""

    asked: int
    failed: int
    median_ms: float
    p99_ms: float
    event_bytes: int


class Reading:
    """The parent's side; a context manager, within which it reads."""

    def __init__(self, api: Api, rate: float, streams: int, seconds: float, core: int) -> None:
        self._seconds = seconds
        command = [
            sys.executable,
            "-m",
            "bench.reading",
            api.host,
            str(api.port),
            str(rate),
            str(streams),
            str(seconds),
            str(core),
        ]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, env=environment() | {TOKEN: api.token}, text=True
        )

    def wait_begun(self) -> None:
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "begun\n":
            raise RuntimeError(f"the API can't be read (exit status {self._process.wait(_READY_S)}); the log is above")

    def finish(self) -> Read:
        said, _ = self._process.communicate(timeout=self._seconds + _READY_S)
        return Read(**json.loads(said))

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


async def _stream(api: Api, hello: asyncio.Event, count: list[int]) -> None:
    reader, writer = await asyncio.open_connection(api.host, api.port)
    head = f"GET /v1/events HTTP/1.1\r\nHost: {api.host}\r\nAuthorization: Bearer {api.token}\r\n\r\n"
    writer.write(head.encode())
    try:
        while data := await reader.read(65536):
            if b"event: hello" in data:
                hello.set()
            count[0] += len(data)
    finally:
        writer.close()


async def _read(api: Api, rate: float, streams: int, seconds: float) -> Read:
    hellos = [asyncio.Event() for _ in range(streams)]
    count = [0]
    reading = [asyncio.create_task(_stream(api, hello, count)) for hello in hellos]
    async with asyncio.timeout(_READY_S):
        for hello in hellos:
            await hello.wait()
    print("begun", flush=True)
    times_ms: list[float] = []
    failed = 0
    async with httpx.AsyncClient(base_url=api.url, headers=api.headers, timeout=10, trust_env=False) as client:

        async def ask(name: str) -> None:
            nonlocal failed
            began = time.perf_counter()
            try:
                answer = await client.get(f"/{name}")
                failed += answer.status_code != 200
            except httpx.HTTPError:
                failed += 1
            times_ms.append(1000 * (time.perf_counter() - began))

        began = time.perf_counter()
        asked: set[asyncio.Task[None]] = set()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            task = asyncio.create_task(ask(_ASKED[number % len(_ASKED)]))
            asked.add(task)
            task.add_done_callback(asked.discard)
        await asyncio.gather(*asked)
    failed += sum(task.done() for task in reading)
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)
    ordered = sorted(times_ms) or [float("nan")]
    return Read(
        asked=len(times_ms),
        failed=failed,
        median_ms=ordered[len(ordered) // 2],
        p99_ms=ordered[int(0.99 * len(ordered))],
        event_bytes=count[0],
    )


def main() -> None:
    host, port, rate, streams, seconds, core = sys.argv[1:]
    api = Api(host, int(port), os.environ[TOKEN])
    os.sched_setaffinity(0, {int(core)})
    conditions.prefer(0)
    import uvloop

    found = uvloop.run(_read(api, float(rate), int(streams), float(seconds)))
    json.dump({name: getattr(found, name) for name in Read.__slots__}, sys.stdout)


if __name__ == "__main__":
    main()
