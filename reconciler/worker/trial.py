"""Plans of posted manifests, each made in a throw-away child: one at a time, a few may wait, all of it bounded in time.

Runs on the engine's loop and looks into nothing: what is posted passes through in the pieces it came in. The child gets an environment
without the server's secrets, so no manifest can name one that would be found.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterable, Iterable
from typing import Final

from reconciler.errors import BadManifestSet, FaultyManifests, OrderRefused, TrialRefused, WorkerLost
from reconciler.ports import PlanQuery, PostedForm, PostedPlan
from reconciler.worker.frames import (
    LENGTH_BYTES,
    BadSet,
    FaultySet,
    NotTold,
    PostedAnswer,
    PostedPlanTold,
    decode,
    frame_length,
)

MOST_AT_ONCE: Final = 4
"""One that is planned and those that wait for it."""
MOST_OF_TENANT: Final = 2
MOST_OF_TENANTS: Final = 3
"""So that no tenant takes all places, and all of them together leave one to the system's operators."""
ANSWER_S: Final = 30.0
CHILD: Final = (sys.executable, "-P", "-m", "reconciler.worker.trial_child")
KEPT_VARIABLES: Final = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ")


class PlanTrials:
    """Satisfies `PlanTrial`. `plans`: tells what runs."""

    def __init__(self, plans: PlanQuery, *, answer_s: float = ANSWER_S, command: tuple[str, ...] = CHILD) -> None:
        self._plans = plans
        self._answer_s = answer_s
        self._command = command
        self._turn = asyncio.Lock()
        self._here: Counter[str | None] = Counter()

    async def plan_posted(self, body: AsyncIterable[bytes], form: PostedForm, tenant: str | None) -> PostedPlan:
        if self._is_full(tenant):
            raise TrialRefused("other plans of posted manifests are being made; try again", round(self._answer_s / 3))
        self._here[tenant] += 1
        try:
            posted = [piece async for piece in body]
            async with self._turn:
                running = await self._plans.manifests()
                answer = await self._answer({"form": form.value, "tenant": tenant}, running, posted)
        finally:
            self._here[tenant] -= 1
            if not self._here[tenant]:
                del self._here[tenant]
        match answer:
            case PostedPlanTold():
                return PostedPlan(
                    plan=answer.plan, refs=answer.refs, mode=answer.mode, warnings=answer.warnings, note=answer.note
                )
            case FaultySet(problems, count, first):
                found = "a problem in the manifests" if count == 1 else f"{count} problems in the manifests, the first"
                raise FaultyManifests(f"{found}: {first}", problems)
            case BadSet(reason, is_malformed):
                raise BadManifestSet(reason, is_malformed=is_malformed)
            case NotTold(reason):
                raise OrderRefused(reason)

    def _is_full(self, tenant: str | None) -> bool:
        here = self._here.total()
        if tenant is None:
            return here >= MOST_AT_ONCE
        of_tenants = here - self._here[None]
        return here >= MOST_AT_ONCE or self._here[tenant] >= MOST_OF_TENANT or of_tenants >= MOST_OF_TENANTS

    async def _answer(self, head: object, running: bytes, posted: list[bytes]) -> PostedAnswer:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = subprocess.Popen(  # noqa: S603  # our own
                    self._command, stdin=theirs.fileno(), stdout=theirs.fileno(), env=_environment()
                )
            except OSError as error:
                ours.close()
                raise WorkerLost(f"a process for the plan can't be started: {error}") from None
        try:
            async with asyncio.timeout(self._answer_s):
                reader, writer = await asyncio.open_connection(sock=ours)
                try:
                    await _send(writer, [json.dumps(head).encode()])
                    await _send(writer, [running])
                    await _send(writer, posted)
                    content = await reader.readexactly(frame_length(await reader.readexactly(LENGTH_BYTES)))
                finally:
                    writer.close()
        except TimeoutError:
            raise TrialRefused(
                f"planning these manifests took more than {self._answer_s:g} s and was given up; "
                "try again when the machine has less to do, or plan them in CI",
                round(self._answer_s),
            ) from None
        except (asyncio.IncompleteReadError, OSError):
            raise WorkerLost("the process that plans posted manifests ended without an answer") from None
        finally:
            process.kill()
            await asyncio.shield(asyncio.to_thread(process.wait))
        answer = decode(content)
        if isinstance(answer, PostedAnswer):
            return answer
        raise WorkerLost(f"the process that plans posted manifests answered with a {type(answer).__name__}")


async def _send(writer: asyncio.StreamWriter, pieces: Iterable[bytes]) -> None:
    pieces = list(pieces)
    writer.write(sum(map(len, pieces)).to_bytes(LENGTH_BYTES, "big"))
    for piece in pieces:
        writer.write(piece)
        await writer.drain()


def _environment() -> dict[str, str]:
    # -P and our own path: as for the child that follows, see `worker.process`.
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {**kept, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
