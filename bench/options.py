"""OPTIONS: who answers at all, and how late. Run as a module it asks at a steady rate, in a process of its own.

The moment of an answer is the kernel's (SO_TIMESTAMPNS), so that a probe which is scheduled late blames nobody else for it.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from bench import conditions
from bench.place import place
from bench.server import DOMAIN

_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("=qq")
_STEP_S = 0.002
_GRACE_S = 1.0


def options(port: int, index: int) -> bytes:
    """A request as phones send it to keep their NAT open."""
    host = place().phones
    return (
        f"OPTIONS sip:{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};branch=z9hG4bKo{index:07};rport\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:probe@{DOMAIN}>;tag=o{index}\r\nTo: <sip:{DOMAIN}>\r\n"
        f"Call-ID: options-{port}-{index}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    ).encode()


class Prober:
    """Asks until somebody answers; a context manager."""

    def __init__(self, server_port: int) -> None:
        self._server = (place().server, server_port)

    def __enter__(self) -> Prober:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((place().phones, 0))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()

    def wait(self, timeout_s: float, is_alive: Callable[[], bool]) -> None:
        """Until the first 200. RuntimeError if none comes."""
        port = int(self._socket.getsockname()[1])
        until = time.perf_counter() + timeout_s
        for index in range(int(timeout_s / _STEP_S)):
            self._socket.sendto(options(port, index), self._server)
            if select.select([self._socket], (), (), _STEP_S)[0]:
                status = self._socket.recv(65536)[8:11]
                if status == b"200":
                    return
                raise RuntimeError(f"OPTIONS is answered with {status.decode(errors='replace')}")
            if not is_alive() or time.perf_counter() > until:
                break
        raise RuntimeError(f"OPTIONS was not answered within {timeout_s:g} s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """`times_ms`: of each answer, in the order of asking; `lost`: not answered within a second.

    `lagged_ms`: the worst delay of the probe itself."""

    times_ms: tuple[float, ...]
    lost: int
    lagged_ms: float

    @classmethod
    def parse(cls, text: str) -> Probed:
        shape = json.loads(text)
        return cls(times_ms=tuple(shape["times_ms"]), lost=shape["lost"], lagged_ms=shape["lagged_ms"])

    def time_ms(self, share: float) -> float:
        """The answer time that this share of the answers kept."""
        ordered = sorted(self.times_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def probe(server_port: int, rate: float, seconds: float) -> Probed:
    """Ask `rate` times a second, whatever comes back."""
    server = (place().server, server_port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        asking.setblocking(False)
        asking.bind((place().phones, 0))
        port = int(asking.getsockname()[1])
        requests = [options(port, index) for index in range(int(rate * seconds))]
        sent_ns = [0] * len(requests)
        times_ms: dict[int, float] = {}
        lagged_s = 0.0
        start = time.perf_counter()
        for index, request in enumerate(requests):
            due = start + index / rate
            while (left := due - time.perf_counter()) > 0:
                if select.select([asking], (), (), left)[0]:
                    _take(asking, sent_ns, times_ms)
            lagged_s = max(lagged_s, -left)
            sent_ns[index] = time.clock_gettime_ns(time.CLOCK_REALTIME)
            asking.sendto(request, server)
        until = time.perf_counter() + _GRACE_S
        while len(times_ms) < len(requests) and (left := until - time.perf_counter()) > 0:
            if select.select([asking], (), (), left)[0]:
                _take(asking, sent_ns, times_ms)
    ordered = tuple(round(times_ms[index], 3) for index in sorted(times_ms))
    return Probed(times_ms=ordered, lost=len(requests) - len(times_ms), lagged_ms=1000 * lagged_s)


def _take(asking: socket.socket, sent_ns: list[int], times_ms: dict[int, float]) -> None:
    data, ancillary, _, _ = asking.recvmsg(65536, 128)
    seconds, nanoseconds = _TIMESPEC.unpack(ancillary[0][2][: _TIMESPEC.size])
    at = data.index(b"branch=z9hG4bKo") + 15
    index = int(data[at : at + 7])
    if data.startswith(b"SIP/2.0 200 "):
        times_ms[index] = (seconds * 1_000_000_000 + nanoseconds - sent_ns[index]) / 1e6


def _prefer_over_all() -> None:
    """Before the other generators, too: the moment of asking is ours to know."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        conditions.prefer(0)


def main() -> None:
    parser = argparse.ArgumentParser(description="ask OPTIONS at a steady rate; prints what came of it as JSON")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--core", type=int, required=True)
    given = parser.parse_args()
    os.sched_setaffinity(0, {given.core})
    _prefer_over_all()
    probed = probe(given.port, given.rate, given.seconds)
    json.dump({"times_ms": probed.times_ms, "lost": probed.lost, "lagged_ms": probed.lagged_ms}, sys.stdout)


if __name__ == "__main__":
    main()
