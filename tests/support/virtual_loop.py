"""An event loop whose clock jumps to the next timer instead of waiting: 32 s pass at once."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from selectors import SelectorKey
from socket import socket


class _Selector(selectors.BaseSelector):
    """Never waits: an empty wait moves the clock on by its time-out."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.now = 0.0

    def register(self, fileobj: int | socket, events: int, data: object = None) -> SelectorKey:  # type: ignore[override]  # no other files here
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: int | socket) -> SelectorKey:  # type: ignore[override]  # no other files here
        return self._real.unregister(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        ready = self._real.select(0)
        if ready:
            return ready
        if timeout is None:
            raise AssertionError("everything waits for something that no timer brings")
        self.now += timeout
        return []

    def get_map(self) -> Mapping[int, SelectorKey]:  # type: ignore[override]  # no other files here
        return self._real.get_map()  # type: ignore[return-value]  # keyed by descriptors here

    def close(self) -> None:
        self._real.close()


class VirtualLoop(asyncio.SelectorEventLoop):
    """Use: `asyncio.Runner(loop_factory=VirtualLoop)`. No real IO may be waited for."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now
