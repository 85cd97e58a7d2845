"""The parent's handle on the child: starts it, asks it, starts it anew when it is gone.

Everything here runs on the engine's loop, so answers are read in slices with a turn of the loop between them. The surprising thing:
the child is started by `subprocess`, which uses vfork, and not by the loop: uvloop forks, and copying the page tables of a server
that holds 10,000 extensions stops it for 30-70 ms (measured), and again for every page it writes to afterwards.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeVar

from engine.config.ref import Revision
from reconciler.errors import WorkerLost
from reconciler.source.remote import Remote, spelled
from reconciler.state import Held
from reconciler.worker.frames import (
    LENGTH_BYTES,
    Answered,
    Asked,
    Collector,
    CommitAsked,
    Committed,
    HoldAsked,
    LookAsked,
    NotTold,
    OriginsSlice,
    PlanAsked,
    PlanTold,
    Question,
    RoundEnd,
    RowsSlice,
    SecretsSlice,
    Told,
    decode,
    encode,
    frame_length,
)
from reconciler.worker.order import Hold, Order
from reconciler.worker.verdict import Round

A = TypeVar("A")
B = TypeVar("B")

STOP_S: Final = 2.0
ANSWER_S: Final = 120.0
"""A look that takes longer hangs on something: a network file system that went away."""


class Worker(Protocol):
    """Who looks at the source for the reconciler. One question at a time; WorkerLost if it ended, and the next starts it anew."""

    async def look(self, held: Held, order: Order | None = None) -> Round:
        """What is to be done so that who holds `held` follows the source, or obeys the order."""

    async def commit(self, number: int, revision: Revision, at: str, duration_s: float) -> Committed:
        """Round `number` was taken, which took so long. Says why that can't be kept on disk, if so."""

    async def hold(self, hold: Hold | None) -> str | None:
        """Let following rest, or go on. Returns why that can't be kept on disk, or None."""

    async def plan(self, sequence: int | None = None) -> PlanTold | NotTold:
        """What following the source would change, or going back to a revision."""

    async def tell(self, question: Question) -> Told | NotTold: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Child:
    """One run of the child, with the pipe to it."""

    process: subprocess.Popen[bytes]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class WorkerProcess:
    """The child process. `source`: the folder of manifests, or what is fetched; `key`: of the secrets' versions, see `Resolver`."""

    def __init__(self, source: Path | Remote, data: Path, key: bytes, *, answer_s: float = ANSWER_S) -> None:
        self._source = source
        self._answer_s = answer_s
        self._data = data
        self._key = key
        self._child: _Child | None = None
        self._is_answering = False
        self._taking_turns = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """Of the child, None if there is none."""
        return None if self._child is None else self._child.process.pid

    async def start(self) -> None:
        """Start it ahead of the first question; it takes some tenths of a second to be ready."""
        if self._child is not None:
            return
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = self._spawn(theirs)
            except OSError as error:
                ours.close()
                raise WorkerLost(f"the worker process can't be started: {error}") from None
        reader, writer = await asyncio.open_connection(sock=ours)
        self._child = _Child(process, reader, writer)
        writer.write(self._key)

    def _spawn(self, pipe: socket.socket) -> subprocess.Popen[bytes]:
        # -P and our own path: a folder named `schema` where the user stands must not be taken for ours.
        path = os.pathsep.join(entry for entry in sys.path if entry)
        command = [
            sys.executable,
            "-P",
            "-m",
            "reconciler.worker",
            spelled(self._source) if isinstance(self._source, Remote) else str(self._source.absolute()),
            str(self._data.absolute()),
        ]
        environ = {**os.environ, "PYTHONPATH": path}
        return subprocess.Popen(command, stdin=pipe.fileno(), stdout=pipe.fileno(), env=environ)  # noqa: S603  # our own

    async def look(self, held: Held, order: Order | None = None) -> Round:
        async with self._taking_turns:
            child = await self._ask(LookAsked(held, order))
            collector = Collector()
            while True:
                match await self._answer(child):
                    case RoundEnd() as end:
                        self._is_answering = False
                        return collector.whole(end)
                    case RowsSlice() | OriginsSlice() | SecretsSlice() as piece:
                        collector.add(piece)
                    case _:
                        raise await self._lost(child, "answered a question that was not asked")
                await asyncio.sleep(0)

    async def commit(self, number: int, revision: Revision, at: str, duration_s: float) -> Committed:
        return await self._one(CommitAsked(number, revision, at, duration_s), Committed, Committed)

    async def hold(self, hold: Hold | None) -> str | None:
        return (await self._one(HoldAsked(hold), Committed, Committed)).state_problem

    async def plan(self, sequence: int | None = None) -> PlanTold | NotTold:
        return await self._one(PlanAsked(sequence), PlanTold, NotTold)

    async def tell(self, question: Question) -> Told | NotTold:
        return await self._one(question, Told, NotTold)

    async def _one(self, question: Asked, this: type[A], that: type[B]) -> A | B:
        """Ask what has one answer, of one of these types."""
        async with self._taking_turns:
            child = await self._ask(question)
            answer = await self._answer(child)
            if not isinstance(answer, this | that):
                raise await self._lost(child, "answered a question that was not asked")
            self._is_answering = False
            return answer

    async def close(self) -> None:
        """End it: its pipe closes, it finishes what it does and goes; killed if it takes too long."""
        child, self._child = self._child, None
        if child is None:
            return
        child.writer.close()
        try:
            await asyncio.to_thread(child.process.wait, STOP_S)
        except subprocess.TimeoutExpired:
            child.process.kill()
            await asyncio.to_thread(child.process.wait)

    async def _ask(self, question: Asked) -> _Child:
        if self._is_answering and self._child is not None:
            # Whoever asked before was cancelled: the rest of that answer must not be taken for this one.
            await self._lost(self._child, "was given up")
        await self.start()
        self._is_answering = True
        child = self._child
        assert child is not None  # noqa: S101  # just started
        try:
            child.writer.write(encode(question))
            await child.writer.drain()
        except OSError:
            raise await self._lost(child, "takes no question") from None
        return child

    async def _answer(self, child: _Child) -> Answered:
        try:
            async with asyncio.timeout(self._answer_s):
                content = await child.reader.readexactly(frame_length(await child.reader.readexactly(LENGTH_BYTES)))
            message = decode(content)
        except TimeoutError:
            raise await self._lost(child, f"did not answer within {self._answer_s:.0f} s") from None
        except (asyncio.IncompleteReadError, OSError):
            raise await self._lost(child, "ended") from None
        except WorkerLost as error:
            raise await self._lost(child, str(error)) from None
        if isinstance(message, Answered):
            return message
        raise await self._lost(child, "asked instead of answering")

    async def _lost(self, child: _Child, how: str) -> WorkerLost:
        """End it for good; the next question starts another."""
        self._child, self._is_answering = None, False
        child.process.kill()
        child.writer.close()
        status = await asyncio.to_thread(child.process.wait)
        return WorkerLost(f"the worker process {how} (exit status {status}); it is started again")
