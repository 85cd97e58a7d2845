"""Where a figure was taken, and how the machine is set up for taking it.

The server runs on the first core that we may use, the generator on the last. As root, both live in a network namespace of
their own, so that no other traffic, firewall rule or taken port gets into the figures.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from engine.native import COMPILED, protocol

_CLONE_NEWNET = 0x40000000
_BUSY_LOAD = 1.0
_PRIORITY = -15


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
    """What has to wait for other programs measures them. Its CPU time is the same either way."""
    try:
        os.setpriority(os.PRIO_PROCESS, process, _PRIORITY)
    except PermissionError:
        pass


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other bench runs on this machine, and keep others waiting meanwhile."""
    with Path(tempfile.gettempdir(), f"trunkline-bench-{os.getuid()}.lock").open("ab") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def isolate() -> bool:
    """Move this process into a network namespace of its own, with a loopback; False if we may not, then nothing is changed."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET) != 0:
        return False
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    return True


@cache
def doubt() -> str:
    """What speaks against measuring now, when first asked; "" if nothing does."""
    if cores().shared:
        return "server and generator share one core"
    load = os.getloadavg()[0]
    return f"the machine was busy before we began (load {load:.1f})" if load > _BUSY_LOAD else ""


def describe(*, isolated: bool) -> str:
    """The conditions, for people."""
    used = cores()
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    lines = [
        f"CPU      {_cpu_model()}, {os.cpu_count()} cores; server on core {used.server}, generator on {used.generator}",
        f"kernel   {platform.system()} {platform.release()}, "
        + ("network namespace of its own" if isolated else "shared loopback"),
        f"python   {platform.python_implementation()} {platform.python_version()}, loop {_loop_name()}",
        f"native   {'compiled: UDP batches and media thread in C' if COMPILED else 'NOT compiled: pure-Python twins'}",
        f"protocol {protocol.check().why}",
        f"load     {load} (1, 5, 15 minutes) at the beginning",
    ]
    return "\n".join(lines)


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
