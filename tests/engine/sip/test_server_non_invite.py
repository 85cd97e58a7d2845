"""The non-INVITE server transaction beside RFC 3261's figure 8 and RFC 4320 §4."""

from collections.abc import Callable

import pytest

from engine.sip.errors import LocalProtocolError
from engine.sip.flow import Flow
from engine.sip.response import response_to
from engine.sip.server_non_invite import ENTRY, TABLE, Input, ServerNonInviteTransaction, State
from tests.support.sip_message import PHONE, request
from tests.support.transaction_host import RecordingHost, can_reach, figure, rows_of

FIGURE = """
Trying     | TU answers statelessly        | Terminated |                                           | 3261/8.2.7
Proceeding | TU answers statelessly        | Terminated |                                           | 3261/8.2.7
Trying     | Request                       | Trying     |                                           | 3261/17.2.2
Trying     | 1xx from TU                   | Proceeding | send response                             | 3261/17.2.2
Trying     | 200-699 from TU               | Completed  | stop timers, send response, start Timer J | 3261/17.2.2
Trying     | TU silent until Timer E is T2 | Proceeding | send 100                                  | 4320/4.1
Trying     | TU silent for 64*T1           | Terminated |                                           | 4320/4.2
Proceeding | Request                       | Proceeding | send response again                       | 3261/17.2.2
Proceeding | 1xx from TU                   | Proceeding | send response                             | 3261/17.2.2
Proceeding | 200-699 from TU               | Completed  | stop timers, send response, start Timer J | 3261/17.2.2
Proceeding | Transport Err.                | Terminated | Inform TU                                 | 3261/17.2.2
Proceeding | TU silent for 64*T1           | Terminated |                                           | 4320/4.2
Completed  | Request                       | Completed  | send response again                       | 3261/17.2.2
Completed  | 200-699 from TU               | Completed  |                                           | 3261/17.2.2
Completed  | Transport Err.                | Terminated | Inform TU                                 | 3261/17.2.2
Completed  | Timer J fires                 | Terminated |                                           | 3261/17.2.2
"""


class Rig:
    def __init__(self, flow: Flow = PHONE) -> None:
        self.host = RecordingHost()
        self.bye = request("BYE", to_tag="t")
        self.transaction = ServerNonInviteTransaction("BYE h 0 b", None, self.bye, flow, self.host)
        self.transaction.owner = self.host
        self.transaction.await_answer(self.host.clock.now)

    def respond(self, status: int) -> None:
        self.transaction.respond(response_to(self.bye, status), self.host.clock.now)

    def receive(self) -> None:
        self.transaction.receive(self.bye, PHONE, self.host.clock.now)

    def abandon(self) -> None:
        self.transaction.abandon()

    def fail(self) -> None:
        self.transaction.transport_error(self.host.clock.now)


INTO: dict[State, list[Callable[[Rig], None]]] = {
    State.TRYING: [],
    State.PROCEEDING: [lambda rig: rig.respond(100)],
    State.COMPLETED: [lambda rig: rig.respond(200)],
    State.TERMINATED: [lambda rig: rig.respond(200), lambda rig: rig.fail()],
}
FEED: dict[Input, Callable[[Rig], None]] = {
    Input.REQUEST: Rig.receive,
    Input.PROVISIONAL: lambda rig: rig.respond(100),
    Input.FINAL: lambda rig: rig.respond(404),
    Input.TRANSPORT_ERROR: Rig.fail,
    Input.ABANDONED: Rig.abandon,
}
TIMERS = {Input.TRYING_DUE, Input.EXPIRED, Input.TIMER_J}


def test_the_table_is_the_figure() -> None:
    assert rows_of(TABLE) == figure(FIGURE)
    assert ENTRY.state is State.TRYING


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("what", FEED)
def test_every_input_in_every_state_is_a_row_or_is_counted(state: State, what: Input) -> None:
    rig = Rig()
    for step in INTO[state]:
        step(rig)
    assert rig.transaction.state is state
    rig.host.counters.clear()
    FEED[what](rig)
    row = TABLE.get((state, what))
    assert rig.transaction.state is (state if row is None else row.state)
    assert rig.host.counters.total() == (1 if row is None else 0)


def test_every_input_is_fed_or_a_timer() -> None:
    assert set(FEED) | TIMERS == set(Input)


def test_every_state_can_end() -> None:
    assert can_reach(TABLE, State.TERMINATED) == set(State)


@pytest.mark.parametrize("state", State)
def test_every_state_ends_by_itself_and_holds_nothing(state: State) -> None:
    rig = Rig()
    for step in INTO[state]:
        step(rig)
    rig.host.run(40)
    assert rig.transaction.is_terminated
    assert rig.transaction.owner is None
    assert len(rig.host.wheel) == 0


def test_timer_j_absorbs_the_request_for_64_t1() -> None:
    rig = Rig()
    rig.respond(200)
    rig.host.run(31)
    rig.receive()
    rig.host.run(5)
    assert rig.host.log == [(0.0, "SIP/2.0 200 OK"), (31.0, "SIP/2.0 200 OK"), (32.0, "end")]


def test_100_goes_out_when_the_clients_timer_e_has_reached_t2_and_silence_ends_it() -> None:
    rig = Rig()
    rig.host.run(40)
    assert rig.host.log == [(3.5, "SIP/2.0 100 Trying"), (32.0, "end")]
    assert rig.host.counters["non-INVITE server transaction: never answered"] == 1


def test_an_answer_after_100_ends_as_ever() -> None:
    rig = Rig()
    rig.host.run(5)
    rig.respond(200)
    rig.host.run(40)
    assert rig.host.log == [(3.5, "SIP/2.0 100 Trying"), (5.0, "SIP/2.0 200 OK"), (37.0, "end")]


def test_408_is_never_sent() -> None:
    rig = Rig()
    rig.respond(408)
    assert rig.host.said() == []
    assert rig.host.counters["408 not sent to a request other than INVITE (RFC 4320 §4.2)"] == 1


def test_a_provisional_response_other_than_100_is_our_bug() -> None:
    rig = Rig()
    with pytest.raises(LocalProtocolError, match="BYE may not be answered 180"):
        rig.respond(180)


def test_over_a_reliable_transport_timer_j_is_zero() -> None:
    rig = Rig(PHONE._replace(transport="tls"))
    rig.respond(200)
    rig.host.run(0)
    assert rig.host.said() == ["SIP/2.0 200 OK", "end"]
