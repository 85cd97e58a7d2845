"""What stands below a leg: transactions, timers, randomness, our own addresses, the table of dialogs.

One per engine, handed to every leg, so that a leg's constructor names only what is its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Final, Protocol

from engine.marks import Marks
from engine.media.session import MediaSession
from engine.sip.flow import Flow
from engine.sip.identifiers import Identifiers
from engine.sip.message import SipRequest, SipResponse
from engine.sip.transactions import ServerTransaction, TransactionLayer
from engine.sip.uri import make_uri
from engine.wheel import Wheel

ALLOW: Final = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"
_CONTACTS_KEPT: Final = 8_192


class DialogUser(Protocol):
    """Whoever takes the requests of a dialog, early or confirmed. `flow`: how its peer is reached."""

    flow: Flow

    def on_request(self, transaction: ServerTransaction, request: SipRequest, flow: Flow, now: float) -> None: ...

    def on_ack(self, request: SipRequest, now: float) -> None: ...

    def on_unacknowledged(self, now: float) -> None:
        """Our 200 to an INVITE of this dialog was never acknowledged (RFC 3261 §13.3.1.4)."""

    def on_stray_success(self, response: SipResponse, now: float) -> None:
        """A 2xx to an INVITE of ours that has no transaction any more (RFC 3261 §13.2.2.4)."""


DialogKey = tuple[str, str]
"""Call-ID and our own tag, which is unguessable; the peer's tag is checked by the user (RFC 3261 §12, interop: never
by URI)."""


class Stack:
    """`contact_hosts`: what Contact says, `host:port`, by the listener of a flow, without one that is going; `transports`: what each of
    these listeners speaks, "udp" where nothing is said; `utc`: wall time
    of a monotonic instant; `at`: the instant of the turn under way, set by the runtime whenever it enters: a datagram, the
    wheel, a command; `marks`: what is told of what changes, None while nobody reads it."""

    __slots__ = (
        "at",
        "contact_hosts",
        "dialogs",
        "identifiers",
        "layer",
        "marks",
        "open_media",
        "transports",
        "user_agent",
        "utc",
        "wheel",
    )

    def __init__(
        self,
        *,
        layer: TransactionLayer,
        wheel: Wheel,
        identifiers: Identifiers,
        utc: Callable[[float], datetime],
        open_media: Callable[[Flow], MediaSession],
        user_agent: str,
    ) -> None:
        self.layer = layer
        self.wheel = wheel
        self.identifiers = identifiers
        self.utc = utc
        self.open_media = open_media
        self.user_agent = user_agent
        self.contact_hosts: dict[str, tuple[str, int]] = {}
        self.transports: dict[str, str] = {}
        self.dialogs: dict[DialogKey, DialogUser] = {}
        self.at = 0.0
        self.marks: Marks | None = None

    @property
    def counters(self) -> Counter[str]:
        """What was dropped, refused and ended, by reason (law 9)."""
        return self.layer.counters

    def contact(self, flow: Flow, user: str) -> str:
        """A Contact value by which the peer of `flow` reaches us."""
        host, port = self.contact_hosts[flow.listener]
        return _contact(user, host, port, flow.transport)


@lru_cache(maxsize=_CONTACTS_KEPT)
def _contact(user: str, host: str, port: int, transport: str) -> str:
    params = () if transport == "udp" else (("transport", transport),)
    return f"<{make_uri(user, host, port, params)}>"
