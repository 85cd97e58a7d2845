"""Where the two sides stand: both on this machine's loopback, or each in a network namespace of its own, joined by a pair of virtual
Ethernet devices, so that no other traffic, firewall rule or taken port gets into the figures.

`apart` makes these; child processes learn of it by the environment. The addresses are those of RFC 2544, for benchmarks.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ON_LOOPBACK = "127.0.0.1", "127.0.0.2", "127.0.0.3"
_SERVER, _PHONES, _CARRIER = "198.18.0.1", "198.18.0.2", "198.18.0.3"
_TOLD_BY = "TRUNKLINE_BENCH_PLACE"
_CLONE_NEWNET = 0x40000000
_MADE_S = 5.0


@dataclass(frozen=True, slots=True)
class Place:
    """`server`, `phones`: the addresses of the two sides; `carrier`: another one on the phones' side.

    `holder`: a process in the server's namespace, 0 = the same as ours.
    """

    server: str = _ON_LOOPBACK[0]
    phones: str = _ON_LOOPBACK[1]
    carrier: str = _ON_LOOPBACK[2]
    holder: int = 0

    def inside(self, command: Sequence[str]) -> list[str]:
        """The command, so that it runs on the server's side; the process keeps its number."""
        return ["nsenter", f"--net=/proc/{self.holder}/ns/net", *command] if self.holder else list(command)

    def __str__(self) -> str:
        return (
            f"two network namespaces joined by veth, server {self.server}, phones {self.phones}"
            if self.holder
            else "shared loopback"
        )


def place() -> Place:
    """Where we are."""
    told = os.environ.get(_TOLD_BY)
    if told is None:
        return Place()
    server, phones, carrier, holder = told.split()
    return Place(server, phones, carrier, int(holder))


@contextmanager
def apart() -> Iterator[Place]:
    """Move this process into the phones' namespace and make the server's, until the end; nothing is changed where we may not.

    There is no way back for this process, whose namespaces end with it and its children.
    """
    if place().holder or os.geteuid() != 0 or any(shutil.which(name) is None for name in ("ip", "nsenter", "unshare")):
        yield place()
        return
    # It reads until our end of the pipe is gone, however we end.
    holder = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        if not _has_own(holder.pid) or ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET) != 0:
            yield Place()
            return
        made = Place(_SERVER, _PHONES, _CARRIER, holder.pid)
        _join(made)
        os.environ[_TOLD_BY] = f"{made.server} {made.phones} {made.carrier} {made.holder}"
        try:
            yield made
        finally:
            del os.environ[_TOLD_BY]
    finally:
        assert holder.stdin is not None
        holder.stdin.close()
        holder.wait()


def lose(percent: float) -> bool:
    """Drop that share of the packets each way from now on (netem); False where that can't be done.

    It takes namespaces of our own, and a kernel that has netem.
    """
    here = place()
    if not here.holder or shutil.which("tc") is None:
        return False
    for prefix, device in (([], "phones"), (here.inside([]), "server")):
        command = ["tc", "qdisc", "replace", "dev", device, "root", "netem", "limit", "100000", "loss", f"{percent}%"]
        if subprocess.run([*prefix, *command], capture_output=True, timeout=10).returncode != 0:
            return False
    return True


def _has_own(process: int) -> bool:
    """Whether it moved into a namespace of its own, which takes it a moment."""
    ours = Path("/proc/self/ns/net").readlink()
    until = time.monotonic() + _MADE_S
    while time.monotonic() < until and Path(f"/proc/{process}/stat").exists():
        try:
            if Path(f"/proc/{process}/ns/net").readlink() != ours:
                return True
        except OSError:
            return False
        time.sleep(0.01)
    return False


def _join(made: Place) -> None:
    _run(["ip", "link", "set", "lo", "up"])
    _run(["ip", "link", "add", "phones", "type", "veth", "peer", "name", "server", "netns", str(made.holder)])
    for address in (made.phones, made.carrier):
        _run(["ip", "address", "add", f"{address}/29", "dev", "phones"])
    _run(["ip", "link", "set", "phones", "up"])
    _run(made.inside(["ip", "address", "add", f"{made.server}/29", "dev", "server"]))
    for device in ("lo", "server"):
        _run(made.inside(["ip", "link", "set", device, "up"]))


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
