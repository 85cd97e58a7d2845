"""A b-leg: a phone, or a server of a trunk, that we call. The UAC side of an INVITE until it is answered, then its `Session`.

RFC 3261 §13.2, §9.1, §22.2 (a carrier's challenge is answered in the same leg); RFC 3264. A phone behind a proxy may answer more than
once (its own forks): the first 200 is the leg, any further one gets ACK and BYE (§13.2.2.4). A 200 that crosses our CANCEL likewise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from engine.call.events import Answered, CallEvent, Ended, Progressed, Refused
from engine.call.offer import description_of
from engine.call.session import Session
from engine.call.stack import ALLOW, Stack
from engine.cause import (
    NO_COMMON_MEDIA,
    NORMAL_CALLEE,
    TIMED_OUT,
    TRUNK_SILENT,
    TRUNK_UNREACHABLE,
    UNREACHABLE,
    Cause,
    of_failed_leg,
    of_failed_trunk,
)
from engine.identity import LegId
from engine.sdp.description import SessionDescription
from engine.sip.dialog import Dialog
from engine.sip.errors import RemoteProtocolError
from engine.sip.flow import Flow
from engine.sip.headers import Headers
from engine.sip.message import SipRequest, SipResponse
from engine.sip.response import response_to
from engine.sip.transactions import ClientInviteTransaction, ClientTransaction, ServerTransaction
from engine.trunk.attempt import PATIENCE_S, Attempt
from engine.wheel import Alarm

# A proxy's forks may answer each for itself; more than this is no proxy.
_ANSWERS_KNOWN: Final = 16


class Invitation(NamedTuple):
    """What an INVITE says. `contact`: URI of the phone; `from_value`, `to_value`: header values without tag.

    `diversions`: values of Diversion headers, the last hop first. To a trunk: `contact_value`: our Contact, if it is no usual one; `more`:
    further header fields, in order; `attempt`: at which server. `patience_s`: for how long a phone may say nothing at all, None = until the
    transaction times out; a server of a trunk has `PATIENCE_S`.
    """

    contact: str
    flow: Flow
    from_value: str
    to_value: str
    contact_user: str
    max_forwards: int
    diversions: tuple[str, ...] = ()
    contact_value: str = ""
    more: tuple[tuple[str, str], ...] = ()
    attempt: Attempt | None = None
    patience_s: float | None = None

    @property
    def shown(self) -> str:
        """Whom it goes to, as records and views have it: the phone's URI, or the server's."""
        return self.contact if self.attempt is None else self.attempt.server


class CalleeLeg:
    """`owner` gets the leg's events; `start` sends the INVITE."""

    __slots__ = (
        "_answers",
        "_contact",
        "_cseq",
        "_invite",
        "_offered",
        "_owner",
        "_patience",
        "_stack",
        "_tag",
        "_transaction",
        "cause",
        "early",
        "ended",
        "flow",
        "id",
        "invitation",
        "media",
        "session",
        "sip_call_id",
        "state",
    )

    def __init__(
        self, stack: Stack, leg: LegId, invitation: Invitation, owner: Callable[[CalleeLeg, CallEvent, float], None]
    ) -> None:
        self._stack = stack
        self.id = leg
        self.invitation = invitation
        self.flow = invitation.flow
        self._owner: Callable[[CalleeLeg, CallEvent, float], None] | None = owner
        self._contact = invitation.contact_value or stack.contact(invitation.flow, invitation.contact_user)
        self._cseq = 1
        self._patience: Alarm | None = None
        self._tag = stack.identifiers.tag()
        self.sip_call_id = stack.identifiers.call_id()
        self.media = stack.open_media(invitation.flow)
        self._invite: SipRequest | None = None
        self._transaction: ClientInviteTransaction | None = None
        self._offered = False
        self._answers: dict[str, Session] = {}
        self.early: SessionDescription | None = None
        self.session: Session | None = None
        self.state = "calling"
        self.cause: Cause | None = None
        self.ended = False

    # What the call asks.

    def start(self, offer: SessionDescription | None, now: float) -> None:
        """Send the INVITE with the caller's offer, anchored here, or without one. ResourceExhausted if no ports are left."""
        headers = Headers(
            [
                ("Max-Forwards", str(self.invitation.max_forwards)),
                ("From", f"{self.invitation.from_value};tag={self._tag}"),
                ("To", self.invitation.to_value),
                ("Call-ID", self.sip_call_id),
                ("CSeq", "1 INVITE"),
                ("Contact", self._contact),
                ("Allow", ALLOW),
                ("User-Agent", self._stack.user_agent),
            ]
        )
        for value in self.invitation.diversions:
            headers.add("Diversion", value)
        for name, value in self.invitation.more:
            headers.add(name, value)
        body = b""
        if offer is not None:
            headers.add("Content-Type", "application/sdp")
            body = self.media.outgoing(offer).to_bytes()
            self._offered = True
        self._stack.dialogs[(self.sip_call_id, self._tag)] = self
        self._send(SipRequest("INVITE", self.invitation.contact, headers, body), now)

    def _send(self, invite: SipRequest, now: float) -> None:
        self._invite = invite
        patience_s = self.invitation.patience_s if self.invitation.attempt is None else PATIENCE_S
        if patience_s is not None:
            self._patience = self._stack.wheel.schedule(now + patience_s, self._on_silence)
        transaction = self._stack.layer.request(invite, self.flow, now, owner=self)
        assert isinstance(transaction, ClientInviteTransaction)  # noqa: S101 - what the layer makes of an INVITE
        self._transaction = transaction

    def acknowledge(self, answer: SessionDescription, now: float) -> None:
        """Give the phone the caller's answer to the offer that its 200 carried."""
        if self.session is not None:
            self.session.acknowledge(answer, now)

    def end(self, cause: Cause, now: float) -> None:
        """CANCEL the INVITE, or end the dialog. No event follows."""
        if self.ended:
            return
        self._over(cause)
        if self.session is not None:
            self.session.end(cause, now)
        elif self._transaction is not None:
            self._stack.layer.cancel(self._transaction, now, reason=cause.reason_header())
            self._stack.dialogs.pop((self.sip_call_id, self._tag), None)

    # What the network brings.

    def on_response(self, transaction: ClientTransaction, response: SipResponse, flow: Flow, now: float) -> None:
        if self.flow.transport != "udp":
            self.flow = transaction.flow  # the INVITE may have gone over another connection than was meant
        self._be_patient()
        attempt = self.invitation.attempt
        if attempt is not None:
            attempt.heard(response, now)
            if response.status >= 300 and self._answers_challenge(attempt, response, now):
                return
        if response.is_success:
            self._on_success(response, flow, now)
        elif response.is_provisional:
            self._on_provisional(response, now)
        elif not self.ended and self.session is None:
            status = response.status
            rang = self.state == "ringing"
            self._fail(of_failed_leg(status, rang=rang) if attempt is None else of_failed_trunk(status), now, status)

    def on_timeout(self, transaction: ClientTransaction, now: float) -> None:
        if not self.ended and self.session is None:
            self._lose_server("INVITE is not answered", now)
            self._fail(TIMED_OUT if self.invitation.attempt is None else TRUNK_SILENT, now)

    def on_transport_error(self, transaction: ClientTransaction, now: float) -> None:
        if not self.ended and self.session is None:
            self._lose_server("INVITE can't be sent", now)
            self._fail(UNREACHABLE if self.invitation.attempt is None else TRUNK_UNREACHABLE, now)

    def on_request(self, transaction: ServerTransaction, request: SipRequest, flow: Flow, now: float) -> None:
        """A request of the phone before its own answer: a confirmed session takes it afterwards."""
        status = 200 if request.method in ("UPDATE", "INFO", "OPTIONS") and not request.body else 481
        self._stack.layer.respond(transaction, response_to(request, status), now)

    def on_ack(self, request: SipRequest, now: float) -> None:
        """A phone that we call has nothing to acknowledge yet."""

    def on_unacknowledged(self, now: float) -> None:
        """A phone that we call has nothing to acknowledge yet."""

    def on_stray_success(self, response: SipResponse, now: float) -> None:
        """Too late for a leg that never came up: nothing of it is known any more."""

    # Steps.

    def _on_silence(self, now: float) -> None:
        """It has not even said 100. Should it answer later, its answer is refused."""
        self._patience = None
        if self.ended or self.session is not None:
            return
        self._lose_server("INVITE is not answered", now)
        if self._transaction is not None:
            self._stack.layer.cancel(self._transaction, now)
        self._fail(TIMED_OUT if self.invitation.attempt is None else TRUNK_SILENT, now)

    def _lose_server(self, why: str, now: float) -> None:
        if self.invitation.attempt is not None:
            self.invitation.attempt.silent(why, now)

    def _be_patient(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _answers_challenge(self, attempt: Attempt, response: SipResponse, now: float) -> bool:
        """Send the INVITE again with credentials, if it was challenged and that is any use (RFC 3261 §22.2)."""
        if self.ended or self.session is not None or self._invite is None or not attempt.line.answers(response):
            return False
        invite = self._invite.copy()
        invite.headers.remove("Via")
        self._cseq += 1
        invite.headers.replace("CSeq", f"{self._cseq} INVITE")
        attempt.line.sign(invite)
        self._send(invite, now)
        return True

    def _on_provisional(self, response: SipResponse, now: float) -> None:
        if response.status == 100 or self.ended or self.session is not None:
            return
        description: SessionDescription | None = None
        if self._offered:
            try:
                description = description_of(response)
            except RemoteProtocolError:
                description = None  # early media that can't be read is no reason to end a call that may yet be answered
        if description is not None and not self.media.accept_answer(description):
            self._stack.counters["early media do not fit the offer"] += 1
            description = None
        if description is not None:
            self.early = description
        self.state = "ringing"
        self._say(Progressed(response.status, description), now)

    def _on_success(self, response: SipResponse, flow: Flow, now: float) -> None:
        tag = response.to.tag or ""
        known = self._answers.get(tag)
        if known is not None:
            known.resend_ack(now)
            return
        if len(self._answers) == _ANSWERS_KNOWN:
            self._stack.counters["dropped: too many answers to one INVITE"] += 1
            return
        session = self._answers[tag] = self._confirmed(response)
        session.hold_ack(response)
        if self.ended or self.session is not None:
            self._refuse_late_answer(session, now)
            return
        self.session = session
        self._stack.dialogs[(self.sip_call_id, self._tag)] = session
        description = self._agreed(response)
        if description is None:
            # It was answered: another server, or another trunk, would call the same people once more.
            session.end(NO_COMMON_MEDIA, now)
            self._fail(NO_COMMON_MEDIA, now, response.status)
            return
        if self._offered:
            session.acknowledge(None, now)
        self.state = "answered"
        self._say(Answered(description), now)

    def _confirmed(self, response: SipResponse) -> Session:
        assert self._invite is not None  # noqa: S101 - it was sent, or nothing would have answered
        try:
            dialog = Dialog.as_uac(self._invite, response)
        except RemoteProtocolError:
            # A Contact or a Record-Route of no use: the call is up at the phone all the same, so go by the Request-URI.
            response.headers.remove("Contact")
            response.headers.remove("Record-Route")
            dialog = Dialog.as_uac(self._invite, response)
        attempt = self.invitation.attempt
        line = None if attempt is None else attempt.line
        flow = self.flow if line is None else line.flow(dialog, self.flow)
        return Session(self._stack, dialog, flow, self._contact, self.media, self._emit, NORMAL_CALLEE, line)

    def _agreed(self, response: SipResponse) -> SessionDescription | None:
        """What the phone answered, or offered where we did not: in force from now on. None for nothing of use."""
        try:
            description = description_of(response)
        except RemoteProtocolError:
            description = None
        if not self._offered:
            if description is not None:
                self.media.incoming(description)
            return description
        if description is None:
            description = self.early
        return description if description is not None and self.media.accept_answer(description) else None

    def _refuse_late_answer(self, session: Session, now: float) -> None:
        """ACK and BYE for a 200 that nobody wants (§13.2.2.4): it crossed our CANCEL, or another fork was first."""
        self._stack.counters["late answer refused"] += 1
        if self.session is None:
            self.session = session
        session.end(self.cause if self.cause is not None else NORMAL_CALLEE, now)

    def _fail(self, cause: Cause, now: float, status: int = 0) -> None:
        owner = self._owner
        self._over(cause)
        if self.session is None:
            self._stack.dialogs.pop((self.sip_call_id, self._tag), None)
        if owner is not None:
            owner(self, Refused(cause, status), now)

    def _emit(self, event: CallEvent, now: float) -> None:
        if isinstance(event, Ended):
            owner = self._owner
            self._over(event.cause)
            if owner is not None:
                owner(self, event, now)
            return
        self._say(event, now)

    def _say(self, event: CallEvent, now: float) -> None:
        if self._owner is not None:
            self._owner(self, event, now)

    def _over(self, cause: Cause) -> None:
        self._be_patient()
        self.ended = True
        self.state = "ended"
        self.cause = cause
        self._owner = None
