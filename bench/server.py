"""The server under test: an Engine with one tenant of many extensions, in a process of its own on a core of its own.

`Server` is the parent's side; run as a module it is the child, which serves until its standard input ends. It is configured
through the engine's doors, as the reconciler does it, and writes journal and database for real. Everything else that `trunkline serve`
carries (watching manifests, HTTP) is idle between changes and not here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from engine.config.extension import ExtensionConfig
from engine.config.listener import ListenerConfig
from engine.config.secret import SecretRef, Secrets
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.config.system import SystemConfig
from engine.config.tenant import TenantConfig
from engine.native import protocol

if TYPE_CHECKING:
    from engine.runtime.engine import Engine

HOST = "127.0.0.1"
DOMAIN = "bench.example"
_FIRST_NUMBER = 100_000
_READY_S = 60.0


def number(index: int) -> str:
    """The number, and the user name, of an extension."""
    return str(_FIRST_NUMBER + index)


def password(index: int) -> str:
    """One that is not found by guessing: of weak ones there would be a warning each."""
    return f"{index * 2_654_435_761 % 2**32:08X}-{(index + 7) * 2_246_822_519 % 2**32:08x}-{index}"


def snapshot(extensions: int, port: int) -> Snapshot:
    people = [
        ExtensionConfig(
            tenant="bench",
            name=number(i),
            number=number(i),
            auth_user=number(i),
            password=SecretRef(f"env:P{i}"),
            display_name=f"Person {i}",
        )
        for i in range(extensions)
    ]
    return Snapshot.build(
        system=SystemConfig(),
        listeners=[ListenerConfig(name="udp", transport="udp", port=port)],
        tenants=[TenantSnapshot.build([TenantConfig(name="bench", domain=DOMAIN), *people])],
    )


class Server:
    """A running server; a context manager. RuntimeError with what it said, if it does not come up."""

    def __init__(self, extensions: int, core: int) -> None:
        self._extensions = extensions
        self._core = core
        self.port = _free_port()

    def __enter__(self) -> Server:
        self._data = tempfile.TemporaryDirectory(prefix="trunkline-bench-")
        command = [sys.executable, "-m", "bench.server", "--extensions", str(self._extensions)]
        command += ["--port", str(self.port), "--core", str(self._core), "--data", self._data.name]
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        try:
            self._ask("")
        except RuntimeError:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.close()
            self._process.wait(20)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._log.close()
        self._data.cleanup()

    def counters(self) -> dict[str, int]:
        """The engine's own counters, and `calls`, `registrations`, `memory_kib` now."""
        found: dict[str, int] = json.loads(self._ask("counters"))
        return found

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds used so far, by thread name; all threads together are what is charged."""
        used: dict[str, float] = {}
        for task in Path(f"/proc/{self._process.pid}/task").iterdir():
            try:
                name = (task / "comm").read_text().strip()
                spent = int((task / "schedstat").read_text().split()[0]) / 1e9
            except (OSError, ValueError):
                continue  # ended while we looked
            used[f"{name} {task.name}"] = spent
        return used

    def _ask(self, question: str) -> str:
        """One line to the child, one line back; without a question only wait for the line."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        if question:
            stdin.write(question + "\n")
            stdin.flush()
        line = stdout.readline()
        if not line:
            raise RuntimeError(
                f"the server under test ended with status {self._process.wait(_READY_S)}; its log is above"
            )
        return line


def cpu_between(before: dict[str, float], after: dict[str, float]) -> float:
    """CPU seconds of all threads."""
    return sum(spent - before.get(thread, 0.0) for thread, spent in after.items())


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


async def _serve(extensions: int, port: int, data: Path) -> None:
    protocol.use()  # before anything of the engine is imported
    from engine.runtime.engine import Engine

    engine = Engine(data, HOST)
    await engine.start()
    secrets = Secrets("1", {SecretRef(f"env:P{i}"): password(i) for i in range(extensions)})
    await engine.apply(snapshot(extensions, port), secrets)
    engine.open_records()
    while engine.records.problem is not None:
        await asyncio.sleep(0.1)
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip() == "counters":
            print(json.dumps(_counters(engine)), flush=True)
    await engine.stop()


def _counters(engine: Engine) -> dict[str, int]:
    view = engine.engine()
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    return {
        **dict(view.counters),
        "calls": view.calls,
        "registrations": view.registrations,
        "memory_kib": resident,
    }


def _run(main: Coroutine[None, None, None]) -> None:
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)


def main() -> None:
    parser = argparse.ArgumentParser(description="the server under test; serves until standard input ends")
    parser.add_argument("--extensions", type=int, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--core", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    os.sched_setaffinity(0, {given.core})
    _run(_serve(given.extensions, given.port, given.data))


if __name__ == "__main__":
    main()
