"""The confirmed dialog of a leg: everything after the answer, the same for caller and phone.

RFC 3261 §12.2 (requests in a dialog), §14 (changing a session), §15 (ending); RFC 3311 (UPDATE); RFC 6086 (INFO,
without packages). Left out: PRACK, session timers of our own (RFC 4028: a phone's refreshes are passed like any
change), REFER.

One offer/answer exchange at a time: `_asked` is the peer's request that waits for the other leg, `_changing` ours
that waits for the peer; a second one meanwhile gets 491 or 500 as §14.2 says. A 200 to an INVITE is unacknowledged
until its ACK: the peer's re-INVITE gets 491 meanwhile, and our BYE waits for it (§15.1.1). No change waits for ever:
ours is cancelled when its time is up, when whoever asked for it takes it back, and at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.call.dtmf_info import parse_dtmf_info
from engine.call.events import (
    Acknowledged,
    Answered,
    CallEvent,
    Changed,
    Digit,
    Ended,
    Informed,
    Refused,
    Withdrawn,
)
from engine.call.offer import description_of, refusal_of, set_description
from engine.call.stack import ALLOW, Stack
from engine.cause import LOST_ACK, LOST_LEG, NO_COMMON_MEDIA, Cause, of_refused_change
from engine.media.session import MediaSession
from engine.sdp.description import SessionDescription
from engine.sip.dialog import Dialog
from engine.sip.errors import RemoteProtocolError
from engine.sip.flow import Flow
from engine.sip.message import SipRequest, SipResponse
from engine.sip.response import response_to
from engine.sip.transactions import (
    ClientInviteTransaction,
    ClientTransaction,
    ServerInviteTransaction,
    ServerTransaction,
)
from engine.trunk.line import Line
from engine.wheel import Alarm

# A lost ACK brings the 200 again after T1 = 0.5 s at the earliest (RFC 3261 §13.3.1.4).
_ACK_AGAIN_S: Final = 0.2
# How long a phone may think about a change; adding video may ask a person.
_CHANGE_S: Final = 45.0


class Session:
    """Drives one confirmed dialog. `emit` gets its events; `hangup` is the cause when the peer sends BYE; `line`: of a trunk's dialog."""

    __slots__ = (
        "_ack",
        "_acked_at",
        "_asked",
        "_bye_cause",
        "_bye_sent",
        "_change_due",
        "_changing",
        "_changing_offered",
        "_contact",
        "_emit",
        "_hangup",
        "_held_success",
        "_line",
        "_sent",
        "_stack",
        "_unacknowledged",
        "_wants_answer",
        "dialog",
        "flow",
        "media",
        "over",
    )

    def __init__(
        self,
        stack: Stack,
        dialog: Dialog,
        flow: Flow,
        contact: str,
        media: MediaSession,
        emit: Callable[[CallEvent, float], None],
        hangup: Cause,
        line: Line | None = None,
    ) -> None:
        self._stack = stack
        self.dialog = dialog
        self.flow = flow
        self.media = media
        self._contact = contact
        self._emit: Callable[[CallEvent, float], None] | None = emit
        self._hangup = hangup
        self._line = line
        self._sent: dict[ClientTransaction, SipRequest] = {}
        self._asked: tuple[ServerTransaction, SipRequest, SessionDescription | None] | None = None
        self._changing: ClientInviteTransaction | None = None
        self._change_due: Alarm | None = None
        self._changing_offered = False
        self._held_success: SipResponse | None = None
        self._unacknowledged = False
        self._wants_answer = False
        self._ack: bytes | None = None
        self._acked_at = 0.0
        self._bye_cause: Cause | None = None
        self._bye_sent = False
        self.over = False

    # What the leg asks.

    def expect_ack(self, *, offered: bool) -> None:
        """Our 200 to an INVITE is out; `offered`: it carried an offer, so the ACK must carry the answer."""
        self._unacknowledged = True
        self._wants_answer = offered

    def resend_ack(self, now: float) -> None:
        """Answer a repeated 200. Not at once again: a peer that answers each ACK with a 200 would keep us both busy for ever."""
        if self._ack is None:
            return
        if now - self._acked_at < _ACK_AGAIN_S:
            self._stack.counters["repeated 200 too soon after its ACK"] += 1
            return
        self._acked_at = now
        self._stack.layer.send(self._ack, self.flow)

    def accept(self, description: SessionDescription | None, now: float) -> None:
        """Answer the peer's pending change with the other leg's description (an offer, where the peer asked for one).

        ResourceExhausted, and the change still pending, if there is no port for a stream.
        """
        if self._asked is None:
            return
        transaction, request, offer = self._asked
        if description is not None:
            self.media.reserve(description)
        self._asked = None
        if offer is not None:
            self.media.incoming(offer)
        response = self._response(request, 200)
        if description is not None:
            set_description(response, self.media.outgoing(description))
        if request.method == "INVITE":
            self.expect_ack(offered=offer is None)
        self._stack.layer.respond(transaction, response, now)

    def refuse_change(self, cause: Cause, now: float) -> None:
        self._refuse_asked(max(cause.sip_status, 400), now)

    def change(self, description: SessionDescription | None, now: float) -> bool:
        """Re-INVITE the peer with the other leg's offer, or without one. False if an exchange is already under way."""
        if self.over or self._changing is not None or self._asked is not None or self._unacknowledged:
            return False
        request = self._request("INVITE")
        if description is not None:
            set_description(request, self.media.outgoing(description))
        self._changing_offered = description is not None
        transaction = self._send(request, now)
        assert isinstance(transaction, ClientInviteTransaction)  # noqa: S101 - what the layer makes of an INVITE
        self._changing = transaction
        self._change_due = self._stack.wheel.schedule(now + _CHANGE_S, self.withdraw_change)
        return True

    def withdraw_change(self, now: float) -> None:
        """Nobody waits for the answer to our change any more. The peer may have agreed already, and then it holds."""
        if self._changing is not None:
            self._stack.layer.cancel(self._changing, now)

    def acknowledge(self, description: SessionDescription | None, now: float) -> None:
        """Give the peer the answer to the offer that its 200 carried, with the ACK that waited for it.

        ResourceExhausted, and the ACK still waiting, if there is no port for a stream.
        """
        if self._held_success is not None:
            self._send_ack(self._held_success, description)
            self._held_success = None

    def hold_ack(self, success: SipResponse) -> None:
        """Keep a 200 that carries an offer until `acknowledge`."""
        self._held_success = success

    def inform(self, content_type: str, body: bytes, now: float) -> None:
        if self.over:
            return
        request = self._request("INFO")
        request.headers.replace("Content-Type", content_type)
        request.body = body
        self._send(request, now)

    def end(self, cause: Cause, now: float) -> None:
        """Send BYE, after the ACK if that is still out. No event follows."""
        if self.over:
            return
        self._finish(now)
        if self._unacknowledged:
            self._bye_cause = cause
        else:
            self._send_bye(cause, now)

    # What the network brings.

    def on_request(self, transaction: ServerTransaction, request: SipRequest, flow: Flow, now: float) -> None:
        if not self.dialog.matches(request):
            self._reject(transaction, request, 481, now)
            return
        if self.over:
            # A BYE that crosses ours is right; anything else comes too late.
            self._reject(transaction, request, 200 if request.method == "BYE" else 481, now)
            return
        if not self.dialog.accept_request(request):
            self._reject(transaction, request, 500, now)
            return
        self.flow = flow if self._line is None else self._line.flow(self.dialog, flow)
        match request.method:
            case "BYE":
                self._on_bye(transaction, request, now)
            case _ if unsupported := request.headers.values("Require"):
                response = self._response(request, 420)
                response.headers.add("Unsupported", ", ".join(unsupported))
                self._stack.layer.respond(transaction, response, now)
            case "INVITE" | "UPDATE":
                self._on_change(transaction, request, now)
            case "INFO":
                self._on_info(transaction, request, now)
            case "OPTIONS":
                self._reject(transaction, request, 200, now)
            case _:
                self._reject(transaction, request, 405, now)

    def on_ack(self, request: SipRequest, now: float) -> None:
        if not self._unacknowledged or not self.dialog.matches(request):
            return
        self._unacknowledged = False
        if self._bye_cause is not None:
            self._send_bye(self._bye_cause, now)
            return
        if not self._wants_answer:
            return
        self._wants_answer = False
        try:
            answer = description_of(request)
        except RemoteProtocolError:
            answer = None
        if answer is None or not self.media.accept_answer(answer):
            self.end(NO_COMMON_MEDIA, now)
            self._say(Ended(NO_COMMON_MEDIA), now)
            return
        self._say(Acknowledged(answer), now)

    def on_unacknowledged(self, now: float) -> None:
        """No ACK within 64*T1: end the dialog with BYE (§13.3.1.4)."""
        self._unacknowledged = False
        if self._bye_cause is not None:
            self._send_bye(self._bye_cause, now)
            return
        if not self.over:
            self.end(LOST_ACK, now)
            self._say(Ended(LOST_ACK), now)

    def on_response(self, transaction: ClientTransaction, response: SipResponse, flow: Flow, now: float) -> None:
        if self.flow.transport != "udp":
            self.flow = transaction.flow  # it may have gone over another connection than was meant
        if response.is_provisional:
            return
        if self._line is not None and self._answers_challenge(self._line, transaction, response, now):
            return
        if transaction.method == "BYE":
            self._forget_dialog()
        elif transaction is self._changing:
            self._end_change()
            self._on_change_response(response, now)
        elif transaction.method == "INVITE" and response.is_success:
            self.resend_ack(now)

    def on_timeout(self, transaction: ClientTransaction, now: float) -> None:
        self._sent.pop(transaction, None)
        if transaction.method == "BYE":
            self._forget_dialog()
        elif transaction is self._changing:
            self._end_change()
            self._lose(now)

    def on_transport_error(self, transaction: ClientTransaction, now: float) -> None:
        self.on_timeout(transaction, now)

    def on_stray_success(self, response: SipResponse, now: float) -> None:
        """The ACK got lost: send it again, if it is our peer's 200 and no fork's."""
        if (response.to.tag or "") == self.dialog.remote_tag:
            self.resend_ack(now)

    def on_cancel(self, now: float) -> None:
        """The peer gives up its re-INVITE (§9.2). What the other leg answers all the same finds nobody waiting."""
        if self._asked is not None:
            self._refuse_asked(487, now)
            self._say(Withdrawn(), now)

    # Steps.

    def _send(self, request: SipRequest, now: float) -> ClientTransaction:
        line = self._line
        if line is None:
            return self._stack.layer.request(request, self.flow, now, owner=self)
        line.sign(request)
        transaction = self._stack.layer.request(request, self.flow, now, owner=self)
        self._sent[transaction] = request
        return transaction

    def _answers_challenge(self, line: Line, transaction: ClientTransaction, response: SipResponse, now: float) -> bool:
        """Send a request of ours again that a carrier challenges, with credentials (RFC 3261 §22.2)."""
        sent = self._sent.pop(transaction, None)
        if sent is None or not line.answers(response):
            return False
        if transaction is self._changing and self.over:
            return False
        again = sent.copy()
        again.headers.remove("Via")
        again.headers.replace("CSeq", str(self.dialog.request(sent.method).cseq))
        renewed = self._send(again, now)
        if transaction is self._changing and isinstance(renewed, ClientInviteTransaction):
            self._changing = renewed
        return True

    def _on_bye(self, transaction: ServerTransaction, request: SipRequest, now: float) -> None:
        self._stack.layer.respond(transaction, self._response(request, 200), now)
        self._finish(now)
        self._say(Ended(self._hangup), now)
        self._forget_dialog()

    def _on_change(self, transaction: ServerTransaction, request: SipRequest, now: float) -> None:
        if request.method == "UPDATE" and not request.body:
            # A refresh offers nothing and so crosses nothing.
            self.dialog.refresh_target(request)
            self._stack.layer.respond(transaction, self._response(request, 200), now)
            return
        if self._changing is not None or self._held_success is not None or self._unacknowledged:
            self._reject(transaction, request, 491, now)
            return
        if self._asked is not None:
            response = self._response(request, 500)
            response.headers.replace("Retry-After", "2")
            self._stack.layer.respond(transaction, response, now)
            return
        try:
            offer = description_of(request)
        except RemoteProtocolError as error:
            self._stack.layer.respond(transaction, refusal_of(request, error), now)
            return
        self.dialog.refresh_target(request)
        self._asked = (transaction, request, offer)
        if isinstance(transaction, ServerInviteTransaction):
            transaction.owner = self
        self._say(Changed(offer), now)

    def _on_info(self, transaction: ServerTransaction, request: SipRequest, now: float) -> None:
        if "Info-Package" in request.headers:
            self._reject(transaction, request, 469, now)
            return
        self._stack.layer.respond(transaction, self._response(request, 200), now)
        kind = request.content_type
        if kind is None or not request.body:
            return
        digit = parse_dtmf_info(kind, request.body)
        if digit is not None:
            self._say(Digit(*digit), now)
        else:
            self._say(Informed(request.headers.first("Content-Type") or kind, request.body), now)

    def _on_change_response(self, response: SipResponse, now: float) -> None:
        if not response.is_success:
            if response.status in (408, 481):
                self._lose(now)
            else:
                self._say(Refused(of_refused_change(response.status)), now)
            return
        try:
            self.dialog.refresh_target(response)
        except RemoteProtocolError:
            # The change is in force all the same; the old target serves on.
            self._stack.counters["Contact of an answer is no target"] += 1
        try:
            description = description_of(response)
        except RemoteProtocolError:
            description = None
        if self.over:
            self._send_ack(response, None)
            return
        if description is not None and not self._changing_offered:
            self._held_success = response
            self.media.incoming(description)
        else:
            self._send_ack(response, None)
            if description is None or not self.media.accept_answer(description):
                self._say(Refused(NO_COMMON_MEDIA), now)
                return
        self._say(Answered(description), now)

    def _send_ack(self, success: SipResponse, description: SessionDescription | None) -> None:
        ack = self.dialog.ack(success, self._stack.layer.new_via(self.flow))
        if description is not None:
            set_description(ack, self.media.outgoing(description))
        if self._line is not None:
            self._line.sign_ack(ack)
        self._ack = ack.to_bytes()
        self._acked_at = self._stack.at
        self._stack.layer.send(self._ack, self.flow)

    def _send_bye(self, cause: Cause, now: float) -> None:
        if self._bye_sent:
            return
        self._bye_sent = True
        request = self._request("BYE")
        request.headers.replace("Reason", cause.reason_header())
        self._send(request, now)

    def _lose(self, now: float) -> None:
        """The peer no longer knows the dialog, or is gone (§12.2.1.2)."""
        if not self.over:
            self.end(LOST_LEG, now)
            self._say(Ended(LOST_LEG), now)

    def _request(self, method: str) -> SipRequest:
        request = self.dialog.request(method)
        if method in ("INVITE", "UPDATE"):
            request.headers.replace("Contact", self._contact)
            request.headers.replace("Allow", ALLOW)
        request.headers.replace("User-Agent", self._stack.user_agent)
        return request

    def _response(self, request: SipRequest, status: int) -> SipResponse:
        response = response_to(request, status)
        if request.method in ("INVITE", "UPDATE") and status < 300:
            response.headers.replace("Contact", self._contact)
        if status in (200, 405):
            response.headers.replace("Allow", ALLOW)
        return response

    def _reject(self, transaction: ServerTransaction, request: SipRequest, status: int, now: float) -> None:
        self._stack.layer.respond(transaction, self._response(request, status), now)

    def _say(self, event: CallEvent, now: float) -> None:
        if self._emit is not None:
            emit = self._emit
            if isinstance(event, Ended):
                self._emit = None  # the last word; and no cycle between leg and session outlives it
            emit(event, now)

    def _refuse_asked(self, status: int, now: float) -> None:
        if self._asked is not None:
            transaction, request, _ = self._asked
            self._asked = None
            self._stack.layer.respond(transaction, self._response(request, status), now)

    def _end_change(self) -> None:
        self._changing = None
        if self._change_due is not None:
            self._change_due.cancel()
            self._change_due = None

    def _finish(self, now: float) -> None:
        """The last exchange is settled one way or another; only a BYE may follow."""
        self.acknowledge(None, now)
        self._refuse_asked(487, now)
        self.withdraw_change(now)
        if self._change_due is not None:
            self._change_due.cancel()
            self._change_due = None
        self.over = True

    def _forget_dialog(self) -> None:
        self._emit = None  # no cycle between leg and session outlives the dialog
        key = (self.dialog.call_id, self.dialog.local_tag)
        if self._stack.dialogs.get(key) is self:
            # Another fork of the same INVITE may have the same key.
            del self._stack.dialogs[key]
