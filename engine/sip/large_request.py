"""Requests too large for a datagram: by TCP where the peer takes it, else by UDP all the same.

RFC 3261 §18.1.1: above 1300 bytes a request goes by a congestion-controlled transport, and by UDP again if no connection
comes about. Deviation: a peer that takes the connection but says nothing for a second gets the request by UDP too (firewalls
and gateways accept connections that lead nowhere). It is the same request, branch and all, so that a peer that did get both
takes the second for a retransmission (§17.2.3 does not look at the transport). No call fails that UDP would have carried.

Not tried behind NAT, where no connection leads in, and for an hour not at a peer that refused or was silent.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from engine.sip.client_invite import ClientInviteTransaction
from engine.sip.client_non_invite import ClientNonInviteTransaction
from engine.sip.flow import Flow
from engine.sip.message import SipRequest
from engine.sip.reroute import DEFAULT_PORT, next_hop
from engine.sip.transaction_key import ClientKey
from engine.wheel import Alarm, Wheel

MAX_DATAGRAM_REQUEST_BYTES: Final = 1300
PATIENCE_S: Final = 1.0
_REFUSAL_S: Final = 3600.0
_REFUSALS_KEPT: Final = 10_000

Sibling = Callable[[Flow, str], Flow | None]
"""The way to the same peer by that transport, from our listener of the same address and port; None: there is no such listener."""


class Attempt(NamedTuple):
    """A request that went by a stream first. `flow`: its own way, by datagrams."""

    transaction: ClientInviteTransaction | ClientNonInviteTransaction
    request: SipRequest
    flow: Flow
    alarm: Alarm


class LargeRequests:
    """Which requests went by a stream for their size, and which peers take none."""

    __slots__ = ("_attempts", "_refused", "_sibling", "_wheel")

    def __init__(self, sibling: Sibling, wheel: Wheel) -> None:
        self._sibling = sibling
        self._wheel = wheel
        self._attempts: dict[ClientKey, Attempt] = {}
        self._refused: dict[tuple[str, int], float] = {}

    def stream_for(self, request: SipRequest, flow: Flow, now: float) -> Flow | None:
        """The stream by which to try it; None: it goes by UDP at once."""
        if now < self._refused.get((flow.host, flow.port), 0.0):
            return None
        uri = next_hop(request)
        if uri is None or (uri.port or DEFAULT_PORT) != flow.port or not _may_be(uri.host, flow.host):
            return None
        return self._sibling(flow, "tcp")

    def begin(
        self,
        transaction: ClientInviteTransaction | ClientNonInviteTransaction,
        request: SipRequest,
        flow: Flow,
        now: float,
        on_silence: Callable[[ClientKey, float], None],
    ) -> None:
        """It goes by a stream; `on_silence` if nothing was heard after a while. `flow`: its own."""
        key = transaction.key
        alarm = self._wheel.schedule(now + PATIENCE_S, partial(on_silence, key))
        self._attempts[key] = Attempt(transaction, request, flow, alarm)

    def take(self, key: ClientKey, now: float) -> Attempt | None:
        """The attempt, over now; None if there is none. If nothing was heard of it, the peer is left alone with streams for a while."""
        attempt = self._attempts.pop(key, None)
        if attempt is None:
            return None
        attempt.alarm.cancel()
        if attempt.transaction.is_unheard:
            if len(self._refused) >= _REFUSALS_KEPT:
                self._refused.clear()
            self._refused[attempt.flow.host, attempt.flow.port] = now + _REFUSAL_S
        return attempt


def _may_be(host: str, address: str) -> bool:
    """Whether a URI's host may stand for that address: a name may, another address does not (NAT)."""
    is_address = ":" in host or host.replace(".", "").isdigit()
    return host.lower() == address.lower() if is_address else True
