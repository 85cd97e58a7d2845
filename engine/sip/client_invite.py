"""The INVITE client transaction.

RFC 3261 §17.1.1 as changed by RFC 6026 §7.2 and its figure 5 (Accepted, timer M); §17.1.1.3 (the ACK of a failure);
§9.1 (when CANCEL may be sent).

Surprising: CANCEL is not in the figure. It may only be sent once a provisional response has come, so one asked for
earlier is remembered; and a cancelled INVITE without a final response ends 64*T1 after its CANCEL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from engine.sip.flow import Flow
from engine.sip.headers import Headers
from engine.sip.message import SipRequest, SipResponse
from engine.sip.row import Row, Word
from engine.sip.timers import is_reliable
from engine.sip.transaction_host import ClientHost, ClientOwner
from engine.sip.transaction_key import ClientKey
from engine.wheel import Alarm


class State(Word):
    CALLING = "Calling"
    PROCEEDING = "Proceeding"
    ACCEPTED = "Accepted"
    COMPLETED = "Completed"
    TERMINATED = "Terminated"


class Input(Word):
    PROVISIONAL = "1xx"
    SUCCESS = "2xx"
    FAILURE = "300-699"
    TRANSPORT_ERROR = "Transport Err."
    TIMER_A = "Timer A fires"
    TIMER_B = "Timer B fires"
    TIMER_D = "Timer D fires"
    TIMER_M = "Timer M fires"
    CANCEL = "CANCEL from TU"
    CANCEL_EXPIRED = "64*T1 since CANCEL"
    MOVED = "another way taken"


class Action(Word):
    SEND_INVITE = "INVITE sent"
    RESEND_INVITE = "INVITE sent again"
    SEND_ACK = "ACK sent"
    RESEND_ACK = "ACK sent again"
    PASS_RESPONSE = "resp. to TU"  # noqa: S105 - no password
    INFORM_TIMEOUT = "Inform TU of timeout"
    INFORM_ERROR = "Inform TU of error"
    REMEMBER_CANCEL = "remember CANCEL"
    SEND_CANCEL = "CANCEL sent"
    SEND_REMEMBERED_CANCEL = "CANCEL sent if remembered"
    START_TIMER_A = "start Timer A"
    DOUBLE_TIMER_A = "double Timer A"
    START_TIMER_B = "start Timer B"
    START_TIMER_D = "start Timer D"
    START_TIMER_M = "start Timer M"
    STOP_TIMERS = "stop timers"


TABLE: Final[Mapping[tuple[State, Input], Row[State, Action]]] = {
    (State.CALLING, Input.TIMER_A): Row(State.CALLING, (Action.RESEND_INVITE, Action.DOUBLE_TIMER_A), "3261/17.1.1.2"),
    (State.CALLING, Input.TIMER_B): Row(State.TERMINATED, (Action.INFORM_TIMEOUT,), "3261/17.1.1.2"),
    (State.CALLING, Input.TRANSPORT_ERROR): Row(State.TERMINATED, (Action.INFORM_ERROR,), "3261/17.1.4"),
    (State.CALLING, Input.PROVISIONAL): Row(
        State.PROCEEDING,
        (Action.STOP_TIMERS, Action.SEND_REMEMBERED_CANCEL, Action.PASS_RESPONSE),
        "3261/17.1.1.2",
    ),
    (State.CALLING, Input.SUCCESS): Row(
        State.ACCEPTED, (Action.STOP_TIMERS, Action.START_TIMER_M, Action.PASS_RESPONSE), "6026/7.2"
    ),
    (State.CALLING, Input.FAILURE): Row(
        State.COMPLETED,
        (Action.STOP_TIMERS, Action.SEND_ACK, Action.START_TIMER_D, Action.PASS_RESPONSE),
        "3261/17.1.1.2",
    ),
    (State.CALLING, Input.MOVED): Row(State.CALLING, (Action.RESEND_INVITE, Action.START_TIMER_A), "3261/18.1.1"),
    (State.CALLING, Input.CANCEL): Row(State.CALLING, (Action.REMEMBER_CANCEL,), "3261/9.1"),
    (State.PROCEEDING, Input.PROVISIONAL): Row(State.PROCEEDING, (Action.PASS_RESPONSE,), "3261/17.1.1.2"),
    (State.PROCEEDING, Input.SUCCESS): Row(
        State.ACCEPTED, (Action.STOP_TIMERS, Action.START_TIMER_M, Action.PASS_RESPONSE), "6026/7.2"
    ),
    (State.PROCEEDING, Input.FAILURE): Row(
        State.COMPLETED,
        (Action.STOP_TIMERS, Action.SEND_ACK, Action.START_TIMER_D, Action.PASS_RESPONSE),
        "3261/17.1.1.2",
    ),
    (State.PROCEEDING, Input.CANCEL): Row(State.PROCEEDING, (Action.SEND_CANCEL,), "3261/9.1"),
    (State.PROCEEDING, Input.CANCEL_EXPIRED): Row(State.TERMINATED, (Action.INFORM_TIMEOUT,), "3261/9.1"),
    (State.ACCEPTED, Input.SUCCESS): Row(State.ACCEPTED, (Action.PASS_RESPONSE,), "6026/7.2"),
    (State.ACCEPTED, Input.TIMER_M): Row(State.TERMINATED, (), "6026/7.2"),
    (State.COMPLETED, Input.FAILURE): Row(State.COMPLETED, (Action.RESEND_ACK,), "3261/17.1.1.2"),
    (State.COMPLETED, Input.TRANSPORT_ERROR): Row(State.TERMINATED, (Action.INFORM_ERROR,), "3261/17.1.1.2"),
    (State.COMPLETED, Input.TIMER_D): Row(State.TERMINATED, (), "3261/17.1.1.2"),
}

ENTRY: Final[Row[State, Action]] = Row(
    State.CALLING, (Action.SEND_INVITE, Action.START_TIMER_A, Action.START_TIMER_B), "3261/17.1.1.2"
)


Came = tuple[SipResponse, Flow]
"""A response and where it came from."""


class ClientInviteTransaction:
    """One INVITE of ours. `owner` gets its responses, until a failure or the end."""

    __slots__ = (
        "_ack",
        "_cancel_reason",
        "_cancelled",
        "_data",
        "_guard",
        "_host",
        "_interval_s",
        "_request",
        "_retry",
        "flow",
        "key",
        "moves",
        "owner",
        "state",
    )

    method: Final = "INVITE"

    def __init__(
        self, key: ClientKey, request: SipRequest, flow: Flow, owner: ClientOwner | None, host: ClientHost
    ) -> None:
        self.key = key
        self.flow = flow
        self.moves = 0
        self.state = ENTRY.state
        self.owner = owner
        self._host = host
        self._request: SipRequest | None = request  # until a final response
        self._data = request.to_bytes()
        self._ack: bytes | None = None
        self._cancelled = False
        self._cancel_reason: str | None = None
        self._interval_s = host.timers.t1_s
        self._retry: Alarm | None = None  # A
        self._guard: Alarm | None = None  # B, D, M, and the end of a cancelled INVITE

    @property
    def is_terminated(self) -> bool:
        return self.state is State.TERMINATED

    @property
    def is_unheard(self) -> bool:
        """Whether no response came yet."""
        return self.state is State.CALLING

    @property
    def sent(self) -> bytes:
        """The INVITE as on the wire; empty after a final response."""
        return self._data

    @property
    def is_failed(self) -> bool:
        """Whether a 300-699 ended the INVITE: a 2xx that comes now is of a fork that nobody waits for."""
        return self.state is State.COMPLETED

    def start(self, now: float) -> None:
        """Send the INVITE."""
        for action in _ENTRY_STEPS:
            action(self, now, None)

    def receive(self, response: SipResponse, flow: Flow, now: float) -> None:
        """A response to the INVITE."""
        status = response.status
        what = Input.FAILURE if status >= 300 else Input.SUCCESS if status >= 200 else Input.PROVISIONAL
        self._run(what, now, (response, flow))

    def cancel(self, reason: str | None, now: float) -> None:
        """The user wants no answer any more. `reason`: value for a Reason header (RFC 3326). Asking twice is fine."""
        if self._cancelled:
            return
        self._cancelled = True
        self._cancel_reason = reason
        self._run(Input.CANCEL, now, None)

    def place(self, request: SipRequest, flow: Flow) -> None:
        """Take another way than was said at first; `request` is the INVITE with the Via of that way. Before `start`."""
        self.flow = flow
        self._request = request
        self._data = request.to_bytes()

    def move(self, request: SipRequest, flow: Flow, now: float) -> None:
        """Send the INVITE by another way, for the first leads nowhere. Without effect once a response has come."""
        if self.is_unheard:
            self.place(request, flow)
            self.moves += 1
        self._run(Input.MOVED, now, None)

    def transport_error(self, now: float) -> None:
        """What was sent last did not go out."""
        self._run(Input.TRANSPORT_ERROR, now, None)

    def _run(self, what: Input, now: float, came: Came | None) -> None:
        step = _STEPS.get((self.state, what))
        if step is None:
            self._host.counters[f"INVITE client transaction: {what.value} in {self.state.value}"] += 1
            return
        self.state, actions = step
        for action in actions:
            action(self, now, came)
        if self.state is State.TERMINATED:
            self._end()

    def _end(self) -> None:
        self._stop_timers(0.0, None)
        self.owner = None
        self._host.forget_client(self)

    def _ring_a(self, now: float) -> None:
        self._retry = None
        self._run(Input.TIMER_A, now, None)

    def _ring_b(self, now: float) -> None:
        self._run(Input.TIMER_B, now, None)

    def end_linger(self, now: float) -> None:
        """Timer M or D, for the wheel."""
        if self.state is State.ACCEPTED:
            self._run(Input.TIMER_M, now, None)
        elif self.state is State.COMPLETED:
            self._run(Input.TIMER_D, now, None)

    def _ring_cancel_expired(self, now: float) -> None:
        self._run(Input.CANCEL_EXPIRED, now, None)

    # The actions.

    def _send_invite(self, now: float, came: Came | None) -> None:
        self._host.send(self._data, self.flow)

    def _send_ack(self, now: float, came: Came | None) -> None:
        assert came is not None  # noqa: S101 - only a response leads here
        assert self._request is not None  # noqa: S101 - no final response came before
        self._ack = ack_of_failure(self._request, came[0]).to_bytes()
        self._host.send(self._ack, self.flow)

    def _resend_ack(self, now: float, came: Came | None) -> None:
        if self._ack is not None:
            self._host.send(self._ack, self.flow)

    def _pass_response(self, now: float, came: Came | None) -> None:
        assert came is not None  # noqa: S101 - only a response leads here
        response, flow = came
        owner = self.owner
        if self.state is not State.PROCEEDING:
            self._request = None  # the transaction lingers for 32 s more; what it sent need not
            self._data = b""
        if self.state is State.COMPLETED:
            self.owner = None  # nothing more comes for it
        if owner is not None:
            owner.on_response(self, response, flow, now)

    def _inform_timeout(self, now: float, came: Came | None) -> None:
        if self.owner is not None:
            self.owner.on_timeout(self, now)

    def _inform_error(self, now: float, came: Came | None) -> None:
        if self.owner is not None:
            self.owner.on_transport_error(self, now)

    def _remember_cancel(self, now: float, came: Came | None) -> None:
        """`cancel` has noted it."""

    def _send_cancel(self, now: float, came: Came | None) -> None:
        host = self._host
        assert self._request is not None  # noqa: S101 - no final response came before
        host.send_cancel(self._request, self.flow, self._cancel_reason, now)
        self._guard = host.wheel.schedule(now + host.timers.giving_up_s, self._ring_cancel_expired)

    def _send_remembered_cancel(self, now: float, came: Came | None) -> None:
        if self._cancelled:
            self._send_cancel(now, came)

    def _start_timer_a(self, now: float, came: Came | None) -> None:
        if not is_reliable(self.flow):
            self._retry = self._host.wheel.schedule(now + self._interval_s, self._ring_a)

    def _double_timer_a(self, now: float, came: Came | None) -> None:
        self._interval_s *= 2
        self._retry = self._host.wheel.schedule(now + self._interval_s, self._ring_a)

    def _start_timer_b(self, now: float, came: Came | None) -> None:
        self._guard = self._host.wheel.schedule(now + self._host.timers.giving_up_s, self._ring_b)

    def _start_timer_d(self, now: float, came: Came | None) -> None:
        wait_s = self._host.timers.wait_d_s(reliable=is_reliable(self.flow))
        self._host.wheel.linger(now + wait_s, self)

    def _start_timer_m(self, now: float, came: Came | None) -> None:
        self._host.wheel.linger(now + self._host.timers.giving_up_s, self)

    def _stop_timers(self, now: float, came: Came | None) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._guard is not None:
            self._guard.cancel()
            self._guard = None


def ack_of_failure(invite: SipRequest, failure: SipResponse) -> SipRequest:
    """The ACK of a 300-699 (RFC 3261 §17.1.1.3): hop by hop, so with the INVITE's own Via and Route."""
    sent = invite.headers
    headers = Headers([("Via", sent.first("Via") or "")])
    for name, value in sent.items:
        if name in ("Max-Forwards", "Route", "From", "Call-ID"):
            headers.add(name, value)
    headers.add("To", failure.headers.first("To") or "")
    headers.add("CSeq", f"{invite.cseq.number} ACK")
    return SipRequest("ACK", invite.uri_text, headers)


def cancel_of(invite: SipRequest, reason: str | None) -> SipRequest:
    """The CANCEL of an INVITE that was sent (RFC 3261 §9.1), with a Reason (RFC 3326) if one is given."""
    sent = invite.headers
    headers = Headers([("Via", sent.first("Via") or "")])
    for name, value in sent.items:
        if name in ("Max-Forwards", "Route", "From", "To", "Call-ID"):
            headers.add(name, value)
    headers.add("CSeq", f"{invite.cseq.number} CANCEL")
    if reason is not None:
        headers.add("Reason", reason)
    return SipRequest("CANCEL", invite.uri_text, headers)


_Step = Callable[[ClientInviteTransaction, float, Came | None], None]

_METHODS: Final[Mapping[Action, _Step]] = {
    Action.SEND_INVITE: ClientInviteTransaction._send_invite,
    Action.RESEND_INVITE: ClientInviteTransaction._send_invite,
    Action.SEND_ACK: ClientInviteTransaction._send_ack,
    Action.RESEND_ACK: ClientInviteTransaction._resend_ack,
    Action.PASS_RESPONSE: ClientInviteTransaction._pass_response,
    Action.INFORM_TIMEOUT: ClientInviteTransaction._inform_timeout,
    Action.INFORM_ERROR: ClientInviteTransaction._inform_error,
    Action.REMEMBER_CANCEL: ClientInviteTransaction._remember_cancel,
    Action.SEND_CANCEL: ClientInviteTransaction._send_cancel,
    Action.SEND_REMEMBERED_CANCEL: ClientInviteTransaction._send_remembered_cancel,
    Action.START_TIMER_A: ClientInviteTransaction._start_timer_a,
    Action.DOUBLE_TIMER_A: ClientInviteTransaction._double_timer_a,
    Action.START_TIMER_B: ClientInviteTransaction._start_timer_b,
    Action.START_TIMER_D: ClientInviteTransaction._start_timer_d,
    Action.START_TIMER_M: ClientInviteTransaction._start_timer_m,
    Action.STOP_TIMERS: ClientInviteTransaction._stop_timers,
}

# The table with its actions looked up once.
_STEPS: Final = {pair: (row.state, tuple(_METHODS[action] for action in row.actions)) for pair, row in TABLE.items()}
_ENTRY_STEPS: Final = tuple(_METHODS[action] for action in ENTRY.actions)
