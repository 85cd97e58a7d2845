"""The server transaction of every method but INVITE and ACK.

RFC 3261 §17.2.2, figure 8; RFC 4320 §4 (100 only after the client's timer E has reached T2, then always; no 408).

Surprising: besides the figure there is EXPIRED. A user that has not answered when the client gives up (64*T1) can't
answer any more (RFC 4320 §4.2), so the transaction ends without a final response.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from engine.sip.errors import LocalProtocolError
from engine.sip.flow import Flow
from engine.sip.message import SipRequest, SipResponse
from engine.sip.row import Row, Word
from engine.sip.server_invite import trying
from engine.sip.timers import is_reliable
from engine.sip.transaction_host import ServerHost, ServerOwner
from engine.sip.transaction_key import MergeKey, TransactionKey, method_of
from engine.wheel import Alarm


class State(Word):
    TRYING = "Trying"
    PROCEEDING = "Proceeding"
    COMPLETED = "Completed"
    TERMINATED = "Terminated"


class Input(Word):
    REQUEST = "Request"
    PROVISIONAL = "1xx from TU"
    FINAL = "200-699 from TU"
    TRYING_DUE = "TU silent until Timer E is T2"
    EXPIRED = "TU silent for 64*T1"
    ABANDONED = "TU answers statelessly"
    TRANSPORT_ERROR = "Transport Err."
    TIMER_J = "Timer J fires"


class Action(Word):
    SEND_TRYING = "send 100"
    SEND_RESPONSE = "send response"
    RESEND_RESPONSE = "send response again"
    INFORM_TU = "Inform TU"
    START_TIMER_J = "start Timer J"
    STOP_TIMERS = "stop timers"


TABLE: Final[Mapping[tuple[State, Input], Row[State, Action]]] = {
    (State.TRYING, Input.REQUEST): Row(State.TRYING, (), "3261/17.2.2"),
    (State.TRYING, Input.PROVISIONAL): Row(State.PROCEEDING, (Action.SEND_RESPONSE,), "3261/17.2.2"),
    (State.TRYING, Input.TRYING_DUE): Row(State.PROCEEDING, (Action.SEND_TRYING,), "4320/4.1"),
    (State.TRYING, Input.FINAL): Row(
        State.COMPLETED, (Action.STOP_TIMERS, Action.SEND_RESPONSE, Action.START_TIMER_J), "3261/17.2.2"
    ),
    (State.TRYING, Input.EXPIRED): Row(State.TERMINATED, (), "4320/4.2"),
    (State.TRYING, Input.ABANDONED): Row(State.TERMINATED, (), "3261/8.2.7"),
    (State.PROCEEDING, Input.REQUEST): Row(State.PROCEEDING, (Action.RESEND_RESPONSE,), "3261/17.2.2"),
    (State.PROCEEDING, Input.PROVISIONAL): Row(State.PROCEEDING, (Action.SEND_RESPONSE,), "3261/17.2.2"),
    (State.PROCEEDING, Input.FINAL): Row(
        State.COMPLETED, (Action.STOP_TIMERS, Action.SEND_RESPONSE, Action.START_TIMER_J), "3261/17.2.2"
    ),
    (State.PROCEEDING, Input.TRANSPORT_ERROR): Row(State.TERMINATED, (Action.INFORM_TU,), "3261/17.2.2"),
    (State.PROCEEDING, Input.EXPIRED): Row(State.TERMINATED, (), "4320/4.2"),
    (State.PROCEEDING, Input.ABANDONED): Row(State.TERMINATED, (), "3261/8.2.7"),
    (State.COMPLETED, Input.REQUEST): Row(State.COMPLETED, (Action.RESEND_RESPONSE,), "3261/17.2.2"),
    (State.COMPLETED, Input.FINAL): Row(State.COMPLETED, (), "3261/17.2.2"),
    (State.COMPLETED, Input.TRANSPORT_ERROR): Row(State.TERMINATED, (Action.INFORM_TU,), "3261/17.2.2"),
    (State.COMPLETED, Input.TIMER_J): Row(State.TERMINATED, (), "3261/17.2.2"),
}

ENTRY: Final[Row[State, Action]] = Row(State.TRYING, (), "3261/17.2.2")


class ServerNonInviteTransaction:
    """One request and our answer to it. `flow`: where responses go; `owner`: for the user, dropped with the answer."""

    __slots__ = (
        "_alarm",
        "_host",
        "_last",
        "_request",
        "flow",
        "key",
        "merge_key",
        "owner",
        "state",
    )

    def __init__(
        self, key: TransactionKey, merge_key: MergeKey | None, request: SipRequest, flow: Flow, host: ServerHost
    ) -> None:
        self.key = key
        self.merge_key = merge_key
        self.flow = flow
        self.state = ENTRY.state
        self.owner: ServerOwner | None = None
        self._host = host
        self._request: SipRequest | None = request
        self._last: bytes | None = None
        self._alarm: Alarm | None = None  # 100, then the end; J lingers

    @property
    def method(self) -> str:
        """Of the request."""
        return method_of(self.key)

    @property
    def is_unanswered(self) -> bool:
        """Whether no final response was given yet."""
        return self.state is State.TRYING or self.state is State.PROCEEDING

    @property
    def is_terminated(self) -> bool:
        return self.state is State.TERMINATED

    def await_answer(self, now: float) -> None:
        """The user has the request; if it did not give its final answer at once, 100 and the end of patience are due."""
        if self.is_unanswered:
            host = self._host
            self._alarm = host.wheel.schedule(now + host.timers.slow_answer_s, self._ring_trying)

    def receive(self, request: SipRequest, flow: Flow, now: float) -> None:
        """The request again."""
        self._run(Input.REQUEST, now, None)

    def respond(self, response: SipResponse, now: float) -> None:
        """A response from the user. LocalProtocolError if RFC 4320 forbids it, or it can't be written."""
        status = response.status
        if status < 200:
            if status != 100:
                raise LocalProtocolError(f"{self.method} may not be answered {status} (RFC 4320 §4.1)")
            self._run(Input.PROVISIONAL, now, response.to_bytes())
        elif status == 408:
            self._host.counters["408 not sent to a request other than INVITE (RFC 4320 §4.2)"] += 1
        else:
            self._run(Input.FINAL, now, response.to_bytes())

    def transport_error(self, now: float) -> None:
        """What was sent last did not go out."""
        self._run(Input.TRANSPORT_ERROR, now, None)

    def _run(self, what: Input, now: float, data: bytes | None) -> None:
        step = _STEPS.get((self.state, what))
        if step is None:
            self._host.counters[f"non-INVITE server transaction: {what.value} in {self.state.value}"] += 1
            return
        self.state, actions = step
        for action in actions:
            action(self, now, data)
        if self.state is State.TERMINATED:
            self._end()

    def abandon(self) -> None:
        """The user answers statelessly (RFC 3261 §8.2.7): as if there had been no transaction."""
        self._run(Input.ABANDONED, 0.0, None)

    def _end(self) -> None:
        self._stop_timers(0.0, None)
        self._request = None
        self.owner = None
        self._host.forget_server(self)

    def _ring_trying(self, now: float) -> None:
        timers = self._host.timers
        asked_at = now if self._alarm is None else self._alarm.at - timers.slow_answer_s
        self._alarm = self._host.wheel.schedule(asked_at + timers.giving_up_s, self._ring_expired)
        if self.state is State.TRYING:
            self._run(Input.TRYING_DUE, now, None)

    def _ring_expired(self, now: float) -> None:
        self._host.counters["non-INVITE server transaction: never answered"] += 1
        self._run(Input.EXPIRED, now, None)

    def end_linger(self, now: float) -> None:
        """Timer J, for the wheel."""
        if self.state is State.COMPLETED:
            self._run(Input.TIMER_J, now, None)

    # The actions.

    def _send_trying(self, now: float, data: bytes | None) -> None:
        if self._request is not None:
            self._last = trying(self._request).to_bytes()
            self._host.send(self._last, self.flow)

    def _send_response(self, now: float, data: bytes | None) -> None:
        assert data is not None  # noqa: S101 - only inputs from the user lead here
        self._last = data
        if self.state is State.COMPLETED:
            self._request = None  # lingers for 32 s more; its bytes and its owner need not
            self.owner = None
        self._host.send(data, self.flow)

    def _resend_response(self, now: float, data: bytes | None) -> None:
        if self._last is not None:
            self._host.send(self._last, self.flow)

    def _inform_tu(self, now: float, data: bytes | None) -> None:
        self._host.pass_server_error(self, now)

    def _start_timer_j(self, now: float, data: bytes | None) -> None:
        wait_s = self._host.timers.wait_j_s(reliable=is_reliable(self.flow))
        self._host.wheel.linger(now + wait_s, self)

    def _stop_timers(self, now: float, data: bytes | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None


_Step = Callable[[ServerNonInviteTransaction, float, bytes | None], None]

_METHODS: Final[Mapping[Action, _Step]] = {
    Action.SEND_TRYING: ServerNonInviteTransaction._send_trying,
    Action.SEND_RESPONSE: ServerNonInviteTransaction._send_response,
    Action.RESEND_RESPONSE: ServerNonInviteTransaction._resend_response,
    Action.INFORM_TU: ServerNonInviteTransaction._inform_tu,
    Action.START_TIMER_J: ServerNonInviteTransaction._start_timer_j,
    Action.STOP_TIMERS: ServerNonInviteTransaction._stop_timers,
}

# The table with its actions looked up once.
_STEPS: Final = {pair: (row.state, tuple(_METHODS[action] for action in row.actions)) for pair, row in TABLE.items()}
