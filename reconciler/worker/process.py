"""The parent's handle on the child: starts it, asks it, starts it anew when it is gone.

Everything here runs on the engine's loop, so answers are read in slices with a turn of the loop between them.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Final, Protocol, assert_never

from engine.config.ref import Revision
from reconciler.errors import WorkerLost
from reconciler.state import Held
from reconciler.worker.frames import (
    LENGTH_BYTES,
    Answered,
    Asked,
    Collector,
    CommitAsked,
    Committed,
    LookAsked,
    OriginsSlice,
    RoundEnd,
    RowsSlice,
    SecretsSlice,
    decode,
    encode,
    frame_length,
)
from reconciler.worker.verdict import Round

STOP_S: Final = 2.0
ANSWER_S: Final = 120.0
"""A look that takes longer hangs on something: a network file system that went away."""


class Worker(Protocol):
    """Who looks at the source for the reconciler. One question at a time; WorkerLost if it ended, and the next starts it anew."""

    async def look(self, held: Held) -> Round:
        """What is to be done so that who holds `held` follows the source."""

    async def commit(self, number: int, revision: Revision, at: str) -> str | None:
        """Round `number` was taken. Returns why that can't be kept on disk, or None."""

    async def close(self) -> None: ...


class WorkerProcess:
    """The child process. `key`: of the secrets' versions, see `Resolver`."""

    def __init__(self, source: Path, data: Path, key: bytes, *, answer_s: float = ANSWER_S) -> None:
        self._source = source
        self._answer_s = answer_s
        self._data = data
        self._key = key
        self._process: Process | None = None

    @property
    def pid(self) -> int | None:
        """Of the child, None if there is none."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start it ahead of the first question; it takes some tenths of a second to be ready."""
        if self._process is not None and self._process.returncode is None:
            return
        path = os.pathsep.join(entry for entry in sys.path if entry)
        # -P and our own path: a folder named `schema` where the user stands must not be taken for ours.
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "reconciler.worker",
            str(self._source.absolute()),
            str(self._data.absolute()),
            stdin=PIPE,
            stdout=PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert self._process.stdin is not None  # noqa: S101  # PIPE, above
        self._process.stdin.write(self._key)

    async def look(self, held: Held) -> Round:
        await self._ask(LookAsked(held))
        collector = Collector()
        while True:
            match await self._answer():
                case RoundEnd() as end:
                    return collector.whole(end)
                case RowsSlice() | OriginsSlice() | SecretsSlice() as piece:
                    collector.add(piece)
                case Committed():
                    raise await self._lost("answered a question that was not asked")
                case other:
                    assert_never(other)
            await asyncio.sleep(0)

    async def commit(self, number: int, revision: Revision, at: str) -> str | None:
        await self._ask(CommitAsked(number, revision, at))
        match await self._answer():
            case Committed(state_problem):
                return state_problem
            case _:
                raise await self._lost("answered a question that was not asked")

    async def close(self) -> None:
        """End it: its stdin closes, it finishes what it does and goes; killed if it takes too long."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None  # noqa: S101  # PIPE, above
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _ask(self, question: Asked) -> None:
        await self.start()
        assert self._process is not None  # noqa: S101  # just started
        assert self._process.stdin is not None  # noqa: S101  # PIPE, above
        try:
            self._process.stdin.write(encode(question))
            await self._process.stdin.drain()
        except (ConnectionError, OSError):
            raise await self._lost("takes no question") from None

    async def _answer(self) -> Answered:
        assert self._process is not None  # noqa: S101  # asked before
        assert self._process.stdout is not None  # noqa: S101  # PIPE, above
        stdout = self._process.stdout
        try:
            async with asyncio.timeout(self._answer_s):
                content = await stdout.readexactly(frame_length(await stdout.readexactly(LENGTH_BYTES)))
            message = decode(content)
        except TimeoutError:
            raise await self._lost(f"did not answer within {self._answer_s:.0f} s") from None
        except asyncio.IncompleteReadError:
            raise await self._lost("ended") from None
        except WorkerLost as error:
            raise await self._lost(str(error)) from None
        except asyncio.CancelledError:
            self._kill()  # the rest of its answer would be taken for the next one
            raise
        if isinstance(message, LookAsked | CommitAsked):
            raise await self._lost("asked instead of answering")
        return message

    async def _lost(self, how: str) -> WorkerLost:
        process = self._process
        self._kill()
        status = await process.wait() if process is not None else None
        self._process = None
        return WorkerLost(f"the worker process {how} (exit status {status}); it is started again")

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
