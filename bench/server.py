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
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from bench import conditions, cpu
from bench.place import place
from engine.config.destination import EXTENSION, DestinationConfig
from engine.config.extension import ExtensionConfig
from engine.config.inbound_rule import InboundRuleConfig
from engine.config.listener import ListenerConfig
from engine.config.outbound_rule import OutboundRouteConfig, OutboundRuleConfig
from engine.config.secret import SecretRef, Secrets
from engine.config.security import SecurityConfig
from engine.config.snapshot import Snapshot, TenantItem, TenantSnapshot
from engine.config.system import SystemConfig
from engine.config.tenant import TenantConfig
from engine.config.trunk import ServerConfig, TrunkConfig
from engine.native import protocol

if TYPE_CHECKING:
    from engine.runtime.engine import Engine

DOMAIN = "bench.example"
COMPILED, PLAIN = "compiled", "plain"
"""The forms of the protocol modules: by mypyc, and from source."""
RULES = 500
"""Beside a trunk."""
_FIRST_NUMBER = 100_000
_READY_S = 60.0
_in_namespace = count(5060)


def number(index: int) -> str:
    """The number, and the user name, of an extension."""
    return str(_FIRST_NUMBER + index)


def password(index: int) -> str:
    """One that is not found by guessing: of weak ones there would be a warning each."""
    return f"{index * 2_654_435_761 % 2**32:08X}-{(index + 7) * 2_246_822_519 % 2**32:08x}-{index}"


def snapshot(extensions: int, port: int, trunk_port: int = 0) -> Snapshot:
    """`trunk_port`: of a trunk that everybody may call over, with hundreds of rules; 0 = none."""
    people = [
        ExtensionConfig(
            tenant="bench",
            name=number(i),
            number=number(i),
            auth_user=number(i),
            password=SecretRef(f"env:P{i}"),
            display_name=f"Person {i}",
            may_call_outside=bool(trunk_port),
            max_outside_calls=0,
            max_outside_calls_per_minute=0,
        )
        for i in range(extensions)
    ]
    return Snapshot.build(
        # All phones are behind one address, which is our own on a loopback: those are never limited.
        system=SystemConfig(security=SecurityConfig(allow=(f"{place().phones}/32",))),
        listeners=[ListenerConfig(name="udp", transport="udp", port=port)],
        tenants=[TenantSnapshot.build([TenantConfig(name="bench", domain=DOMAIN), *people, *outside(trunk_port)])],
    )


def outside(port: int) -> list[TenantItem]:
    """A trunk to that port, 250 rules for calls out and 250 for calls in, with 2,000 numbers."""
    if not port:
        return []
    trunk = TrunkConfig(
        tenant="bench",
        name="carrier",
        servers=(ServerConfig(host=place().phones, port=port),),
        domain="carrier.example",
        options_interval_s=0,
    )
    out = [
        OutboundRuleConfig(
            tenant="bench",
            name=f"out-{i}",
            routes=(OutboundRouteConfig(trunk="carrier"),),
            prefixes=(f"00{100 + i}",),
            order=i,
        )
        for i in range(RULES // 2)
    ]
    numbers = range(8 * (RULES - RULES // 2))
    calls_in = [
        InboundRuleConfig(
            tenant="bench",
            name=f"in-{i}",
            in_hours=DestinationConfig(kind=EXTENSION, value=number(i)),
            dids=tuple(f"+4420{70_000_000 + did}" for did in numbers[i * 8 : i * 8 + 8]),
        )
        for i in range(RULES - RULES // 2)
    ]
    return [trunk, *out, *calls_in]


def forms() -> tuple[str, ...]:
    """In which it can run here, the one that serves first."""
    return (COMPILED, PLAIN) if protocol.check().compiled else (PLAIN,)


class Server:
    """A running server; a context manager. RuntimeError with what it said, if it does not come up."""

    def __init__(self, extensions: int, core: int, trunk_port: int = 0, form: str = COMPILED) -> None:
        self.name = f"trunkline, {form}"
        self._environment = {**os.environ, protocol.SWITCH: "0"} if form == PLAIN else None
        self._trunk_port = trunk_port
        self._extensions = extensions
        self._core = core
        self.port = free_port()

    def __enter__(self) -> Server:
        self._data = tempfile.TemporaryDirectory(prefix="trunkline-bench-")
        command = [sys.executable, "-m", "bench.server", "--extensions", str(self._extensions)]
        command += ["--port", str(self.port), "--core", str(self._core), "--data", self._data.name]
        command += ["--trunk-port", str(self._trunk_port)]
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            place().inside(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=self._environment,
            text=True,
            start_new_session=True,
        )
        conditions.prefer(self._process.pid)
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
        return cpu.used_s(self._process.pid)

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
            status = self._process.wait(_READY_S)
            self._log.seek(0)
            raise RuntimeError(f"{self.name} ended with status {status}; it said: {self._log.read()[-2000:]}")
        return line


def free_port() -> int:
    """One for the server's side that no UDP socket holds now. In a namespace of its own that is any which we have not given yet."""
    if place().holder:
        return next(_in_namespace)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


async def _serve(extensions: int, port: int, data: Path, trunk_port: int) -> None:
    protocol.use()  # before anything of the engine is imported
    from engine.runtime.engine import Engine

    engine = Engine(data, place().server)
    await engine.start()
    secrets = Secrets("1", {SecretRef(f"env:P{i}"): password(i) for i in range(extensions)})
    await engine.apply(snapshot(extensions, port, trunk_port), secrets)
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
    parser.add_argument("--trunk-port", type=int, default=0)
    given = parser.parse_args()
    os.sched_setaffinity(0, {given.core})
    _run(_serve(given.extensions, given.port, given.data, given.trunk_port))


if __name__ == "__main__":
    main()
