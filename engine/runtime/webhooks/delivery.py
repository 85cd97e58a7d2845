"""The thread that delivers webhooks: a loop of its own, which leaves the interpreter to the phones.

Surprising: it rests three times as long as it has computed. Python runs one thread at a time, so a thousand messages sent as fast as
possible would make each answer to a phone wait behind one of them.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from engine.runtime.webhooks.dispatcher import Dispatcher
from engine.runtime.webhooks.http_post import HttpPoster
from engine.runtime.webhooks.line import LineState
from engine.runtime.webhooks.outbox import Hooks, Line, Outbox

_log: Final = logging.getLogger("trunkline.webhooks")
_REST: Final = 3.0
_LONGEST_REST_S: Final = 1.0


class Pace:
    """`cpu_s`: what this thread has computed so far, in seconds."""

    def __init__(self, cpu_s: Callable[[], float] = time.thread_time) -> None:
        self._cpu_s = cpu_s
        self._rested_at: float | None = None
        self._lock = asyncio.Lock()

    async def turn(self) -> None:
        """Return when it is time for the next piece of work."""
        async with self._lock:
            now = self._cpu_s()
            if self._rested_at is not None:
                await asyncio.sleep(min(_LONGEST_REST_S, (now - self._rested_at) * _REST))
            self._rested_at = self._cpu_s()


class Delivery:
    """`start`, then `grown` and `changed` from any thread, `stop` before the outbox closes."""

    def __init__(self, outbox: Outbox, hooks: Hooks) -> None:
        self._outbox = outbox
        self._hooks = hooks
        self._loop: asyncio.AbstractEventLoop | None = None
        self._dispatcher: Dispatcher | None = None
        self._main: asyncio.Task[None] | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()

    def grown(self, lines: Iterable[Line]) -> None:
        """More waits in these; it is committed."""
        if self._loop is not None and self._dispatcher is not None:
            self._loop.call_soon_threadsafe(self._dispatcher.grown, list(lines))

    def changed(self) -> None:
        """Another configuration is in force."""
        if self._loop is not None and self._dispatcher is not None:
            self._loop.call_soon_threadsafe(self._dispatcher.changed)

    def states(self) -> dict[Line, LineState]:
        return {} if self._dispatcher is None else self._dispatcher.states()

    def counters(self) -> Counter[str]:
        return Counter() if self._dispatcher is None else self._dispatcher.counters.copy()

    def stop(self) -> None:
        """End all attempts. Blocking; what is delivered is confirmed first."""
        if self._loop is not None and self._main is not None:
            self._loop.call_soon_threadsafe(self._main.cancel)
            self._thread.join()

    def _run(self) -> None:
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._deliver())

    async def _deliver(self) -> None:
        poster = HttpPoster()
        self._loop = asyncio.get_running_loop()
        self._main = asyncio.current_task()
        dispatcher = self._dispatcher = Dispatcher(
            self._outbox,
            poster.post,
            self._hooks,
            wall=time.time,
            chance=random.random,
            turn=Pace().turn,
        )
        self._ready.set()
        try:
            await dispatcher.run()
        except asyncio.CancelledError:
            pass
        finally:
            await dispatcher.stop()
            await poster.close()
