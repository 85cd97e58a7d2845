"""HTTP/1.1 as uvicorn speaks it, but for one thing: an application can break its connection off (`scope["state"]["abort"]`)."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

from api.events.response import ABORT


class StreamProtocol(H11Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.app_state = {**self.app_state, ABORT: transport.abort}
