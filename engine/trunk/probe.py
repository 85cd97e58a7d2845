"""One OPTIONS to a server of a trunk (RFC 3261 §11): is it there?

Any final response but 503 says yes: carriers answer 404, 405, 403 or 481 to an OPTIONS as often as 200. The answer is waited for much
shorter than timer F, and then nothing is sent again.
"""

from __future__ import annotations

from typing import Final, Protocol

from engine.sip.flow import Flow
from engine.sip.headers import Headers
from engine.sip.identifiers import Identifiers
from engine.sip.message import SipRequest, SipResponse
from engine.sip.transactions import ClientNonInviteTransaction, ClientTransaction
from engine.sip.uri import make_uri
from engine.trunk.resolution import Endpoint
from engine.trunk.retry_after import retry_after_s
from engine.wheel import Alarm, Wheel

ANSWER_S: Final = 4.0


class ProbeOwner(Protocol):
    """The trunk."""

    @property
    def wheel(self) -> Wheel: ...

    def server_answered(self, endpoint: Endpoint, now: float) -> None: ...

    def server_missed(self, endpoint: Endpoint, now: float) -> None: ...

    def server_unavailable(self, endpoint: Endpoint, retry_after_s: float | None, now: float) -> None: ...


class Probe:
    """`expect` once the request is out."""

    __slots__ = ("_alarm", "_endpoint", "_owner", "_transaction")

    def __init__(self, owner: ProbeOwner, endpoint: Endpoint) -> None:
        self._owner: ProbeOwner | None = owner
        self._endpoint = endpoint
        self._alarm: Alarm | None = None
        self._transaction: ClientTransaction | None = None

    def expect(self, transaction: ClientTransaction, now: float) -> None:
        """Wait for an answer to what was sent."""
        if self._owner is not None:
            self._transaction = transaction
            self._alarm = self._owner.wheel.schedule(now + ANSWER_S, self._miss)

    def drop(self) -> None:
        """Nobody wants to know any more."""
        if self._alarm is not None:
            self._alarm.cancel()
        transaction, self._transaction, self._owner, self._alarm = self._transaction, None, None, None
        if isinstance(transaction, ClientNonInviteTransaction):
            transaction.abandon()

    def on_response(self, transaction: ClientTransaction, response: SipResponse, flow: Flow, now: float) -> None:
        if response.is_provisional:
            return
        owner = self._over()
        if owner is None:
            return
        if response.status == 503:
            owner.server_unavailable(self._endpoint, retry_after_s(response), now)
        else:
            owner.server_answered(self._endpoint, now)

    def on_timeout(self, transaction: ClientTransaction, now: float) -> None:
        self._miss(now)

    def on_transport_error(self, transaction: ClientTransaction, now: float) -> None:
        self._miss(now)

    def _miss(self, now: float) -> None:
        transaction = self._transaction
        owner = self._over()
        if isinstance(transaction, ClientNonInviteTransaction) and not transaction.is_terminated:
            transaction.abandon()
        if owner is not None:
            owner.server_missed(self._endpoint, now)

    def _over(self) -> ProbeOwner | None:
        if self._alarm is not None:
            self._alarm.cancel()
        owner, self._owner, self._alarm, self._transaction = self._owner, None, None, None
        return owner


def options_request(endpoint: Endpoint, contact: str, identifiers: Identifiers) -> SipRequest:
    """`contact`: our own address there, as a Contact value."""
    target = str(make_uri(None, endpoint.host, endpoint.port))
    return SipRequest(
        "OPTIONS",
        target,
        Headers(
            [
                ("Max-Forwards", "70"),
                ("From", f"{contact};tag={identifiers.tag()}"),
                ("To", f"<{target}>"),
                ("Call-ID", identifiers.call_id()),
                ("CSeq", "1 OPTIONS"),
                ("Contact", contact),
                ("Accept", "application/sdp"),
            ]
        ),
    )
