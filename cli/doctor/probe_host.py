"""Facts of the machine from /proc, /sys and a few system calls; no program is started."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import resource
from pathlib import Path
from typing import Final

from cli.doctor.machine import ClockFact, ConntrackFact, HostFact

PROC: Final = Path("/proc")
_STA_UNSYNC: Final = 0x40
_CAP_NET_ADMIN: Final = 12


class _Timex(ctypes.Structure):
    """struct timex of adjtimex(2), as far as it is read here; the rest is room for what the kernel writes."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def clock() -> ClockFact | None:
    """As the kernel has it (adjtimex with no modes changes nothing). Errors are microseconds."""
    timex = _Timex()
    try:
        if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex)) < 0:
            return None
    except (OSError, AttributeError):
        return None
    return ClockFact(synchronised=not timex.status & _STA_UNSYNC, error_s=timex.esterror / 1e6)


def number(path: str) -> int | None:
    """A file of /proc/sys with one number."""
    try:
        return int((PROC / "sys" / path).read_text("ascii"))
    except (OSError, ValueError):
        return None


def local_ports() -> tuple[int, int] | None:
    """What the kernel hands out."""
    try:
        first, last = (PROC / "sys/net/ipv4/ip_local_port_range").read_text("ascii").split()
        return int(first), int(last)
    except (OSError, ValueError):
        return None


def reserved_ports() -> tuple[tuple[int, int], ...]:
    """What it keeps back of these."""
    try:
        text = (PROC / "sys/net/ipv4/ip_local_reserved_ports").read_text("ascii").strip()
    except OSError:
        return ()
    return parse_ranges(text)


def parse_ranges(text: str) -> tuple[tuple[int, int], ...]:
    """`5060,33000-65000` as pairs."""
    found = re.findall(r"(\d+)(?:-(\d+))?", text)
    return tuple([(int(first), int(last or first)) for first, last in found])


def conntrack() -> ConntrackFact | None:
    count, most = number("net/netfilter/nf_conntrack_count"), number("net/netfilter/nf_conntrack_max")
    if count is None or most is None:
        return None
    return ConntrackFact(count=count, most=most, udp_timeout_s=number("net/netfilter/nf_conntrack_udp_timeout"))


def descriptors(pid: int | None) -> int | None:
    """Of the server, or what one that is started from here would have: it raises its own limit to the hard one. -1: no limit."""
    if pid is None:
        return resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    try:
        return parse_open_files((PROC / str(pid) / "limits").read_text("ascii"))
    except OSError:
        return None


def parse_open_files(limits: str) -> int | None:
    """The hard limit in /proc/PID/limits."""
    found = re.search(r"^Max open files\s+\S+\s+(\d+|unlimited)", limits, re.MULTILINE)
    if found is None:
        return None
    return -1 if found[1] == "unlimited" else int(found[1])


def may_force_buffers(pid: int | None) -> bool:
    """Whether the server has CAP_NET_ADMIN."""
    try:
        status = (PROC / str(pid or "self") / "status").read_text("ascii")
    except OSError:
        return False
    found = re.search(r"^CapEff:\s+([0-9a-f]+)", status, re.MULTILINE)
    return found is not None and bool(int(found[1], 16) >> _CAP_NET_ADMIN & 1)


def machine(pid: int | None) -> HostFact | None:
    try:
        stat = (PROC / "stat").read_text("ascii")
    except OSError:
        return None
    release = platform.release()
    return HostFact(
        cores=len(os.sched_getaffinity(0)),
        steal=parse_steal(stat),
        swapped_bytes=_swapped(pid),
        kernel=parse_release(release),
        kernel_text=release,
    )


def parse_steal(stat: str) -> float:
    """Share of all CPU time since the start that was stolen: the eighth figure of /proc/stat's first line."""
    figures = [int(one) for one in stat.partition("\n")[0].split()[1:9]]
    total = sum(figures)
    return figures[7] / total if len(figures) == 8 and total else 0.0


def parse_release(release: str) -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", release)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _swapped(pid: int | None) -> int:
    try:
        if pid is not None:
            text = (PROC / str(pid) / "status").read_text("ascii")
            return 1024 * int((re.search(r"^VmSwap:\s+(\d+)", text, re.MULTILINE) or [0, 0])[1])
        text = (PROC / "meminfo").read_text("ascii")
    except OSError:
        return 0
    found = {name: int(value) for name, value in re.findall(r"^(Swap\w+):\s+(\d+)", text, re.MULTILINE)}
    return 1024 * (found.get("SwapTotal", 0) - found.get("SwapFree", 0))
