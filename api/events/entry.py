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
    """`tenant`: whose it is, None = the system's; `part`: what of it a tenant is shown, where it is of all of them."""

    type: EventType
    tenant: str | None
    data: str
    part: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader is sent. `tenant`: only that one's; None = everything."""

    types: frozenset[EventType] = frozenset(EventType)
    tenant: str | None = None


class Entry:
    """An event in its place; `frame`: as it goes to who may see all."""

    __slots__ = ("_parts", "encoded", "frame", "id", "size")

    def __init__(self, identity: str, encoded: Encoded) -> None:
        self.id = identity
        self.encoded = encoded
        self.frame = _frame(identity, encoded.type, encoded.data)
        self.size = len(self.frame) + _OVERHEAD
        self._parts: dict[str, bytes] = {}

    def for_reader(self, wanted: Wanted) -> bytes:
        """What this reader is sent; empty = nothing."""
        encoded = self.encoded
        if encoded.type not in wanted.types:
            return b""
        if wanted.tenant is None or wanted.tenant == encoded.tenant:
            return self.frame
        if encoded.part is None:
            return b""
        found = self._parts.get(wanted.tenant)
        if found is None:
            found = self._parts[wanted.tenant] = _frame(self.id, encoded.type, encoded.part(wanted.tenant))
        return found


def _frame(identity: str, name: str, data: str) -> bytes:
    return f"id: {identity}\nevent: {name}\ndata: {data}\n\n".encode()
