"""What a transaction finds around it, and whom it reports to: the seam between the four machines and their layer."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol, TypeAlias

from engine.sip.flow import Flow
from engine.sip.message import SipRequest, SipResponse
from engine.sip.timers import Timers
from engine.wheel import Wheel

if TYPE_CHECKING:
    from engine.sip.client_invite import ClientInviteTransaction
    from engine.sip.client_non_invite import ClientNonInviteTransaction
    from engine.sip.server_invite import ServerInviteTransaction
    from engine.sip.server_non_invite import ServerNonInviteTransaction

    ClientTransaction: TypeAlias = ClientInviteTransaction | ClientNonInviteTransaction
    ServerTransaction: TypeAlias = ServerInviteTransaction | ServerNonInviteTransaction


class ClientOwner(Protocol):
    """Whoever sent a request."""

    def on_response(self, transaction: ClientTransaction, response: SipResponse, flow: Flow, now: float) -> None:
        """Each provisional response, then the final one. INVITE: also each further 2xx, of the same dialog (the ACK got
        lost: send it again) or of another fork (ACK, then BYE), for 64*T1 after the first.
        """

    def on_timeout(self, transaction: ClientTransaction, now: float) -> None:
        """No final response came; the transaction is over."""

    def on_transport_error(self, transaction: ClientTransaction, now: float) -> None:
        """The request, or the ACK of a failure, could not be sent; the transaction is over."""


class ServerOwner(Protocol):
    """Whoever answers an INVITE; for the transaction user to find its leg by."""

    def on_cancel(self, now: float) -> None:
        """The peer has cancelled the INVITE: answer it with 487."""


class TransactionHost(Protocol):
    """What all four need."""

    timers: Timers
    wheel: Wheel
    counters: Counter[str]

    def send(self, data: bytes, flow: Flow) -> None:
        """Put bytes on the wire."""


class ClientHost(TransactionHost, Protocol):
    """What client transactions need."""

    def send_cancel(self, invite: SipRequest, flow: Flow, reason: str | None, now: float) -> None:
        """Start a CANCEL of `invite`, in a transaction of its own."""

    def forget_client(self, transaction: ClientTransaction) -> None:
        """The transaction is terminated."""


class ServerHost(TransactionHost, Protocol):
    """What server transactions need."""

    def pass_ack(self, request: SipRequest, flow: Flow, now: float) -> None:
        """An ACK that came in Accepted."""

    def pass_server_error(self, transaction: ServerTransaction, now: float) -> None:
        """A response could not be sent."""

    def forget_server(self, transaction: ServerTransaction) -> None:
        """The transaction is terminated."""
