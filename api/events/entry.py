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
    PREFERENCES = "preferences"
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

    __slots__ = ("_behind_id", "_part", "frame", "size", "tenant", "type")

    def __init__(self, identity: str, encoded: Encoded) -> None:
        self.type = encoded.type
        self.tenant = encoded.tenant
        self._part = encoded.part
        line = _id_line(identity)
        self._behind_id = len(line)
        self.frame = line + _told(encoded.type, encoded.data)
        self.size = len(self.frame) + encoded.weight + _OVERHEAD

    def for_reader(self, wanted: Wanted, identity: Callable[[], str]) -> bytes:
        """What this reader is sent; empty = nothing. `identity`: makes what a tenant's reader has as the event's id."""
        if self.type not in wanted.types:
            return b""
        if wanted.tenant is None:
            return self.frame
        if wanted.tenant == self.tenant:
            return _id_line(identity()) + self.frame[self._behind_id :]
        if self._part is None:
            return b""
        # Made anew for each reader: kept, the parts of thousands of tenants would outgrow the ring.
        return _id_line(identity()) + _told(self.type, self._part(wanted.tenant))


def _id_line(identity: str) -> bytes:
    return f"id: {identity}\n".encode()


def _told(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()
