"""The a-leg: who called us. The UAS side of an INVITE until it is answered, then its `Session`.

RFC 3261 §13.3, §9.2; RFC 3264. The surprising thing: the caller may see several dialogs. Phones that ring together may each send early
media with an answer of their own, but one dialog has one answer (RFC 6337 §2.2), so the answer of another phone goes out under another
To tag, as if a proxy had forked the call: clients that hold on to the first answer of a dialog hear the second. Likewise when a phone
whose early media were heard has stopped ringing and another one rings without any: its 180 is of a dialog that has no answer, which is when
clients play their own ringback (RFC 3960 §3.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.call.events import CallEvent, Ended
from engine.call.offer import set_description
from engine.call.session import Session
from engine.call.stack import ALLOW, Stack
from engine.cause import CANCELLED, NORMAL_CALLER, Cause
from engine.identity import LegId
from engine.sdp.description import SessionDescription
from engine.sip.dialog import Dialog
from engine.sip.flow import Flow
from engine.sip.message import SipRequest, SipResponse
from engine.sip.response import response_to
from engine.sip.transactions import ServerInviteTransaction, ServerTransaction
from engine.trunk.line import Line
from engine.wheel import Alarm

_REMIND_S: Final = 60.0


class CallerLeg:
    """`offer`: the caller's, None if it asks us for one. `owner` gets the leg's events. `line`: of a call that a trunk brings."""

    __slots__ = (
        "_contact",
        "_early_is_over",
        "_owner",
        "_provisional",
        "_remind",
        "_ringing",
        "_stack",
        "_tag",
        "_tag_of_answer",
        "_tags",
        "_transaction",
        "ended",
        "flow",
        "id",
        "invite",
        "line",
        "media",
        "offer",
        "session",
    )

    def __init__(
        self,
        stack: Stack,
        leg: LegId,
        transaction: ServerInviteTransaction,
        invite: SipRequest,
        flow: Flow,
        offer: SessionDescription | None,
        contact_user: str,
        owner: Callable[[CallEvent, float], None],
        line: Line | None = None,
    ) -> None:
        self._stack = stack
        self.line = line
        self.id = leg
        self._transaction: ServerInviteTransaction | None = transaction
        self.invite = invite
        self.flow = flow
        self.offer = offer
        self._contact = stack.contact(flow, contact_user)
        self._owner: Callable[[CallEvent, float], None] | None = owner
        self.media = stack.open_media(flow)
        if offer is not None:
            self.media.incoming(offer)
        self._tag = stack.identifiers.tag()
        self._tag_of_answer: LegId | None = None
        self._tags: list[str] = []
        self._register(self._tag)
        self._ringing = False
        self._early_is_over = False
        self._provisional: SipResponse | None = None
        self._remind: Alarm | None = None
        self.session: Session | None = None
        self.ended = False

    @property
    def sip_call_id(self) -> str:
        return self.invite.call_id

    @property
    def state(self) -> str:
        if self.ended:
            return "ended"
        return "answered" if self.session is not None else "ringing" if self._ringing else "offered"

    # What the call asks.

    def reserve_media(self) -> None:
        """Take the ports that the answer will need, as far as the offer tells. ResourceExhausted if there are none."""
        if self.offer is not None:
            self.media.reserve(self.offer)

    def progress(self, status: int, answer: SessionDescription | None, of: LegId, now: float) -> None:
        """Pass on that the phone behind leg `of` rings, with its early media if there is any. Only before the answer."""
        if self._transaction is None or self.session is not None or self.ended:
            return
        if answer is None and self._ringing:
            return
        self._ringing = True
        tag = self._tag_of_ringing() if answer is None else self._tag_for(of)
        response = self._response(status if answer is not None or status != 183 else 180, tag)
        if answer is not None and self.offer is not None:
            set_description(response, self.media.outgoing(answer))
        self._stack.layer.respond(self._transaction, response, now)
        self._provisional = response
        if self._remind is None:
            self._remind = self._stack.wheel.schedule(now + _REMIND_S, self._on_remind)

    def early_media_over(self) -> None:
        """The phone whose early media the caller heard no longer rings: the next one that rings is told anew."""
        self._early_is_over = True
        self._ringing = False

    def answer(self, description: SessionDescription | None, of: LegId, now: float) -> None:
        """200 with the answer of the phone behind leg `of` (its offer, where the caller asked for one)."""
        transaction = self._transaction
        if transaction is None or self.session is not None or self.ended:
            return
        tag = self._tag_for(of)
        response = self._response(200, tag)
        if description is not None:
            set_description(response, self.media.outgoing(description))
        dialog = Dialog.as_uas(self.invite, response)
        line = self.line
        flow = self.flow if line is None else line.flow(dialog, self.flow)
        session = Session(self._stack, dialog, flow, self._contact, self.media, self._emit, NORMAL_CALLER, line)
        session.expect_ack(offered=self.offer is None)
        self.session = session
        for other in self._tags:
            self._stack.dialogs.pop((self.invite.call_id, other), None)
        self._stack.dialogs[(self.invite.call_id, tag)] = session
        self._transaction = None
        self._forget_ringing()
        self._stack.layer.respond(transaction, response, now)

    def end(self, cause: Cause, now: float) -> None:
        """Refuse the INVITE, or end the dialog. No event follows."""
        if self.ended:
            return
        self.ended = True
        self._owner = None
        if self.session is not None:
            self.session.end(cause, now)
            return
        transaction, self._transaction = self._transaction, None
        self._forget()
        self._forget_ringing()
        if transaction is not None:
            response = self._response(cause.sip_status if cause.sip_status >= 300 else 480, self._tag)
            response.headers.replace("Reason", cause.reason_header())
            if response.status == 503:
                response.headers.replace("Retry-After", "5")
            self._stack.layer.respond(transaction, response, now)

    # What the network brings before the answer; afterwards the session takes it.

    def on_cancel(self, now: float) -> None:
        """The caller gave up; the layer has answered the CANCEL (§9.2). Too late after a final answer."""
        if self.session is None and not self.ended:
            self.end_early(now)

    def on_request(self, transaction: ServerTransaction, request: SipRequest, flow: Flow, now: float) -> None:
        """A request in an early dialog: the caller may end it with BYE (§15) or refresh it; it can't change it yet."""
        if request.from_.tag != self.invite.from_.tag:
            self._stack.layer.respond(transaction, response_to(request, 481), now)
            return
        match request.method:
            case "BYE":
                self._stack.layer.respond(transaction, response_to(request, 200), now)
                if not self.ended:
                    self.end_early(now)
            case "INVITE":
                response = response_to(request, 500)
                response.headers.replace("Retry-After", "2")
                self._stack.layer.respond(transaction, response, now)
            case "UPDATE" if request.body:
                self._stack.layer.respond(transaction, response_to(request, 491), now)
            case "UPDATE" | "INFO" | "OPTIONS":
                response = response_to(request, 200)
                response.headers.replace("Contact", self._contact)
                self._stack.layer.respond(transaction, response, now)
            case _:
                response = response_to(request, 405)
                response.headers.replace("Allow", ALLOW)
                self._stack.layer.respond(transaction, response, now)

    def on_ack(self, request: SipRequest, now: float) -> None:
        """Only a session waits for one."""

    def on_unacknowledged(self, now: float) -> None:
        """Only a session waits for one."""

    def on_stray_success(self, response: SipResponse, now: float) -> None:
        """We sent this leg no INVITE."""

    def end_early(self, now: float) -> None:
        owner = self._owner
        self.end(CANCELLED, now)
        if owner is not None:
            owner(Ended(CANCELLED), now)

    def _emit(self, event: CallEvent, now: float) -> None:
        if isinstance(event, Ended):
            self.ended = True
        if self._owner is not None:
            self._owner(event, now)

    def _on_remind(self, now: float) -> None:
        """Say again that it rings: a proxy gives up an INVITE of which it hears nothing for three minutes (§13.3.1.1)."""
        self._remind = None
        if self._transaction is not None and self._provisional is not None:
            self._stack.layer.respond(self._transaction, self._provisional, now)
            self._remind = self._stack.wheel.schedule(now + _REMIND_S, self._on_remind)

    def _forget_ringing(self) -> None:
        self._provisional = None
        if self._remind is not None:
            self._remind.cancel()
            self._remind = None

    def _tag_for(self, of: LegId) -> str:
        """Of the dialog that has the answer of leg `of`, and no other's."""
        if self._tag_of_answer is not None and self._tag_of_answer != of:
            self._renew_tag()
        self._tag_of_answer = of
        return self._tag

    def _tag_of_ringing(self) -> str:
        if self._early_is_over:
            self._renew_tag()
        return self._tag

    def _renew_tag(self) -> None:
        self._tag = self._stack.identifiers.tag()
        self._tag_of_answer = None
        self._early_is_over = False
        self._register(self._tag)

    def _register(self, tag: str) -> None:
        self._tags.append(tag)
        self._stack.dialogs[(self.invite.call_id, tag)] = self

    def _forget(self) -> None:
        for tag in self._tags:
            self._stack.dialogs.pop((self.invite.call_id, tag), None)

    def _response(self, status: int, tag: str) -> SipResponse:
        response = response_to(self.invite, status, to_tag=tag)
        headers = response.headers
        if status < 300:
            headers.add("Contact", self._contact)
            headers.add("Allow", ALLOW)
        headers.add("Server", self._stack.user_agent)
        return response
