"""Bindings on their way to and from the store, so that a warm phone need not register again after a restart.

`warm_bindings` reads them at start with the standard library alone: SIP answers before SQLAlchemy is imported.
`LocationWriter` batches the registrar's changes. Losing the last half second in a crash is fine: phones refresh. What is told of phones
that come and go is stored in the transaction that stores their bindings: after a crash the two agree, so a phone whose coming was
lost comes again, and one whose going was lost goes when its time is up.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.errors import EngineError
from engine.ports import BindingKey, LocationStore, StoredBinding, WebhookMessage
from engine.registrar.binding import stored
from engine.registrar.outcome import Delete, Upsert
from engine.registrar.registrar import Registrar
from engine.webhooks.announcer import Announcer

_log: Final = logging.getLogger("trunkline.storage")
_phones: Final = logging.getLogger("trunkline.registrations")
_EVERY_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 10.0
_MOST_WAITING: Final = 200_000
_BATCH: Final = 5_000

BINDING_COLUMNS: Final = (
    "tenant",
    "number",
    "contact",
    "call_id",
    "cseq",
    "listener",
    "transport",
    "host",
    "port",
    "user_agent",
    "registered_at",
    "refreshed_at",
    "expires_at",
    "instance",
    "q",
)
"""Of table `binding`, in the order of StoredBinding's fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmBindings:
    """`problem`: why there are none, for the log; None also where there is no database yet."""

    bindings: tuple[StoredBinding, ...]
    problem: str | None


def warm_bindings(path: Path) -> WarmBindings:
    """All stored bindings of an SQLite database; none, with the reason, if it can't be read. 10,000 take less than 0.1 s."""
    if not path.exists():
        return WarmBindings(bindings=(), problem=None)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=2.0)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'binding'").fetchall():
                return WarmBindings(bindings=(), problem=None)
            rows = connection.execute(f"SELECT {', '.join(BINDING_COLUMNS)} FROM binding").fetchall()  # noqa: S608 - constants
    except sqlite3.Error as error:
        return WarmBindings(
            bindings=(), problem=f"bindings in {path} can't be read: {error}; phones will have to register again"
        )
    return WarmBindings(bindings=tuple([_binding(row) for row in rows]), problem=None)


class LocationWriter:
    """Run `run` as a task; cancel it and `drain` at the end. `now` monotonic, `wall` UNIX seconds.

    `counters`: saved, failures, forgotten (changes dropped because the store failed for very long), and messages_forgotten.
    `announcer`: who is told of phones; `told`: is given what has been stored for that.
    """

    def __init__(
        self,
        registrar: Registrar,
        store: LocationStore,
        announcer: Announcer | None = None,
        told: Callable[[Sequence[WebhookMessage]], None] | None = None,
        *,
        now: Callable[[], float],
        wall: Callable[[], float],
        every_s: float = _EVERY_S,
    ) -> None:
        self._registrar = registrar
        self._store = store
        self._announcer = announcer
        self._told = told
        self._now = now
        self._wall = wall
        self._every_s = every_s
        self._waiting: dict[BindingKey, StoredBinding | None] = {}
        self._messages: deque[WebhookMessage] = deque()
        self._pause_s = every_s
        self.problem: str | None = None
        self.counters: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """Changes that are not stored yet."""
        return len(self._waiting)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.step()
            await asyncio.sleep(self._pause_s)

    async def drain(self, timeout_s: float) -> int:
        """Save what is left, as far as it goes in that time; how many changes are not saved."""
        try:
            async with asyncio.timeout(timeout_s):
                while await self.step():
                    if self.problem is not None:
                        await asyncio.sleep(self._pause_s)
        except TimeoutError:
            pass
        return len(self._waiting)

    async def step(self) -> bool:
        """Save one batch of what changed; whether more waits."""
        self._collect()
        if not self._waiting and not self._messages:
            return False
        batch = {key: self._waiting[key] for key, _ in zip(self._waiting, range(_BATCH), strict=False)}
        messages = list(self._messages)
        try:
            await self._store.save(
                [binding for binding in batch.values() if binding is not None],
                [key for key, binding in batch.items() if binding is None],
                messages,
            )
        except EngineError as error:
            self.counters["failures"] += 1
            self._pause_s = min(_LONGEST_PAUSE_S, self._pause_s * 2)
            if self.problem is None:
                _log.error("registrations can't be stored: %s; they live on in memory", error)
            self.problem = str(error)
            return True
        for key, binding in batch.items():
            if self._waiting.get(key, ...) is binding:  # it may have changed while the batch was saved
                del self._waiting[key]
        for message in messages:
            if (
                self._messages and self._messages[0] is message
            ):  # some may have been forgotten while the batch was saved
                self._messages.popleft()
        if messages and self._told is not None:
            self._told(messages)
        self.counters["saved"] += len(batch)
        self._pause_s = self._every_s
        if self.problem is not None:
            _log.warning("registrations are stored again")
            self.problem = None
        return bool(self._waiting)

    def _collect(self) -> None:
        now, wall = self._now(), self._wall()
        for change in self._registrar.take_changes():
            match change:
                case Upsert(binding):
                    self._waiting[binding.key] = stored(binding, now, wall)
                case Delete(key):
                    self._waiting[key] = None
        for event in self._registrar.take_events():
            if _phones.isEnabledFor(logging.DEBUG):
                kept = {"event": event.type, "tenant": event.tenant, "extension": event.number, "source": event.host}
                _phones.debug(event.type.rpartition(".")[2], extra=kept)
            message = None if self._announcer is None else self._announcer.of_event(event, event.at + wall - now)
            if message is not None:
                self._messages.append(message)
        while len(self._messages) > _MOST_WAITING:
            self._messages.popleft()
            self.counters["messages_forgotten"] += 1
        while len(self._waiting) > _MOST_WAITING:
            # The oldest; at worst a binding is back after a restart until it expires.
            del self._waiting[next(iter(self._waiting))]
            self.counters["forgotten"] += 1


def _binding(row: tuple[object, ...]) -> StoredBinding:
    return StoredBinding(**dict(zip(BINDING_COLUMNS, row, strict=True)))  # type: ignore[arg-type]  # the column types see to it
