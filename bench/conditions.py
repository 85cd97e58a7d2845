"""Where a figure was taken, and how the machine is set up for taking it.

The server runs on the first core that we may use, the generator on the last; where they stand, `bench.place` says.
"""

from __future__ import annotations

import fcntl
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.place import place
from engine.native import COMPILED, protocol

_BUSY_LOAD = 1.0
_PRIORITY = -15
PEERS = ("kamailio", "rtpengine-daemon")
"""Debian's packages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cores:
    """`shared`: there is but one, and every figure suffers from it."""

    server: int
    generator: int

    @property
    def shared(self) -> bool:
        return self.server == self.generator


def cores() -> Cores:
    usable = sorted(os.sched_getaffinity(0))
    return Cores(server=usable[0], generator=usable[-1])


@contextmanager
def generating() -> Iterator[Cores]:
    """This process on the generator's core meanwhile, before other programs where we may."""
    usable = os.sched_getaffinity(0)
    used = cores()
    os.sched_setaffinity(0, {used.generator})
    before = os.getpriority(os.PRIO_PROCESS, 0)
    prefer(0)
    try:
        yield used
    finally:
        if os.geteuid() == 0:
            os.setpriority(os.PRIO_PROCESS, 0, before)
        os.sched_setaffinity(0, usable)


def prefer(process: int) -> None:
    """Before other programs, where we may: what has to wait for them measures them. Its CPU time is the same either way.

    By session (what the kernel groups by, if it does): `process` leads one of its own, 0 = ours. Priorities within it are its own affair.
    """
    try:
        Path(f"/proc/{process or 'self'}/autogroup").write_text(str(_PRIORITY))
        if not process:
            os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)
    except OSError:
        pass  # how late the generator was tells how much to believe


def end_cleanly() -> None:
    """SIGTERM stops what was begun, as an interrupt does."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other bench runs on this machine, and keep others waiting meanwhile."""
    with Path(tempfile.gettempdir(), f"trunkline-bench-{os.getuid()}.lock").open("ab") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


@cache
def doubt() -> str:
    """What speaks against measuring now, when first asked; "" if nothing does."""
    if cores().shared:
        return "server and generator share one core"
    load = os.getloadavg()[0]
    return f"the machine was busy before we began (load {load:.1f})" if load > _BUSY_LOAD else ""


@dataclass(frozen=True, slots=True)
class Moment:
    """`load`: the kernel's averages; `stolen_s`, `total_s`: CPU time that the host kept for others, and all there was."""

    load: tuple[float, float, float]
    stolen_s: float
    total_s: float

    @classmethod
    def now(cls) -> Moment:
        ticks = [int(value) for value in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        each = os.sysconf("SC_CLK_TCK")
        return cls(os.getloadavg(), ticks[7] / each, sum(ticks) / each)

    def stolen_percent(self, since: Moment) -> float:
        return 100 * (self.stolen_s - since.stolen_s) / max(0.01, self.total_s - since.total_s)


def describe() -> str:
    """The conditions, for people: what does not change while a bench runs."""
    used = cores()
    lines = [
        f"CPU      {_cpu_model()}, {os.cpu_count()} cores, governor {_governor()}",
        f"cores    server on {used.server}, generator on {used.generator}",
        f"kernel   {platform.system()} {platform.release()}, {place()}",
        f"python   {platform.python_implementation()} {platform.python_version()} ({platform.python_compiler()}), loop {_loop_name()}",
        f"native   {'compiled: UDP batches and media thread in C' if COMPILED else 'NOT compiled: pure-Python twins'}",
        f"protocol {protocol.check().why}",
        f"peers    {', '.join(map(_package, PEERS))}",
    ]
    return "\n".join(lines)


def weather(before: Moment, after: Moment) -> str:
    """How busy the machine was with other things."""
    loads = " -> ".join(f"{moment.load[0]:.2f}" for moment in (before, after))
    return f"load {loads} (1 minute, before and after), {after.stolen_percent(before):.1f} % stolen by the host"


def _package(name: str) -> str:
    found = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], capture_output=True, text=True)
    return f"{name} {found.stdout}" if found.returncode == 0 and found.stdout else f"no {name}"


def _governor() -> str:
    try:
        return Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").read_text().strip()
    except OSError:
        return "not ours to see"


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _loop_name() -> str:
    try:
        return f"uvloop {version('uvloop')}"
    except PackageNotFoundError:
        return "asyncio"
