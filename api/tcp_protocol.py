"""HTTP/1.1 for strangers: who sends nothing, or half a request, or too much, holds nothing for long.

Surprising: nobody is refused for there being many connections. The one that has waited longest without a request makes room, so idle
ones in any number shut nobody out; and with every place taken by a request under way the newest goes.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final

from uvicorn.protocols.http.h11_impl import RequestResponseCycle

from api.stream_protocol import StreamProtocol

MOST_CONNECTIONS: Final = 600
MOST_HEAD_BYTES: Final = 32 * 1024
HEAD_S: Final = 10.0
BODY_S: Final = 40.0
LOOK_S: Final = 1.0


class Connections:
    """All connections of a server. `counters`: those ended by us, by reason."""

    def __init__(self, now: Callable[[], float], most: int = MOST_CONNECTIONS) -> None:
        self._now = now
        self.most = most
        self._waiting: dict[TcpProtocol, float] = {}
        self.open: set[TcpProtocol] = set()
        self.counters: Counter[str] = Counter()

    def add(self, protocol: TcpProtocol) -> None:
        self.open.add(protocol)
        self._waiting[protocol] = self._now()
        if len(self.open) <= self.most:
            return
        idle = (one for one in self._waiting if one.waits_for is not None)
        self._end(next(idle, protocol), "too many connections")

    def remove(self, protocol: TcpProtocol) -> None:
        self.open.discard(protocol)
        self._waiting.pop(protocol, None)

    def look(self) -> None:
        """End those that have waited too long for a request, or for the rest of one."""
        now = self._now()
        for protocol in list(self.open):
            waits_for = protocol.waits_for
            if waits_for is None:
                self._waiting.pop(protocol, None)
            elif protocol not in self._waiting:
                self._waiting[protocol] = now
            elif now - self._waiting[protocol] > (HEAD_S if waits_for == "request" else BODY_S):
                self._end(protocol, f"no {waits_for} came")

    def _end(self, protocol: TcpProtocol, why: str) -> None:
        self.counters[why] += 1
        self.remove(protocol)
        protocol.transport.abort()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()


class TcpProtocol(StreamProtocol):
    bounds: Connections

    @property
    def waits_for(self) -> str | None:
        """What the client owes: a request, the body of one, or nothing."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first
        if cycle is None or cycle.response_complete:
            return "request"
        return "body" if cycle.more_body else None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.bounds.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.bounds.remove(self)
        super().connection_lost(exc)


def protocol_of(connections: Connections) -> type[TcpProtocol]:
    """The protocol of one server."""
    return type("BoundTcpProtocol", (TcpProtocol,), {"bounds": connections})
