"""What delivery knows of a webhook, and what it asks of the outbox and of the network."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from engine.runtime.webhooks.http_post import Answer, Receiver


class Line(NamedTuple):
    """The messages of one webhook, which go out in their order."""

    tenant: str
    hook: str

    def __str__(self) -> str:
        return f"{self.tenant}/{self.hook}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One message in its line. `is_aside`: it was refused for long, and others go first."""

    seq: int
    id: str
    at: datetime
    body: str
    is_aside: bool


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much of a line waits, and when the oldest of it happened."""

    pending: int
    set_aside: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Dropped:
    """How many messages of a line were given up: because of their age, and because of its length."""

    old: int
    over: int


class Outbox(Protocol):
    """Where messages wait. All errors are EngineError."""

    async def backlogs(self) -> Mapping[Line, Backlog]: ...

    async def first(self, line: Line, at_most: int) -> Sequence[Waiting]: ...

    async def remove(self, seqs: Sequence[int]) -> None: ...

    async def set_aside(self, seq: int, at: datetime) -> None: ...

    async def drop(self, before: datetime, most: int) -> Mapping[Line, Dropped]: ...


Post = Callable[[Receiver, Mapping[str, str], bytes], Awaitable[Answer]]
"""Raises PostFailed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A webhook with all that it needs, as it is configured at this moment."""

    receiver: Receiver
    signing_secret: str | None = field(repr=False)


Hooks = Callable[[Line], Hook | None]
"""The current one; None = none is configured."""
