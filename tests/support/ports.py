"""Free ports on loopback for servers and phones of tests, below those that Linux gives to whoever asks for any.

A port is known to be free only while somebody holds it, and what is to bind it is often another process, a second later. So each
process that runs tests (pytest-xdist has several) takes from a part of its own, and takes no port twice before all had their turn.
"""

import os
import random
import socket
from itertools import count
from typing import Final

LOOPBACK: Final = "127.0.0.1"
SINGLE: Final = range(12000, 20000)
NEIGHBOURS: Final = range(20000, 32000)
MOST_WORKERS: Final = 8

_start = random.randrange(len(SINGLE))
_turns = count()


def own_part(ports: range) -> range:
    """What this process takes from: all, or where it is one of several workers its share; the first port of it is even."""
    workers = min(int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")), MOST_WORKERS)
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % workers
    share = len(ports) // workers // 2 * 2
    return ports[number * share : (number + 1) * share]


def is_free(port: int, kind: socket.SocketKind = socket.SOCK_DGRAM) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_udp_port() -> int:
    """One that nothing has, by TCP neither: many listen for both."""
    ports = own_part(SINGLE)
    for turn in _turns:
        port = ports[(_start + turn) % len(ports)]
        if is_free(port) and is_free(port, socket.SOCK_STREAM):
            return port
    raise AssertionError("turns do not end")


def free_udp_range(size: int) -> int:
    """The first of `size` neighbouring ports that are free; even."""
    ports = own_part(NEIGHBOURS)
    for _ in range(200):
        first = random.randrange(ports.start, ports.stop - size, 2)
        if all(is_free(port) for port in range(first, first + size)):
            return first
    raise OSError(f"no {size} neighbouring free UDP ports on {LOOPBACK}")
