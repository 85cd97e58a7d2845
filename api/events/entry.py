"""One event as it is sent: encoded once, whoever reads it; whom it concerns stands beside it, so that filtering reads no JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_OVERHEAD: Final = 300


class EventType(StrEnum):
    """`event:` of the stream."""

    CALL = "call"
    CALL_ENDED = "call-ended"
    REGISTRATION = "registration"
    REGISTRATION_GONE = "registration-gone"
    TRUNK = "trunk"
    TRUNK_GONE = "trunk-gone"
    LISTENER = "listener"
    LISTENER_GONE = "listener-gone"
    BAN = "ban"
    BAN_LIFTED = "ban-lifted"
    RECONCILE = "reconcile"
    RATES = "rates"


@dataclass(frozen=True, slots=True)
class Encoded:
    """`tenant`: whose it is, None = the system's; `part`: what of it a tenant is shown, where it is of all of them; `weight`: bytes that
    this holds on to, roughly."""

    type: EventType
    tenant: str | None
    data: str
    part: Callable[[str], str] | None = None
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader is sent. `tenant`: only that one's; None = everything."""

    types: frozenset[EventType] = frozenset(EventType)
    tenant: str | None = None


class Entry:
    """An event in its place; `frame`: as it goes to who may see all."""

    __slots__ = ("_part", "frame", "id", "size", "tenant", "type")

    def __init__(self, identity: str, encoded: Encoded) -> None:
        self.id = identity
        self.type = encoded.type
        self.tenant = encoded.tenant
        self._part = encoded.part
        self.frame = _frame(identity, encoded.type, encoded.data)
        self.size = len(self.frame) + encoded.weight + _OVERHEAD

    def for_reader(self, wanted: Wanted) -> bytes:
        """What this reader is sent; empty = nothing."""
        if self.type not in wanted.types:
            return b""
        if wanted.tenant is None or wanted.tenant == self.tenant:
            return self.frame
        if self._part is None:
            return b""
        # Made anew for each reader: kept, the parts of thousands of tenants would outgrow the ring.
        return _frame(self.id, self.type, self._part(wanted.tenant))


def _frame(identity: str, name: str, data: str) -> bytes:
    return f"id: {identity}\nevent: {name}\ndata: {data}\n\n".encode()
