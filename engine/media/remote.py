"""Checks and canonicalises what the peer announced, the same for both backends.

Sources are compared as text by one backend and as numbers by the other; canonical text makes that the same comparison.
"""

from __future__ import annotations

import socket
from functools import lru_cache
from typing import Final

from engine.media.backend import Address, RemoteMedia
from engine.media.errors import AddressRefused

_HOSTS_KEPT: Final = 10_000
UNSPECIFIED = {"0.0.0.0", "::"}  # noqa: S104 - the old form of hold, compared with, not bound


def family_of(host: str) -> socket.AddressFamily:
    """AF_INET or AF_INET6 of a numeric host; `AddressRefused` for anything else."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        return family
    raise AddressRefused(f"{host!r} is not a numeric IP address; resolve names before media is set up")


@lru_cache(maxsize=_HOSTS_KEPT)
def canonical_host(host: str, family: socket.AddressFamily) -> str | None:
    """The host as the kernel's own text, None if it is no numeric address of that family."""
    try:
        return socket.inet_ntop(family, socket.inet_pton(family, host))
    except (OSError, ValueError):
        return None


def canonical_remote(remote: RemoteMedia, family: socket.AddressFamily) -> RemoteMedia:
    """`remote` with canonical hosts, RTCP filled in, and port 0 told as no media. `AddressRefused`."""
    if not 1000 <= remote.clock_hz <= 384000:
        raise AddressRefused(f"RTP clock {remote.clock_hz} Hz is out of the range 1000-384000")
    signalling = canonical_host(remote.signalling_host, family) or ""
    if remote.rtp is None or remote.rtp[1] == 0:
        return RemoteMedia(rtp=None, signalling_host=signalling, clock_hz=remote.clock_hz)
    rtp = _canonical(remote.rtp, family, "RTP")
    if remote.rtcp is not None and remote.rtcp[1] != 0:
        rtcp: Address | None = _canonical(remote.rtcp, family, "RTCP")
    else:
        rtcp = (rtp[0], rtp[1] + 1) if rtp[1] < 65535 else None
    return RemoteMedia(rtp=rtp, rtcp=rtcp, signalling_host=signalling, clock_hz=remote.clock_hz)


def _canonical(address: Address, family: socket.AddressFamily, what: str) -> Address:
    host, port = address
    if not 0 < port <= 65535:
        raise AddressRefused(f"{what} port {port} of {host!r} is out of the range 1-65535")
    canonical = canonical_host(host, family)
    if canonical is None:
        version = "IPv4" if family is socket.AF_INET else "IPv6"
        raise AddressRefused(
            f"{what} address {host!r} is not a numeric {version} address; the media ports are bound on {version} only"
        )
    return (canonical, port)
