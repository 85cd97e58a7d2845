"""The INVITE server transaction beside RFC 6026's figure 7."""

from collections.abc import Callable

import pytest

from engine.sip.flow import Flow
from engine.sip.response import response_to
from engine.sip.server_invite import ENTRY, TABLE, Input, ServerInviteTransaction, State
from tests.support.sip_message import PHONE, request
from tests.support.transaction_host import RecordingHost, can_reach, figure, rows_of

FIGURE = """
Proceeding | TU answers statelessly | Terminated | | 3261/8.2.7
Proceeding | INVITE               | Proceeding | send response again                         | 3261/17.2.1
Proceeding | TU silent for 200 ms | Proceeding | send 100                                    | 3261/17.2.1
Proceeding | 101-199 from TU      | Proceeding | stop timers, send response                  | 3261/17.2.1
Proceeding | 2xx from TU          | Accepted   | stop timers, send response, start Timer L   | 6026/7.1
Proceeding | 300-699 from TU      | Completed  | stop timers, send response, start Timer G, start Timer H | 3261/17.2.1
Proceeding | Transport Err.       | Proceeding | Inform TU                                   | 6026/7.1
Accepted   | INVITE               | Accepted   |                                             | 6026/7.1
Accepted   | 2xx from TU          | Accepted   | send response                               | 6026/7.1
Accepted   | ACK                  | Accepted   | ACK to TU                                   | 6026/7.1
Accepted   | Transport Err.       | Accepted   | Inform TU                                   | 6026/7.1
Accepted   | Timer L fires        | Terminated |                                             | 6026/7.1
Completed  | INVITE               | Completed  | send response again                         | 3261/17.2.1
Completed  | Timer G fires        | Completed  | send response again, double Timer G         | 3261/17.2.1
Completed  | Transport Err.       | Completed  | Inform TU                                   | 6026/7.1
Completed  | ACK                  | Confirmed  | stop timers, start Timer I                  | 3261/17.2.1
Completed  | Timer H fires        | Terminated |                                             | 6026/7.1
Confirmed  | ACK                  | Confirmed  |                                             | 3261/17.2.1
Confirmed  | INVITE               | Confirmed  |                                             | 3261/17.2.1
Confirmed  | Timer I fires        | Terminated |                                             | 3261/17.2.1
"""


class Rig:
    """A transaction, its host, and the TU's hands. Enters as if INVITE had just come."""

    def __init__(self, flow: Flow = PHONE) -> None:
        self.host = RecordingHost()
        self.invite = request()
        self.transaction = ServerInviteTransaction("INVITE h 0 b", None, self.invite, flow, self.host)
        self.transaction.owner = self.host
        self.transaction.await_answer(self.host.clock.now)

    def respond(self, status: int) -> None:
        self.transaction.respond(response_to(self.invite, status, to_tag="t"), self.host.clock.now)

    def receive(self, method: str) -> None:
        self.transaction.receive(request(method), PHONE, self.host.clock.now)

    def abandon(self) -> None:
        self.transaction.abandon()

    def fail(self) -> None:
        self.transaction.transport_error(self.host.clock.now)


INTO: dict[State, list[Callable[[Rig], None]]] = {
    State.PROCEEDING: [],
    State.ACCEPTED: [lambda rig: rig.respond(200)],
    State.COMPLETED: [lambda rig: rig.respond(486)],
    State.CONFIRMED: [lambda rig: rig.respond(486), lambda rig: rig.receive("ACK")],
    State.TERMINATED: [lambda rig: rig.respond(200), lambda rig: rig.host.run(40)],
}
FEED: dict[Input, Callable[[Rig], None]] = {
    Input.INVITE: lambda rig: rig.receive("INVITE"),
    Input.ACK: lambda rig: rig.receive("ACK"),
    Input.PROVISIONAL: lambda rig: rig.respond(180),
    Input.SUCCESS: lambda rig: rig.respond(200),
    Input.FAILURE: lambda rig: rig.respond(603),
    Input.TRANSPORT_ERROR: lambda rig: rig.fail(),
    Input.ABANDONED: Rig.abandon,
}
TIMERS = {Input.TRYING_DUE, Input.TIMER_G, Input.TIMER_H, Input.TIMER_I, Input.TIMER_L}


def test_the_table_is_the_figure() -> None:
    assert rows_of(TABLE) == figure(FIGURE)
    assert ENTRY.state is State.PROCEEDING


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


@pytest.mark.parametrize("state", [state for state in State if state is not State.PROCEEDING])
def test_every_state_ends_by_itself_once_answered_and_holds_nothing(state: State) -> None:
    rig = Rig()
    for step in INTO[state]:
        step(rig)
    rig.host.run(40)
    assert rig.transaction.is_terminated
    assert rig.transaction.owner is None
    assert len(rig.host.wheel) == 0
    assert rig.host.said()[-1] == "end"


def test_100_goes_out_after_200_ms_and_only_once() -> None:
    rig = Rig()
    rig.host.run(60)
    assert rig.host.log == [(0.2, "SIP/2.0 100 Trying")]


def test_no_100_once_the_user_has_answered() -> None:
    rig = Rig()
    rig.respond(180)
    rig.host.run(1)
    assert rig.host.said() == ["SIP/2.0 180 Ringing"]


def test_timer_g_doubles_up_to_t2_until_timer_h() -> None:
    rig = Rig()
    rig.respond(486)
    rig.host.run(33)
    assert len(rig.host.wheel) == 0
    assert rig.host.times("SIP/2.0 486 Busy Here") == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert rig.host.log[-1] == (32.0, "end")
    assert rig.host.counters["INVITE server transaction: no ACK of a failure"] == 1


def test_the_ack_stops_timer_g_and_timer_i_absorbs_its_copies() -> None:
    rig = Rig()
    rig.respond(486)
    rig.host.run(1)
    rig.receive("ACK")
    rig.receive("ACK")
    rig.host.run(40)
    assert rig.host.log == [
        (0.0, "SIP/2.0 486 Busy Here"),
        (0.5, "SIP/2.0 486 Busy Here"),
        (6.0, "end"),
    ]


def test_a_retransmitted_invite_gets_the_last_response_again() -> None:
    rig = Rig()
    rig.receive("INVITE")
    assert rig.host.said() == []
    rig.respond(180)
    rig.respond(183)
    rig.receive("INVITE")
    assert rig.host.said() == ["SIP/2.0 180 Ringing", "SIP/2.0 183 Session Progress", "SIP/2.0 183 Session Progress"]


def test_accepted_absorbs_the_invite_passes_acks_and_lasts_64_t1() -> None:
    rig = Rig()
    rig.respond(200)
    rig.receive("INVITE")
    rig.receive("ACK")
    rig.host.run(40)
    assert rig.host.log == [(0.0, "SIP/2.0 200 OK"), (0.0, "ack to user"), (32.0, "end")]


def test_the_success_is_sent_again_from_the_very_bytes() -> None:
    rig = Rig()
    rig.respond(200)
    rig.transaction.resend_success(rig.host.clock.now)
    assert rig.host.said() == ["SIP/2.0 200 OK"] * 2


def test_over_a_reliable_transport_nothing_is_sent_again_and_timer_i_is_zero() -> None:
    rig = Rig(PHONE._replace(transport="tcp"))
    rig.respond(486)
    rig.host.run(5)
    rig.receive("ACK")
    rig.host.run(0)
    assert rig.host.said() == ["SIP/2.0 486 Busy Here", "end"]


def test_a_late_response_is_dropped_and_does_not_become_the_kept_one() -> None:
    rig = Rig()
    rig.respond(486)
    rig.respond(180)
    rig.receive("INVITE")
    assert rig.host.said() == ["SIP/2.0 486 Busy Here"] * 2
    assert rig.host.counters == {"INVITE server transaction: 101-199 from TU in Completed": 1}


def test_a_late_response_does_not_change_the_tag() -> None:
    rig = Rig()
    rig.respond(200)
    rig.transaction.respond(response_to(rig.invite, 486, to_tag="late"), rig.host.clock.now)
    assert rig.transaction.to_tag == "t"


def test_the_timestamp_is_copied_into_100() -> None:
    rig = Rig()
    rig.invite.headers.add("Timestamp", "54.21")
    sent: list[bytes] = []
    rig.host.send = lambda data, flow: sent.append(data)  # type: ignore[method-assign]  # to see the bytes
    rig.host.run(1)
    assert b"\r\nTimestamp: 54.21\r\n" in sent[0]
