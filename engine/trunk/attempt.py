"""One INVITE to one server of a trunk, and which server is next.

RFC 3263 §4.3: a server that does not answer, can't be reached, or answers 503 hands on to the next one of the same trunk. A server that
says nothing at all, not even 100, within `PATIENCE_S` does not answer: timer B (32 s) is longer than callers wait, and a server has 200 ms
for its 100 (RFC 3261 §17.2.1).
"""

from __future__ import annotations

from typing import Final

from engine.sip.flow import Flow
from engine.sip.message import SipResponse
from engine.trunk.line import Line
from engine.trunk.resolution import Endpoint
from engine.trunk.retry_after import retry_after_s
from engine.trunk.trunk import Trunk

PATIENCE_S: Final = 5.0
MOST_SERVERS: Final = 4
"""So many servers are tried for one call."""


class Attempt:
    """`rest`: the servers that are tried if this one fails; `line`: of the dialog that comes of it."""

    __slots__ = ("endpoint", "flow", "line", "rest", "trunk")

    def __init__(self, trunk: Trunk, endpoint: Endpoint, flow: Flow, rest: tuple[Endpoint, ...]) -> None:
        self.trunk = trunk
        self.endpoint = endpoint
        self.flow = flow
        self.rest = rest
        self.line = Line(trunk)

    @property
    def server(self) -> str:
        """The server's URI, as records have it."""
        transport = self.trunk.config.transport
        return f"sip:{self.endpoint}" if transport == "udp" else f"sip:{self.endpoint};transport={transport}"

    def heard(self, response: SipResponse, now: float) -> None:
        """The server answered, whatever it said."""
        if response.status == 503:
            self.trunk.server_unavailable(self.endpoint, retry_after_s(response), now)
        else:
            self.trunk.server_answered(self.endpoint, now)

    def silent(self, why: str, now: float) -> None:
        """It did not answer, or nothing could be sent."""
        self.trunk.server_silent(self.endpoint, why, now)


def first_attempt(trunk: Trunk, now: float) -> Attempt | None:
    """None if no server is known, or none can be sent to."""
    return _next(trunk, tuple(trunk.servers(now)[:MOST_SERVERS]))


def next_attempt(failed: Attempt) -> Attempt | None:
    """The next server of the same trunk; None if all were tried."""
    return _next(failed.trunk, failed.rest)


def is_servers_fault(status: int) -> bool:
    """Whether a failure (0 = nothing came) speaks of the server and not of the call."""
    return status in (0, 503)


def _next(trunk: Trunk, endpoints: tuple[Endpoint, ...]) -> Attempt | None:
    for index, endpoint in enumerate(endpoints):
        flow = trunk.flow(endpoint)
        if flow is not None:
            return Attempt(trunk, endpoint, flow, endpoints[index + 1 :])
    return None
