"""Follows a remote: has the fetch process look at it, at intervals and when somebody says that there is something new.

The parent's side of `fetch`. Runs on the engine's loop and only reads lines. The process is started by `subprocess`, as `worker.process`
says, lives between fetches, and is killed when it does not answer in time.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from reconciler.source.mirror import Fetched
from reconciler.source.remote import Remote

log = logging.getLogger("trunkline.source")

FETCH_S: Final = 180.0
"""A first fetch of a large repository takes its time; one that takes longer hangs."""
STOP_S: Final = 2.0
MOST_LINE_BYTES: Final = 65536
FIRST_RETRY_S: Final = 2.0
LONGEST_RETRY_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class Follower:
    """`poll_s`: how often the server is asked; `jitter`: a factor around 1, so that many servers don't ask at once.

    `fetch_s`: how long a fetch may take; `room`: one of many, which fetch so many at once, and for which no process waits in between.

    Use: `changes` in a task; `fetch` at any time; `close` at the end.
    """

    def __init__(
        self,
        remote: Remote,
        data: Path,
        *,
        poll_s: float,
        jitter: Callable[[], float],
        fetch_s: float = FETCH_S,
        room: asyncio.Semaphore | None = None,
    ) -> None:
        self._remote = remote
        self._fetch_s = fetch_s
        self._room = room
        self._data = data
        self._poll_s = poll_s
        self._jitter = jitter
        self._child: _Child | None = None
        self._taking_turns = asyncio.Lock()
        self._asked = asyncio.Event()
        self._failures = 0
        self._last: Fetched | None = None
        self._news = asyncio.Event()

    def hint(self) -> None:
        """There may be something new: fetch soon. For webhooks; any number of hints during a fetch are one more fetch."""
        self._asked.set()

    async def fetch(self) -> Fetched:
        """Fetch now. What is wrong stands in the answer, and in the log once."""
        async with self._taking_turns:
            if self._room is None:
                fetched = await self._answer()
            else:
                async with self._room:
                    fetched = await self._answer()
                    await self._end()
            self._note(fetched)
            return fetched

    @property
    def last(self) -> Fetched | None:
        """What the last fetch came to; None before the first."""
        return self._last

    async def _answer(self) -> Fetched:
        try:
            return await self._ask()
        except (OSError, ValueError, TypeError, TimeoutError) as error:
            await self._end()
            why = "did not end in time" if isinstance(error, TimeoutError) else f"ended: {error}"
            return Fetched(problem=f"{self._remote.name} can't be fetched: the process that fetches {why}")

    async def refresh(self) -> str | None:
        """Fetch now, for somebody who asks what there is. Why that failed, or None."""
        return (await self.fetch()).problem or None

    async def changes(self) -> AsyncIterator[None]:
        """Yield whenever a fetch found another tip, or another problem. Ends only by cancellation."""
        while True:
            try:
                async with asyncio.timeout(self._pause_s()):
                    await self._asked.wait()
            except TimeoutError:
                pass
            self._asked.clear()
            await self.fetch()
            if self._news.is_set():
                self._news.clear()
                yield None

    async def close(self) -> None:
        await self._end()

    def _pause_s(self) -> float:
        if not self._failures:
            return self._poll_s * self._jitter()
        retry_s = min(FIRST_RETRY_S * 2 ** min(self._failures - 1, 10), LONGEST_RETRY_S)
        return float(min(retry_s, max(self._poll_s, FIRST_RETRY_S)) * self._jitter())

    def _note(self, fetched: Fetched) -> None:
        before, self._last = self._last, fetched
        self._failures = self._failures + 1 if fetched.problem and not fetched.is_refusal else 0
        if fetched.mended:
            log.warning("what was kept of %s was damaged (%s); it was fetched anew", self._remote.name, fetched.mended)
            self._news.set()  # who found it damaged looks again
        was = ("", "") if before is None else (before.tip, before.problem)
        if (fetched.tip, fetched.problem) == was:
            return
        self._news.set()
        if fetched.problem:
            log.error("%s", fetched.problem)
            return
        if before is None or fetched.tip != before.tip:
            log.info("fetched: %s commit=%s", self._remote.name, fetched.tip[:12])
            if fetched.replaced:
                log.warning(
                    "the branch was rewritten: commit %s, which was followed before, is not in %s",
                    fetched.replaced[:12],
                    fetched.tip[:12],
                )
        else:
            log.info("can be fetched again: %s", self._remote.name)

    async def _ask(self) -> Fetched:
        child = self._child
        if child is None or child.process.poll() is not None:
            await self._end()
            child = self._child = await self._start()
        async with asyncio.timeout(self._fetch_s):
            child.writer.write(b"fetch\n")
            await child.writer.drain()
            line = await child.reader.readline()
        if not line:
            raise OSError(f"exit status {child.process.poll()}")
        return Fetched(**json.loads(line))

    async def _start(self) -> _Child:
        ours, theirs = socket.socketpair()
        path = os.pathsep.join(entry for entry in sys.path if entry)
        command = [sys.executable, "-P", "-m", "reconciler.source.fetch", str(self._data.absolute())]
        with theirs:
            try:
                process = subprocess.Popen(  # noqa: S603  # our own
                    command, stdin=theirs.fileno(), stdout=theirs.fileno(), env={**os.environ, "PYTHONPATH": path}
                )
            except OSError:
                ours.close()
                raise
        try:
            reader, writer = await asyncio.open_connection(sock=ours, limit=MOST_LINE_BYTES)
        except BaseException:  # nobody would know of it any more
            ours.close()
            process.kill()
            process.wait()
            raise
        writer.write(json.dumps(asdict(self._remote)).encode() + b"\n")
        return _Child(process, reader, writer)

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.writer.close()
        try:
            await asyncio.to_thread(child.process.wait, STOP_S)
        except subprocess.TimeoutExpired:
            child.process.kill()
            await asyncio.to_thread(child.process.wait)
