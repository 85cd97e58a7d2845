"""The delivery of one webhook: its messages go out one after the other, and the first that fails holds up those behind it.

Which receiver, and with which credentials, is asked anew at each attempt. Surprising: only a message that the receiver has refused
for an hour lets others go first, for the fault may be its own; while the receiver is down nothing changes its place.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from engine.errors import EngineError
from engine.runtime.webhooks.http_post import Answer, PostFailed
from engine.runtime.webhooks.outbox import Hook, Hooks, Line, Outbox, Post, Waiting
from engine.webhooks.signature import BadSigningSecret, identity_headers, signature
from engine.webhooks.verdict import LONGEST_PAUSE_S, REFUSED_FOR_S, Verdict, pause_s, retry_after_s, verdict

_log: Final = logging.getLogger("trunkline.webhooks")
_BATCH: Final = 50
_CONFIRM_EVERY_S: Final = 0.5
_STORE_PAUSE_S: Final = 5.0
_CONTENT: Final = {"Content-Type": "application/json", "User-Agent": "Trunkline"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """For views; `error`: of the last attempt, None if it succeeded. Instants are aware UTC; counts are since the start."""

    error: str | None = None
    failed_at: datetime | None = None
    delivered_at: datetime | None = None
    next_attempt_at: datetime | None = None
    delivered: int = 0
    failures: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all lines share. `wall`: UNIX seconds; `chance`: 0-1, anew each time; `turn`: waits for the right to make an attempt;
    `stopping`: none but those under way."""

    outbox: Outbox
    post: Post
    hooks: Hooks
    wall: Callable[[], float]
    chance: Callable[[], float]
    turn: Callable[[], Awaitable[None]]
    slots: asyncio.Semaphore
    stopping: asyncio.Event
    counters: Counter[str]


@dataclass(frozen=True, slots=True)
class _Failure:
    verdict: Verdict
    reason: str
    asked_s: float | None = None


class DeliveryLine:
    """`run` until nothing waits, as a task. `grown`, `changed`: more waits; the configuration may be another."""

    def __init__(self, line: Line, around: Surroundings) -> None:
        self.line = line
        self.state = LineState()
        self._around = around
        self._grown = asyncio.Event()
        self._changed = asyncio.Event()
        self._failures = 0
        self._refused: tuple[int, float] | None = None  # which message, since when by the loop's clock
        self._used: Hook | None = None
        self.is_posting = False

    def grown(self) -> None:
        self._grown.set()

    def changed(self) -> None:
        """Look at once if the webhook is another than at the last attempt."""
        if self._around.hooks(self.line) != self._used:
            self._changed.set()

    async def run(self) -> None:
        """Cancelled, it still confirms what is delivered."""
        while True:
            self._grown.clear()
            try:
                waiting = await self._around.outbox.first(self.line, _BATCH)
                if not waiting:
                    if self._grown.is_set():
                        continue
                    return
                if not await self._deliver(waiting) or self._around.stopping.is_set():
                    return
            except EngineError as error:
                _log.error("webhook %s: the outbox can't be used: %s", self.line, error)
                await asyncio.sleep(_STORE_PAUSE_S)

    async def _deliver(self, waiting: Sequence[Waiting]) -> bool:
        """Send until one fails, and wait then; whether to go on."""
        done: list[int] = []
        since = asyncio.get_running_loop().time()
        failure: _Failure | None = None
        last = waiting[0]
        try:
            for last in waiting:
                hook = self._used = self._around.hooks(self.line)
                if hook is None:
                    self._note_failure(last, "no webhook is configured for this any more")
                    return False
                failure = await self._attempt(hook, last)
                if failure is not None:
                    break
                done.append(last.seq)
                self._note_success()
                if self._around.stopping.is_set():
                    break
                if last.is_aside or asyncio.get_running_loop().time() - since > _CONFIRM_EVERY_S:
                    break  # others may have come that go first; and what is confirmed is not sent twice
        finally:
            if done:
                await asyncio.shield(asyncio.ensure_future(self._around.outbox.remove(done)))
        if failure is not None and not self._around.stopping.is_set():
            await self._heed(failure, last)
        return True

    async def _attempt(self, hook: Hook, message: Waiting) -> _Failure | None:
        async with self._around.slots:
            await self._around.turn()
            at = int(self._around.wall())
            body = message.body.encode()
            headers = {**_CONTENT, **identity_headers(message.id, at)}
            try:
                if hook.signing_secret is not None:
                    headers["Webhook-Signature"] = signature(hook.signing_secret, message.id, at, body)
                self.is_posting = True
                answer = await self._around.post(hook.receiver, headers, body)
            except (PostFailed, BadSigningSecret) as error:
                return _Failure(Verdict.FAILED, str(error))
            finally:
                self.is_posting = False
        found = verdict(answer.status)
        if found is Verdict.DELIVERED:
            return None
        asked_s = retry_after_s(answer.retry_after, datetime.fromtimestamp(self._around.wall(), UTC))
        return _Failure(found, _answered(answer), asked_s)

    async def _heed(self, failure: _Failure, message: Waiting) -> None:
        """Put the message aside if it has been refused for long; then wait."""
        now = asyncio.get_running_loop().time()
        self._failures += 1
        if failure.verdict is not Verdict.REFUSED:
            self._refused = None
        elif self._refused is None or self._refused[0] != message.seq:
            self._refused = (message.seq, now)
        pause = pause_s(self._failures, self._around.chance(), failure.asked_s)
        if message.is_aside:
            pause = max(pause, LONGEST_PAUSE_S / 2)
            await self._around.outbox.set_aside(message.seq, self._utc())
        elif self._refused is not None and now - self._refused[1] >= REFUSED_FOR_S:
            self._refused = None
            await self._around.outbox.set_aside(message.seq, self._utc())
            self._around.counters["set aside"] += 1
            _log.warning(
                "webhook %s: message %s has been refused for an hour (%s); others go first from now on",
                self.line,
                message.id,
                failure.reason,
            )
        self._note_failure(message, failure.reason, pause)
        await self._pause(pause, ends_when_grown=message.is_aside)

    async def _pause(self, pause: float, *, ends_when_grown: bool) -> None:
        waits = [asyncio.ensure_future(self._changed.wait())]
        if ends_when_grown:
            waits.append(asyncio.ensure_future(self._grown.wait()))
        try:
            await asyncio.wait(waits, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if self._changed.is_set():
            self._changed.clear()
            self._failures = 0

    def _note_success(self) -> None:
        if self.state.error is not None:
            _log.warning("webhook %s: delivers again", self.line)
        self._failures = 0
        self._refused = None
        self._around.counters["delivered"] += 1
        self.state = replace(
            self.state,
            error=None,
            delivered_at=self._utc(),
            next_attempt_at=None,
            delivered=self.state.delivered + 1,
        )

    def _note_failure(self, message: Waiting, reason: str, pause: float | None = None) -> None:
        if self.state.error is None:
            host = "" if self._used is None else f" {urlsplit(self._used.receiver.url).netloc}"
            _log.error("webhook %s:%s %s; message %s and all behind it wait", self.line, host, reason, message.id)
        self._around.counters["failures"] += 1
        now = self._around.wall()
        self.state = replace(
            self.state,
            error=reason,
            failed_at=datetime.fromtimestamp(now, UTC),
            next_attempt_at=None if pause is None else datetime.fromtimestamp(now + pause, UTC),
            failures=self.state.failures + 1,
        )

    def note_dropped(self, count: int) -> None:
        self.state = replace(self.state, dropped=self.state.dropped + count)

    def _utc(self) -> datetime:
        return datetime.fromtimestamp(self._around.wall(), UTC)


def _answered(answer: Answer) -> str:
    try:
        phrase = f" {HTTPStatus(answer.status).phrase}"
    except ValueError:
        phrase = ""
    redirected = ", a redirect, which is not followed" if 300 <= answer.status < 400 else ""
    return f"answered {answer.status}{phrase}{redirected}"
