"""The INVITE server transaction.

RFC 3261 §17.2.1 as changed by RFC 6026 §7.1 and its figure 7 (Accepted, timer L, transport errors don't end it).
Left out: reliable provisional responses (RFC 3262).

Surprising: the 2xx is retransmitted by the UAS core, not from here (RFC 3261 §13.3.1.4; `unacknowledged` does it through
SUCCESS in Accepted); a retransmitted INVITE is absorbed in Accepted and in Confirmed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from engine.sip.flow import Flow
from engine.sip.message import SipRequest, SipResponse
from engine.sip.response import response_to
from engine.sip.row import Row, Word
from engine.sip.timers import is_reliable
from engine.sip.transaction_host import ServerHost, ServerOwner
from engine.sip.transaction_key import MergeKey, TransactionKey
from engine.wheel import Alarm


class State(Word):
    PROCEEDING = "Proceeding"
    ACCEPTED = "Accepted"
    COMPLETED = "Completed"
    CONFIRMED = "Confirmed"
    TERMINATED = "Terminated"


class Input(Word):
    INVITE = "INVITE"
    ACK = "ACK"
    PROVISIONAL = "101-199 from TU"
    SUCCESS = "2xx from TU"
    FAILURE = "300-699 from TU"
    TRYING_DUE = "TU silent for 200 ms"
    ABANDONED = "TU answers statelessly"
    TRANSPORT_ERROR = "Transport Err."
    TIMER_G = "Timer G fires"
    TIMER_H = "Timer H fires"
    TIMER_I = "Timer I fires"
    TIMER_L = "Timer L fires"


class Action(Word):
    SEND_TRYING = "send 100"
    SEND_RESPONSE = "send response"
    RESEND_RESPONSE = "send response again"
    PASS_ACK = "ACK to TU"  # noqa: S105 - no password
    INFORM_TU = "Inform TU"
    START_TIMER_G = "start Timer G"
    DOUBLE_TIMER_G = "double Timer G"
    START_TIMER_H = "start Timer H"
    START_TIMER_I = "start Timer I"
    START_TIMER_L = "start Timer L"
    STOP_TIMERS = "stop timers"


TABLE: Final[Mapping[tuple[State, Input], Row[State, Action]]] = {
    (State.PROCEEDING, Input.INVITE): Row(State.PROCEEDING, (Action.RESEND_RESPONSE,), "3261/17.2.1"),
    (State.PROCEEDING, Input.TRYING_DUE): Row(State.PROCEEDING, (Action.SEND_TRYING,), "3261/17.2.1"),
    (State.PROCEEDING, Input.PROVISIONAL): Row(
        State.PROCEEDING, (Action.STOP_TIMERS, Action.SEND_RESPONSE), "3261/17.2.1"
    ),
    (State.PROCEEDING, Input.TRANSPORT_ERROR): Row(State.PROCEEDING, (Action.INFORM_TU,), "6026/7.1"),
    (State.PROCEEDING, Input.SUCCESS): Row(
        State.ACCEPTED, (Action.STOP_TIMERS, Action.SEND_RESPONSE, Action.START_TIMER_L), "6026/7.1"
    ),
    (State.PROCEEDING, Input.FAILURE): Row(
        State.COMPLETED,
        (Action.STOP_TIMERS, Action.SEND_RESPONSE, Action.START_TIMER_G, Action.START_TIMER_H),
        "3261/17.2.1",
    ),
    (State.PROCEEDING, Input.ABANDONED): Row(State.TERMINATED, (), "3261/8.2.7"),
    (State.ACCEPTED, Input.INVITE): Row(State.ACCEPTED, (), "6026/7.1"),
    (State.ACCEPTED, Input.ACK): Row(State.ACCEPTED, (Action.PASS_ACK,), "6026/7.1"),
    (State.ACCEPTED, Input.SUCCESS): Row(State.ACCEPTED, (Action.SEND_RESPONSE,), "6026/7.1"),
    (State.ACCEPTED, Input.TRANSPORT_ERROR): Row(State.ACCEPTED, (Action.INFORM_TU,), "6026/7.1"),
    (State.ACCEPTED, Input.TIMER_L): Row(State.TERMINATED, (), "6026/7.1"),
    (State.COMPLETED, Input.INVITE): Row(State.COMPLETED, (Action.RESEND_RESPONSE,), "3261/17.2.1"),
    (State.COMPLETED, Input.TIMER_G): Row(
        State.COMPLETED, (Action.RESEND_RESPONSE, Action.DOUBLE_TIMER_G), "3261/17.2.1"
    ),
    (State.COMPLETED, Input.TRANSPORT_ERROR): Row(State.COMPLETED, (Action.INFORM_TU,), "6026/7.1"),
    (State.COMPLETED, Input.TIMER_H): Row(State.TERMINATED, (), "6026/7.1"),
    (State.COMPLETED, Input.ACK): Row(State.CONFIRMED, (Action.STOP_TIMERS, Action.START_TIMER_I), "3261/17.2.1"),
    (State.CONFIRMED, Input.ACK): Row(State.CONFIRMED, (), "3261/17.2.1"),
    (State.CONFIRMED, Input.INVITE): Row(State.CONFIRMED, (), "3261/17.2.1"),
    (State.CONFIRMED, Input.TIMER_I): Row(State.TERMINATED, (), "3261/17.2.1"),
}

ENTRY: Final[Row[State, Action]] = Row(State.PROCEEDING, (), "3261/17.2.1")


Came = tuple[SipRequest, Flow]
"""A request of the peer and where it came from."""


class ServerInviteTransaction:
    """One INVITE and our answers to it.

    `flow`: where responses go; `owner`: set by the transaction user, dropped at the end; `call_id` and `to_tag`: what names
    the dialog; `to_tag` is that of the last response, "" before one has a tag.
    """

    __slots__ = (
        "_guard",
        "_host",
        "_interval_s",
        "_last",
        "_request",
        "_retry",
        "call_id",
        "flow",
        "key",
        "merge_key",
        "owner",
        "state",
        "to_tag",
    )

    method: Final = "INVITE"

    def __init__(
        self, key: TransactionKey, merge_key: MergeKey | None, request: SipRequest, flow: Flow, host: ServerHost
    ) -> None:
        self.key = key
        self.merge_key = merge_key
        self.flow = flow
        self.state = ENTRY.state
        self.owner: ServerOwner | None = None
        self.call_id = request.call_id
        self.to_tag = ""
        self._host = host
        self._request: SipRequest | None = request
        self._last: bytes | None = None
        self._interval_s = host.timers.t1_s
        self._retry: Alarm | None = None  # 100, G
        self._guard: Alarm | None = None  # H, I, L

    @property
    def is_unanswered(self) -> bool:
        """Whether no final response was given yet."""
        return self.state is State.PROCEEDING

    @property
    def is_terminated(self) -> bool:
        return self.state is State.TERMINATED

    def await_answer(self, now: float) -> None:
        """The user has the INVITE; if it did not answer at once, 100 goes out after 200 ms."""
        if self._last is None and self.state is State.PROCEEDING:
            host = self._host
            self._retry = host.wheel.schedule(now + host.timers.trying_s, self._ring_trying)

    def receive(self, request: SipRequest, flow: Flow, now: float) -> None:
        """The INVITE again, or its ACK."""
        self._run(Input.ACK if request.method == "ACK" else Input.INVITE, now, (request, flow), None)

    def respond(self, response: SipResponse, now: float) -> None:
        """A response from the user. LocalProtocolError if it can't be written."""
        status = response.status
        what = Input.FAILURE if status >= 300 else Input.SUCCESS if status >= 200 else Input.PROVISIONAL
        if (self.state, what) in _STEPS:
            self.to_tag = response.to.tag or ""
        self._run(what, now, None, response.to_bytes())

    def resend_success(self, now: float) -> None:
        """The 2xx once more, for the UAS core."""
        self._run(Input.SUCCESS, now, None, self._last)

    def forget_success(self) -> None:
        """The 2xx was acknowledged: it is not sent again, and what is left of the transaction for 32 s need not hold it."""
        self._last = None

    def transport_error(self, now: float) -> None:
        """What was sent last did not go out."""
        self._run(Input.TRANSPORT_ERROR, now, None, None)

    def _run(self, what: Input, now: float, came: Came | None, data: bytes | None) -> None:
        step = _STEPS.get((self.state, what))
        if step is None:
            self._host.counters[f"INVITE server transaction: {what.value} in {self.state.value}"] += 1
            return
        self.state, actions = step
        for action in actions:
            action(self, now, came, data)
        if self.state is State.TERMINATED:
            self._end()

    def abandon(self) -> None:
        """The user answers statelessly (RFC 3261 §8.2.7): as if there had been no transaction."""
        self._run(Input.ABANDONED, 0.0, None, None)

    def _end(self) -> None:
        self._stop_timers(0.0, None, None)
        self._request = None
        self.owner = None
        self._host.forget_server(self)

    def _ring_trying(self, now: float) -> None:
        self._retry = None
        self._run(Input.TRYING_DUE, now, None, None)

    def _ring_g(self, now: float) -> None:
        self._retry = None
        self._run(Input.TIMER_G, now, None, None)

    def _ring_h(self, now: float) -> None:
        self._host.counters["INVITE server transaction: no ACK of a failure"] += 1
        self._run(Input.TIMER_H, now, None, None)

    def end_linger(self, now: float) -> None:
        """Timer L or I, for the wheel."""
        if self.state is State.ACCEPTED:
            self._run(Input.TIMER_L, now, None, None)
        elif self.state is State.CONFIRMED:
            self._run(Input.TIMER_I, now, None, None)

    # The actions.

    def _send_trying(self, now: float, came: Came | None, data: bytes | None) -> None:
        if self._last is None and self._request is not None:
            self._last = trying(self._request).to_bytes()
            self._host.send(self._last, self.flow)

    def _send_response(self, now: float, came: Came | None, data: bytes | None) -> None:
        assert data is not None  # noqa: S101 - only inputs from the user lead here
        self._last = data
        if self.state is not State.PROCEEDING:
            self._request = None  # lingers for 32 s more; its bytes need not, nor a call that nothing can cancel now
            self.owner = None
        self._host.send(data, self.flow)

    def _resend_response(self, now: float, came: Came | None, data: bytes | None) -> None:
        if self._last is not None:
            self._host.send(self._last, self.flow)

    def _pass_ack(self, now: float, came: Came | None, data: bytes | None) -> None:
        assert came is not None  # noqa: S101 - only an ACK leads here
        self._host.pass_ack(came[0], came[1], now)

    def _inform_tu(self, now: float, came: Came | None, data: bytes | None) -> None:
        self._host.pass_server_error(self, now)

    def _start_timer_g(self, now: float, came: Came | None, data: bytes | None) -> None:
        if not is_reliable(self.flow):
            self._retry = self._host.wheel.schedule(now + self._interval_s, self._ring_g)

    def _double_timer_g(self, now: float, came: Came | None, data: bytes | None) -> None:
        self._interval_s = min(2 * self._interval_s, self._host.timers.t2_s)
        self._retry = self._host.wheel.schedule(now + self._interval_s, self._ring_g)

    def _start_timer_h(self, now: float, came: Came | None, data: bytes | None) -> None:
        self._guard = self._host.wheel.schedule(now + self._host.timers.giving_up_s, self._ring_h)

    def _start_timer_i(self, now: float, came: Came | None, data: bytes | None) -> None:
        wait_s = self._host.timers.wait_i_s(reliable=is_reliable(self.flow))
        self._host.wheel.linger(now + wait_s, self)

    def _start_timer_l(self, now: float, came: Came | None, data: bytes | None) -> None:
        self._host.wheel.linger(now + self._host.timers.giving_up_s, self)

    def _stop_timers(self, now: float, came: Came | None, data: bytes | None) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._guard is not None:
            self._guard.cancel()
            self._guard = None


def trying(request: SipRequest) -> SipResponse:
    """100 (Trying) (RFC 3261 §8.2.6.1)."""
    response = response_to(request, 100)
    timestamp = request.headers.first("Timestamp")
    if timestamp is not None:
        response.headers.add("Timestamp", timestamp)
    return response


_Step = Callable[[ServerInviteTransaction, float, Came | None, bytes | None], None]

_METHODS: Final[Mapping[Action, _Step]] = {
    Action.SEND_TRYING: ServerInviteTransaction._send_trying,
    Action.SEND_RESPONSE: ServerInviteTransaction._send_response,
    Action.RESEND_RESPONSE: ServerInviteTransaction._resend_response,
    Action.PASS_ACK: ServerInviteTransaction._pass_ack,
    Action.INFORM_TU: ServerInviteTransaction._inform_tu,
    Action.START_TIMER_G: ServerInviteTransaction._start_timer_g,
    Action.DOUBLE_TIMER_G: ServerInviteTransaction._double_timer_g,
    Action.START_TIMER_H: ServerInviteTransaction._start_timer_h,
    Action.START_TIMER_I: ServerInviteTransaction._start_timer_i,
    Action.START_TIMER_L: ServerInviteTransaction._start_timer_l,
    Action.STOP_TIMERS: ServerInviteTransaction._stop_timers,
}

# The table with its actions looked up once.
_STEPS: Final = {pair: (row.state, tuple(_METHODS[action] for action in row.actions)) for pair, row in TABLE.items()}
