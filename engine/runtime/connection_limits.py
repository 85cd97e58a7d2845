"""How much connections may cost, whoever opens them and whatever comes over them.

A source is an IPv4 address, or the /64 that an IPv6 address is from: its owner has all of it.
"""

from __future__ import annotations

import resource
import socket
from dataclasses import dataclass
from typing import Final

MOST_CONNECTIONS: Final = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """`in_all`, `per_source`: connections; an office behind one address is one source. `idle_s`: without a byte either way, unless
    a registration or a call needs it; `first_s`: until the first message is complete; `message_s`: until any other that has begun
    is. `unsent_bytes`: what may wait for a peer that does not read, `unread_s`: and for how long; `held_bytes`: halves of messages
    and unsent bytes of all connections; `turn_messages`: so many that come in one turn of the loop are all that should, as of a socket for
    datagrams.
    """

    in_all: int = MOST_CONNECTIONS
    per_source: int = 1024
    idle_s: float = 300.0
    first_s: float = 30.0
    message_s: float = 30.0
    connect_s: float = 4.0
    unsent_bytes: int = 256 * 1024
    unread_s: float = 20.0
    held_bytes: int = 64 * 1024 * 1024
    turn_messages: int = 256


def limits_of_this_machine() -> ConnectionLimits:
    """No more connections than a quarter of the files that may be open: calls need theirs for audio."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return ConnectionLimits(in_all=MOST_CONNECTIONS if soft < 0 else max(1, min(MOST_CONNECTIONS, soft // 4)))


def source_of(host: str) -> str | bytes:
    """Whose bounds a connection counts towards."""
    return socket.inet_pton(socket.AF_INET6, host.partition("%")[0])[:8] if ":" in host else host
