"""The control socket: a Unix socket in the data folder, for its owner only.

Imports nothing heavy: the command line's client and the server share it. The surprising thing: an address of a Unix socket has 107
bytes at most, and data folders may lie deeper; so it is named through the folder's descriptor.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

NAME: Final = "control.sock"
BACKLOG: Final = 64


class SocketTaken(Exception):
    """Another server answers on the control socket of this data folder."""


@contextmanager
def _address(folder: Path, name: str) -> Iterator[str]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{name}"
    finally:
        os.close(descriptor)


def connect(data: Path, timeout_s: float) -> socket.socket:
    """A connection to the server of this data folder. OSError if there is none."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(timeout_s)
    try:
        with _address(data, NAME) as address:
            client.connect(address)
    except OSError:
        client.close()
        raise
    return client


def listen(data: Path) -> socket.socket:
    """A listening socket under the name; one left behind by a dead server is replaced. SocketTaken, OSError."""
    try:
        connect(data, 1.0).close()
    except OSError as error:
        if error.errno not in {errno.ENOENT, errno.ECONNREFUSED, errno.ENOTSOCK}:
            raise
    else:
        raise SocketTaken(f"{data / NAME} is answered by another server")
    draft = f".{NAME}.{os.getpid()}"
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        (data / draft).unlink(missing_ok=True)
        with _address(data, draft) as address:
            server.bind(address)
        (data / draft).chmod(0o600)
        server.listen(BACKLOG)
        server.setblocking(False)
        # Named when it answers and only its owner may use it, not before.
        (data / draft).replace(data / NAME)
    except OSError:
        server.close()
        raise
    return server


def remove(data: Path) -> None:
    """Take the name away at the end."""
    (data / NAME).unlink(missing_ok=True)
