"""A remote party of the media tests: two sockets on a loopback address of its own, and packets to send from them."""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from collections.abc import Callable

PATIENCE_S = 5.0
"""How long anything that must happen may take; only failing tests wait it out."""


def loopback_host(number: int) -> str:
    """An IPv4 loopback address that other test processes don't use."""
    pid = os.getpid()
    return f"127.{16 + pid % 200}.{1 + pid // 200 % 250}.{number}"


def rtp(
    sequence: int = 1,
    timestamp: int | None = None,
    *,
    ssrc: int = 0x5EED,
    payload_type: int = 0,
    payload: bytes = b"\xd5" * 160,
) -> bytes:
    """An RTP packet (RFC 3550 §5.1)."""
    stamp = 160 * sequence if timestamp is None else timestamp
    return struct.pack("!BBHII", 0x80, payload_type, sequence & 0xFFFF, stamp & 0xFFFFFFFF, ssrc) + payload


def rtcp(*, packet_type: int = 201, ssrc: int = 0x5EED) -> bytes:
    """An RTCP receiver report without blocks (RFC 3550 §6.4.2), or another type of that size."""
    return struct.pack("!BBHI", 0x80, packet_type, 1, ssrc)


def until(condition: Callable[[], bool]) -> None:
    """Look again and again until it holds; AssertionError after `PATIENCE_S`."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        select.select([], [], [], 0.001)


class Party:
    """Sockets for RTP and RTCP on neighbouring ports of `host`."""

    def __init__(self, host: str) -> None:
        self.host = host
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        for _ in range(50):
            self._rtp = socket.socket(family, socket.SOCK_DGRAM)
            self._rtcp = socket.socket(family, socket.SOCK_DGRAM)
            try:
                self._rtp.bind((host, 0))
                self._rtcp.bind((host, self._rtp.getsockname()[1] + 1))
            except (OSError, OverflowError):
                self.close()
                continue
            break
        else:
            raise AssertionError(f"no two neighbouring ports on {host}")
        self.rtp = (host, int(self._rtp.getsockname()[1]))
        self.rtcp = (host, self.rtp[1] + 1)

    def close(self) -> None:
        self._rtp.close()
        self._rtcp.close()

    def send(self, to: tuple[str, int], data: bytes) -> None:
        self._rtp.sendto(data, to)

    def send_rtcp(self, to: tuple[str, int], data: bytes) -> None:
        self._rtcp.sendto(data, to)

    def receive(self) -> tuple[bytes, int]:
        """The next datagram on the RTP port, and the port it came from."""
        return _receive(self._rtp)

    def receive_rtcp(self) -> tuple[bytes, int]:
        return _receive(self._rtcp)

    def has_nothing(self) -> bool:
        """True if neither socket holds a datagram now."""
        return not select.select([self._rtp, self._rtcp], [], [], 0)[0]


def _receive(sock: socket.socket) -> tuple[bytes, int]:
    assert select.select([sock], [], [], PATIENCE_S)[0], "nothing came"
    data, source = sock.recvfrom(65535)
    return data, int(source[1])
