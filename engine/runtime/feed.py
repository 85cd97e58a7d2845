"""The engine's feed on the loop: ten looks a second while somebody watches, and nothing at all while nobody does.

A look that finds more than a slice goes on 10 ms later, so that a storm is told in pieces between which phones are answered.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from engine.live_event import LiveEvent, Missed
from engine.marks import Marks
from engine.runtime.gathering import Gathering, Sources

log = logging.getLogger("trunkline.engine")

LOOK_S: Final = 0.1
AGAIN_S: Final = 0.01
SECOND_S: Final = 1.0

Take = Callable[[Sequence[LiveEvent]], None]


class Feed:
    """`mark`: is given the marks to write while somebody watches, and None when nobody does any more."""

    def __init__(self, sources: Sources, mark: Callable[[Marks | None], None], utc_now: Callable[[], datetime]) -> None:
        self._sources = sources
        self._mark = mark
        self._utc_now = utc_now
        self._takers: list[Take] = []
        self._gathering: Gathering | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._look_at = 0.0
        self._second_at = 0.0

    def watch(self, take: Take) -> Callable[[], None]:
        """As `EventFeed.watch`."""
        if self._gathering is None:
            self._begin()
        self._takers.append(take)
        ended = False

        def end() -> None:
            nonlocal ended
            if not ended:
                ended = True
                self._takers.remove(take)
                if not self._takers:
                    self._end()

        return end

    def close(self) -> None:
        self._takers.clear()
        self._end()

    def _begin(self) -> None:
        self._gathering = Gathering(self._sources)
        self._mark(self._gathering.marks)
        loop = asyncio.get_running_loop()
        self._look_at = loop.time() + LOOK_S
        self._second_at = loop.time() + SECOND_S
        self._timer = loop.call_at(self._look_at, self._on_timer)

    def _end(self) -> None:
        self._mark(None)
        self._gathering = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_timer(self) -> None:
        gathering = self._gathering
        if gathering is None:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        try:
            events = gathering.look()
            if now >= self._look_at:
                events += [*gathering.hear(), *gathering.look_at_trunks()]
                self._look_at = _next(self._look_at, LOOK_S, now)
            if now >= self._second_at - AGAIN_S:
                events += gathering.each_second(self._utc_now())
                self._second_at = _next(self._second_at, SECOND_S, now)
        except Exception:
            # A supervised border (HOUSE B4): a bug in what is told must not end the telling.
            log.exception("events were lost by a bug")
            events = [Missed(0)]
        for take in list(self._takers) if events else ():
            try:
                take(events)
            except Exception:
                log.exception("events were lost by a bug of who is told")
        if self._gathering is gathering:
            self._timer = loop.call_at(now + AGAIN_S if gathering.waits else self._look_at, self._on_timer)


def _next(due: float, every_s: float, now: float) -> float:
    """When it is due again; what was missed is not made up for."""
    return due + every_s if due + every_s > now else now + every_s
