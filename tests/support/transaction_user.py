"""A transaction user that remembers, and answers what it is told to."""

from collections.abc import Callable

from engine.sip.flow import Flow
from engine.sip.message import SipRequest, SipResponse
from engine.sip.response import response_to
from engine.sip.transactions import ClientTransaction, ServerInviteTransaction, ServerTransaction, TransactionLayer

Answer = Callable[[ServerTransaction, SipRequest, float], None]


class RecordingUser:
    """User and owner in one. `said`: what it was told; `answers`: statuses to answer a method with, at once."""

    def __init__(self, layer: TransactionLayer, answers: dict[str, list[int]] | None = None) -> None:
        self.layer = layer
        self.answers = answers or {}
        self.said: list[str] = []
        self.requests: list[tuple[ServerTransaction, SipRequest, Flow]] = []
        self.responses: list[SipResponse] = []
        self.failing: Exception | None = None
        self.is_stateless = False
        layer.attach(self)

    def on_request(self, transaction: ServerTransaction, request: SipRequest, flow: Flow, now: float) -> None:
        self.said.append(request.method)
        self.requests.append((transaction, request, flow))
        for status in self.answers.get(request.method, []):
            response = response_to(request, status, to_tag="to-b")
            if self.is_stateless:
                self.layer.respond_statelessly(transaction, response)
            else:
                self.layer.respond(transaction, response, now)
        if self.failing is not None:
            raise self.failing

    def on_ack(self, request: SipRequest, flow: Flow, now: float) -> None:
        self.said.append("ACK")

    def on_cancel(self, transaction: ServerInviteTransaction, request: SipRequest, now: float) -> None:
        self.said.append("CANCEL")
        invite = next(asked for known, asked, _ in self.requests if known is transaction)
        self.layer.respond(transaction, response_to(invite, 487, to_tag="to-b"), now)

    def on_unacknowledged(self, transaction: ServerInviteTransaction, now: float) -> None:
        self.said.append(f"unacknowledged {transaction.call_id} {transaction.to_tag}")

    def on_stray_success(self, response: SipResponse, flow: Flow, now: float) -> None:
        self.said.append(f"stray {response.status}")

    def on_server_error(self, transaction: ServerTransaction, now: float) -> None:
        self.said.append(f"{transaction.method} response not sent")

    def on_response(self, transaction: ClientTransaction, response: SipResponse, flow: Flow, now: float) -> None:
        self.said.append(f"{response.status} to {transaction.method}")
        self.responses.append(response)
        if self.failing is not None:
            raise self.failing

    def on_timeout(self, transaction: ClientTransaction, now: float) -> None:
        self.said.append(f"{transaction.method} timed out")

    def on_transport_error(self, transaction: ClientTransaction, now: float) -> None:
        self.said.append(f"{transaction.method} not sent")
