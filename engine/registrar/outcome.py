"""What came of a REGISTER, what changed for the store, and what others are told of: closed sets."""

from __future__ import annotations

from typing import NamedTuple

from engine.ports import BindingKey
from engine.registrar.binding import Binding


class Granted(NamedTuple):
    """One current binding as the 200 lists it (RFC 3261 §10.3 step 8): URI text and whole seconds left, at least 1."""

    contact: str
    expires_s: int

    def header(self) -> str:
        """The value of its Contact header."""
        return f"<{self.contact}>;expires={self.expires_s}"


class Registered(NamedTuple):
    """Answer 200 with `contacts`, all current ones. The others are what this request did, for the log.

    `evicted`: contacts that had to go without being asked for (over the limit, or a ghost of a restarted phone).
    """

    contacts: tuple[Granted, ...]
    added: tuple[Binding, ...] = ()
    removed: tuple[Binding, ...] = ()
    evicted: tuple[Binding, ...] = ()


class IntervalTooBrief(NamedTuple):
    """Answer 423 with `Min-Expires: min_expires_s`; nothing was changed."""

    min_expires_s: int


class BadRequest(NamedTuple):
    """Answer 400; nothing was changed."""

    why: str


class OutOfOrder(NamedTuple):
    """Answer 500, as RFC 3261 §12.2.2 does for a CSeq that comes late; nothing was changed (§10.3 step 7)."""

    why: str


RegisterResult = Registered | IntervalTooBrief | BadRequest | OutOfOrder


class Upsert(NamedTuple):
    """Keep this binding."""

    binding: Binding


class Delete(NamedTuple):
    """Keep it no more."""

    key: BindingKey


class RegistrationEvent(NamedTuple):
    """A phone came or went. `type`: of `engine.config.webhook.EVENT_TYPES`; `host`: where it registered from; `at`: monotonic seconds."""

    type: str
    tenant: str
    number: str
    host: str
    at: float
