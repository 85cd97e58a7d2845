"""The non-INVITE client transaction beside RFC 3261's figure 6."""

from collections.abc import Callable

import pytest

from engine.sip.client_non_invite import ENTRY, TABLE, ClientNonInviteTransaction, Input, State
from engine.sip.flow import Flow
from tests.support.sip_message import PHONE, request, response
from tests.support.transaction_host import RecordingHost, can_reach, figure, rows_of

FIGURE = """
Trying     | Timer E fires  | Trying     | send request again, double Timer E, up to T2 | 3261/17.1.2.2
Trying     | Timer F fires  | Terminated | inform TU of timeout                         | 3261/17.1.2.2
Trying     | Transport Err. | Terminated | inform TU of error                           | 3261/17.1.2.2
Trying     | another way taken | Trying  | send request again, start Timer E            | 3261/18.1.1
Trying     | 1xx            | Proceeding | resp. to TU                                  | 3261/17.1.2.2
Trying     | 200-699        | Completed  | stop timers, start Timer K, resp. to TU      | 3261/17.1.2.2
Proceeding | Timer E fires  | Proceeding | send request again, start Timer E with T2    | 3261/17.1.2.2
Proceeding | Timer F fires  | Terminated | inform TU of timeout                         | 3261/17.1.2.2
Proceeding | Transport Err. | Terminated | inform TU of error                           | 3261/17.1.2.2
Proceeding | 1xx            | Proceeding | resp. to TU                                  | 3261/17.1.2.2
Proceeding | 200-699        | Completed  | stop timers, start Timer K, resp. to TU      | 3261/17.1.2.2
Completed  | 1xx            | Completed  |                                              | 3261/17.1.2.2
Completed  | 200-699        | Completed  |                                              | 3261/17.1.2.2
Completed  | Timer K fires  | Terminated |                                              | 3261/17.1.2.2
"""
BYE = "BYE sip:102@example.org SIP/2.0"


class Rig:
    def __init__(self, flow: Flow = PHONE) -> None:
        self.host = RecordingHost()
        self.bye = request("BYE", to_tag="t")
        self.transaction = ClientNonInviteTransaction("BYE b", self.bye, flow, self.host, self.host)
        self.transaction.start(self.host.clock.now)

    def receive(self, status: int) -> None:
        self.transaction.receive(response(self.bye, status), PHONE, self.host.clock.now)

    def move(self) -> None:
        self.transaction.move(self.bye, PHONE, self.host.clock.now)

    def fail(self) -> None:
        self.transaction.transport_error(self.host.clock.now)


INTO: dict[State, list[Callable[[Rig], None]]] = {
    State.TRYING: [],
    State.PROCEEDING: [lambda rig: rig.receive(100)],
    State.COMPLETED: [lambda rig: rig.receive(200)],
    State.TERMINATED: [Rig.fail],
}
FEED: dict[Input, Callable[[Rig], None]] = {
    Input.PROVISIONAL: lambda rig: rig.receive(100),
    Input.FINAL: lambda rig: rig.receive(481),
    Input.TRANSPORT_ERROR: Rig.fail,
    Input.MOVED: Rig.move,
}
TIMERS = {Input.TIMER_E, Input.TIMER_F, Input.TIMER_K}


def test_the_table_is_the_figure() -> None:
    assert rows_of(TABLE) == figure(FIGURE)
    assert (ENTRY.state, [action.value for action in ENTRY.actions]) == (
        State.TRYING,
        ["send request", "start Timer E", "start Timer F"],
    )


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


def test_timer_e_doubles_up_to_t2_until_timer_f() -> None:
    rig = Rig()
    rig.host.run(40)
    assert rig.host.times(BYE) == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert rig.host.log[-2:] == [(32.0, "timeout"), (32.0, "end")]


def test_in_proceeding_the_request_goes_on_every_t2() -> None:
    rig = Rig()
    rig.host.run(0.2)
    rig.receive(100)
    rig.host.run(40)
    assert rig.host.times(BYE) == [0, 0.5, 4.5, 8.5, 12.5, 16.5, 20.5, 24.5, 28.5]
    assert rig.host.log[-2:] == [(32.0, "timeout"), (32.0, "end")]


def test_timer_k_absorbs_copies_of_the_final_response_for_t4() -> None:
    rig = Rig()
    rig.receive(200)
    rig.receive(200)
    rig.host.run(40)
    assert rig.host.log == [(0.0, BYE), (0.0, "200 to user"), (5.0, "end")]


def test_over_a_reliable_transport_nothing_is_sent_again_and_timer_k_is_zero() -> None:
    rig = Rig(PHONE._replace(transport="ws"))
    rig.host.run(20)
    rig.receive(200)
    rig.host.run(0)
    assert rig.host.said() == [BYE, "200 to user", "end"]
