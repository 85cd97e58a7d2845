"""The client transaction of every method but INVITE and ACK.

RFC 3261 §17.1.2, figure 6.

Surprising: unlike INVITE, the request goes on being retransmitted after a provisional response, every T2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from engine.sip.flow import Flow
from engine.sip.message import SipRequest, SipResponse
from engine.sip.row import Row, Word
from engine.sip.timers import is_reliable
from engine.sip.transaction_host import ClientHost, ClientOwner
from engine.sip.transaction_key import ClientKey
from engine.wheel import Alarm


class State(Word):
    TRYING = "Trying"
    PROCEEDING = "Proceeding"
    COMPLETED = "Completed"
    TERMINATED = "Terminated"


class Input(Word):
    PROVISIONAL = "1xx"
    FINAL = "200-699"
    TRANSPORT_ERROR = "Transport Err."
    TIMER_E = "Timer E fires"
    TIMER_F = "Timer F fires"
    TIMER_K = "Timer K fires"
    MOVED = "another way taken"


class Action(Word):
    SEND_REQUEST = "send request"
    RESEND_REQUEST = "send request again"
    PASS_RESPONSE = "resp. to TU"  # noqa: S105 - no password
    INFORM_TIMEOUT = "inform TU of timeout"
    INFORM_ERROR = "inform TU of error"
    START_TIMER_E = "start Timer E"
    DOUBLE_TIMER_E = "double Timer E, up to T2"
    START_TIMER_E_AT_T2 = "start Timer E with T2"
    START_TIMER_F = "start Timer F"
    START_TIMER_K = "start Timer K"
    STOP_TIMERS = "stop timers"


TABLE: Final[Mapping[tuple[State, Input], Row[State, Action]]] = {
    (State.TRYING, Input.TIMER_E): Row(State.TRYING, (Action.RESEND_REQUEST, Action.DOUBLE_TIMER_E), "3261/17.1.2.2"),
    (State.TRYING, Input.TIMER_F): Row(State.TERMINATED, (Action.INFORM_TIMEOUT,), "3261/17.1.2.2"),
    (State.TRYING, Input.TRANSPORT_ERROR): Row(State.TERMINATED, (Action.INFORM_ERROR,), "3261/17.1.2.2"),
    (State.TRYING, Input.MOVED): Row(State.TRYING, (Action.RESEND_REQUEST, Action.START_TIMER_E), "3261/18.1.1"),
    (State.TRYING, Input.PROVISIONAL): Row(State.PROCEEDING, (Action.PASS_RESPONSE,), "3261/17.1.2.2"),
    (State.TRYING, Input.FINAL): Row(
        State.COMPLETED, (Action.STOP_TIMERS, Action.START_TIMER_K, Action.PASS_RESPONSE), "3261/17.1.2.2"
    ),
    (State.PROCEEDING, Input.TIMER_E): Row(
        State.PROCEEDING, (Action.RESEND_REQUEST, Action.START_TIMER_E_AT_T2), "3261/17.1.2.2"
    ),
    (State.PROCEEDING, Input.TIMER_F): Row(State.TERMINATED, (Action.INFORM_TIMEOUT,), "3261/17.1.2.2"),
    (State.PROCEEDING, Input.TRANSPORT_ERROR): Row(State.TERMINATED, (Action.INFORM_ERROR,), "3261/17.1.2.2"),
    (State.PROCEEDING, Input.PROVISIONAL): Row(State.PROCEEDING, (Action.PASS_RESPONSE,), "3261/17.1.2.2"),
    (State.PROCEEDING, Input.FINAL): Row(
        State.COMPLETED, (Action.STOP_TIMERS, Action.START_TIMER_K, Action.PASS_RESPONSE), "3261/17.1.2.2"
    ),
    (State.COMPLETED, Input.PROVISIONAL): Row(State.COMPLETED, (), "3261/17.1.2.2"),
    (State.COMPLETED, Input.FINAL): Row(State.COMPLETED, (), "3261/17.1.2.2"),
    (State.COMPLETED, Input.TIMER_K): Row(State.TERMINATED, (), "3261/17.1.2.2"),
}

ENTRY: Final[Row[State, Action]] = Row(
    State.TRYING, (Action.SEND_REQUEST, Action.START_TIMER_E, Action.START_TIMER_F), "3261/17.1.2.2"
)


Came = tuple[SipResponse, Flow]
"""A response and where it came from."""


class ClientNonInviteTransaction:
    """One request of ours. `owner` gets its responses, until the final one."""

    __slots__ = (
        "_data",
        "_guard",
        "_host",
        "_interval_s",
        "_retry",
        "flow",
        "key",
        "method",
        "moves",
        "owner",
        "state",
    )

    def __init__(
        self, key: ClientKey, request: SipRequest, flow: Flow, owner: ClientOwner | None, host: ClientHost
    ) -> None:
        self.key = key
        self.method = request.method
        self.flow = flow
        self.moves = 0
        self.state = ENTRY.state
        self.owner = owner
        self._host = host
        self._data = request.to_bytes()
        self._interval_s = host.timers.t1_s
        self._retry: Alarm | None = None  # E
        self._guard: Alarm | None = None  # F, K

    @property
    def is_terminated(self) -> bool:
        return self.state is State.TERMINATED

    @property
    def is_unheard(self) -> bool:
        """Whether no response came yet."""
        return self.state is State.TRYING

    @property
    def sent(self) -> bytes:
        """The request as on the wire."""
        return self._data

    def start(self, now: float) -> None:
        """Send the request."""
        for action in _ENTRY_STEPS:
            action(self, now, None)

    def receive(self, response: SipResponse, flow: Flow, now: float) -> None:
        """A response to the request."""
        self._run(Input.FINAL if response.status >= 200 else Input.PROVISIONAL, now, (response, flow))

    def place(self, request: SipRequest, flow: Flow) -> None:
        """Take another way than was said at first; `request` has the Via of that way. Before `start`."""
        self.flow = flow
        self._data = request.to_bytes()

    def move(self, request: SipRequest, flow: Flow, now: float) -> None:
        """Send the request by another way, for the first leads nowhere. Without effect once a response has come."""
        if self.is_unheard:
            self.place(request, flow)
            self.moves += 1
        self._run(Input.MOVED, now, None)

    def transport_error(self, now: float) -> None:
        """What was sent last did not go out."""
        self._run(Input.TRANSPORT_ERROR, now, None)

    def abandon(self) -> None:
        """Nobody waits for an answer any more: nothing is sent again, and what comes is a stray."""
        self.state = State.TERMINATED
        self._end()

    def _run(self, what: Input, now: float, came: Came | None) -> None:
        step = _STEPS.get((self.state, what))
        if step is None:
            self._host.counters[f"non-INVITE client transaction: {what.value} in {self.state.value}"] += 1
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

    def _ring_e(self, now: float) -> None:
        self._retry = None
        self._run(Input.TIMER_E, now, None)

    def _ring_f(self, now: float) -> None:
        self._run(Input.TIMER_F, now, None)

    def end_linger(self, now: float) -> None:
        """Timer K, for the wheel."""
        if self.state is State.COMPLETED:
            self._run(Input.TIMER_K, now, None)

    # The actions.

    def _send_request(self, now: float, came: Came | None) -> None:
        self._host.send(self._data, self.flow)

    def _pass_response(self, now: float, came: Came | None) -> None:
        assert came is not None  # noqa: S101 - only a response leads here
        response, flow = came
        owner = self.owner
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

    def _start_timer_e(self, now: float, came: Came | None) -> None:
        if not is_reliable(self.flow):
            self._retry = self._host.wheel.schedule(now + self._interval_s, self._ring_e)

    def _double_timer_e(self, now: float, came: Came | None) -> None:
        self._interval_s = min(2 * self._interval_s, self._host.timers.t2_s)
        self._retry = self._host.wheel.schedule(now + self._interval_s, self._ring_e)

    def _start_timer_e_at_t2(self, now: float, came: Came | None) -> None:
        self._interval_s = self._host.timers.t2_s
        self._retry = self._host.wheel.schedule(now + self._interval_s, self._ring_e)

    def _start_timer_f(self, now: float, came: Came | None) -> None:
        self._guard = self._host.wheel.schedule(now + self._host.timers.giving_up_s, self._ring_f)

    def _start_timer_k(self, now: float, came: Came | None) -> None:
        wait_s = self._host.timers.wait_k_s(reliable=is_reliable(self.flow))
        self._host.wheel.linger(now + wait_s, self)

    def _stop_timers(self, now: float, came: Came | None) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._guard is not None:
            self._guard.cancel()
            self._guard = None


_Step = Callable[[ClientNonInviteTransaction, float, Came | None], None]

_METHODS: Final[Mapping[Action, _Step]] = {
    Action.SEND_REQUEST: ClientNonInviteTransaction._send_request,
    Action.RESEND_REQUEST: ClientNonInviteTransaction._send_request,
    Action.PASS_RESPONSE: ClientNonInviteTransaction._pass_response,
    Action.INFORM_TIMEOUT: ClientNonInviteTransaction._inform_timeout,
    Action.INFORM_ERROR: ClientNonInviteTransaction._inform_error,
    Action.START_TIMER_E: ClientNonInviteTransaction._start_timer_e,
    Action.DOUBLE_TIMER_E: ClientNonInviteTransaction._double_timer_e,
    Action.START_TIMER_E_AT_T2: ClientNonInviteTransaction._start_timer_e_at_t2,
    Action.START_TIMER_F: ClientNonInviteTransaction._start_timer_f,
    Action.START_TIMER_K: ClientNonInviteTransaction._start_timer_k,
    Action.STOP_TIMERS: ClientNonInviteTransaction._stop_timers,
}

# The table with its actions looked up once.
_STEPS: Final = {pair: (row.state, tuple(_METHODS[action] for action in row.actions)) for pair, row in TABLE.items()}
_ENTRY_STEPS: Final = tuple(_METHODS[action] for action in ENTRY.actions)
