"""The INVITE client transaction beside RFC 6026's figure 5, and CANCEL."""

from collections.abc import Callable

import pytest

from engine.sip.client_invite import ENTRY, TABLE, ClientInviteTransaction, Input, State, ack_of_failure, cancel_of
from engine.sip.flow import Flow
from tests.support.sip_message import PHONE, request, response
from tests.support.transaction_host import RecordingHost, can_reach, figure, rows_of

FIGURE = """
Calling    | Timer A fires      | Calling    | INVITE sent again, double Timer A                      | 3261/17.1.1.2
Calling    | Timer B fires      | Terminated | Inform TU of timeout                                   | 3261/17.1.1.2
Calling    | Transport Err.     | Terminated | Inform TU of error                                     | 3261/17.1.4
Calling    | 1xx                | Proceeding | stop timers, CANCEL sent if remembered, resp. to TU    | 3261/17.1.1.2
Calling    | 2xx                | Accepted   | stop timers, start Timer M, resp. to TU                | 6026/7.2
Calling    | 300-699            | Completed  | stop timers, ACK sent, start Timer D, resp. to TU      | 3261/17.1.1.2
Calling    | another way taken  | Calling    | INVITE sent again, start Timer A                       | 3261/18.1.1
Calling    | CANCEL from TU     | Calling    | remember CANCEL                                        | 3261/9.1
Proceeding | 1xx                | Proceeding | resp. to TU                                            | 3261/17.1.1.2
Proceeding | 2xx                | Accepted   | stop timers, start Timer M, resp. to TU                | 6026/7.2
Proceeding | 300-699            | Completed  | stop timers, ACK sent, start Timer D, resp. to TU      | 3261/17.1.1.2
Proceeding | CANCEL from TU     | Proceeding | CANCEL sent                                            | 3261/9.1
Proceeding | 64*T1 since CANCEL | Terminated | Inform TU of timeout                                   | 3261/9.1
Accepted   | 2xx                | Accepted   | resp. to TU                                            | 6026/7.2
Accepted   | Timer M fires      | Terminated |                                                        | 6026/7.2
Completed  | 300-699            | Completed  | ACK sent again                                         | 3261/17.1.1.2
Completed  | Transport Err.     | Terminated | Inform TU of error                                     | 3261/17.1.1.2
Completed  | Timer D fires      | Terminated |                                                        | 3261/17.1.1.2
"""
INVITE = "INVITE sip:102@example.org SIP/2.0"
ACK = "ACK sip:102@example.org SIP/2.0"


class Rig:
    def __init__(self, flow: Flow = PHONE) -> None:
        self.host = RecordingHost()
        self.invite = request()
        self.transaction = ClientInviteTransaction("INVITE b", self.invite, flow, self.host, self.host)
        self.transaction.start(self.host.clock.now)

    def receive(self, status: int) -> None:
        self.transaction.receive(response(self.invite, status), PHONE, self.host.clock.now)

    def cancel(self) -> None:
        self.transaction.cancel("SIP;cause=200", self.host.clock.now)

    def move(self) -> None:
        self.transaction.move(self.invite, PHONE, self.host.clock.now)

    def fail(self) -> None:
        self.transaction.transport_error(self.host.clock.now)


INTO: dict[State, list[Callable[[Rig], None]]] = {
    State.CALLING: [],
    State.PROCEEDING: [lambda rig: rig.receive(180)],
    State.ACCEPTED: [lambda rig: rig.receive(200)],
    State.COMPLETED: [lambda rig: rig.receive(486)],
    State.TERMINATED: [Rig.fail],
}
FEED: dict[Input, Callable[[Rig], None]] = {
    Input.PROVISIONAL: lambda rig: rig.receive(183),
    Input.SUCCESS: lambda rig: rig.receive(200),
    Input.FAILURE: lambda rig: rig.receive(404),
    Input.TRANSPORT_ERROR: Rig.fail,
    Input.CANCEL: Rig.cancel,
    Input.MOVED: Rig.move,
}
TIMERS = {Input.TIMER_A, Input.TIMER_B, Input.TIMER_D, Input.TIMER_M, Input.CANCEL_EXPIRED}


def test_the_table_is_the_figure() -> None:
    assert rows_of(TABLE) == figure(FIGURE)
    assert (ENTRY.state, [action.value for action in ENTRY.actions]) == (
        State.CALLING,
        ["INVITE sent", "start Timer A", "start Timer B"],
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


@pytest.mark.parametrize("state", [state for state in State if state is not State.PROCEEDING])
def test_every_state_but_proceeding_ends_by_itself_and_holds_nothing(state: State) -> None:
    rig = Rig()
    for step in INTO[state]:
        step(rig)
    rig.host.run(40)
    assert rig.transaction.is_terminated
    assert rig.transaction.owner is None
    assert len(rig.host.wheel) == 0
    assert rig.host.said()[-1] == "end"


def test_timer_a_doubles_without_bound_until_timer_b() -> None:
    rig = Rig()
    rig.host.run(40)
    assert rig.host.times(INVITE) == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert rig.host.log[-2:] == [(32.0, "timeout"), (32.0, "end")]


def test_a_provisional_response_ends_retransmission_and_waits_for_ever() -> None:
    rig = Rig()
    rig.host.run(1)
    rig.receive(100)
    rig.host.run(3600)
    rig.receive(180)
    assert rig.host.log == [(0.0, INVITE), (0.5, INVITE), (1.0, "100 to user"), (3601.0, "180 to user")]


def test_a_failure_is_acknowledged_each_time_and_told_once() -> None:
    rig = Rig()
    rig.receive(486)
    assert rig.transaction.owner is None
    rig.host.run(10)
    rig.receive(486)
    rig.host.run(40)
    assert rig.host.log == [(0.0, INVITE), (0.0, ACK), (0.0, "486 to user"), (10.0, ACK), (32.0, "end")]


def test_each_success_is_told_for_64_t1_and_never_acknowledged_here() -> None:
    rig = Rig()
    rig.receive(200)
    rig.host.run(31)
    rig.receive(200)
    rig.host.run(40)
    assert rig.host.log == [(0.0, INVITE), (0.0, "200 to user"), (31.0, "200 to user"), (32.0, "end")]


def test_cancel_waits_for_a_provisional_response() -> None:
    rig = Rig()
    rig.cancel()
    rig.host.run(0.1)
    rig.receive(100)
    assert rig.host.log == [(0.0, INVITE), (0.1, "cancel SIP;cause=200"), (0.1, "100 to user")]


def test_cancel_in_proceeding_goes_out_at_once_and_only_once() -> None:
    rig = Rig()
    rig.receive(180)
    rig.cancel()
    rig.cancel()
    assert rig.host.said() == [INVITE, "180 to user", "cancel SIP;cause=200"]


def test_a_cancelled_invite_without_final_response_ends_after_64_t1() -> None:
    rig = Rig()
    rig.receive(180)
    rig.host.run(8)
    rig.cancel()
    rig.host.run(40)
    assert rig.host.log[-2:] == [(40.0, "timeout"), (40.0, "end")]


def test_a_success_that_crosses_the_cancel_is_told() -> None:
    rig = Rig()
    rig.receive(180)
    rig.cancel()
    rig.receive(200)
    rig.host.run(40)
    assert rig.host.said()[-2:] == ["200 to user", "end"]


def test_over_a_reliable_transport_nothing_is_sent_again_and_timer_d_is_zero() -> None:
    rig = Rig(PHONE._replace(transport="tcp"))
    rig.host.run(20)
    rig.receive(500)
    rig.host.run(0)
    assert rig.host.said() == [INVITE, ACK, "500 to user", "end"]


def test_the_ack_of_a_failure_repeats_the_invite_and_takes_its_to_from_the_response() -> None:
    invite = request(branch="z9hG4bK-x")
    invite.headers.add("Route", "<sip:p1;lr>")
    invite.headers.add("Route", "<sip:p2;lr>")
    invite.headers.add("Authorization", "not repeated")
    ack = ack_of_failure(invite, response(invite, 486, to_tag="tag-b"))
    assert ack.to_bytes().decode() == (
        "ACK sip:102@example.org SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK-x;rport\r\n"
        "Max-Forwards: 70\r\n"
        "From: <sip:101@example.org>;tag=from-a\r\n"
        "Call-ID: call-a\r\n"
        "Route: <sip:p1;lr>\r\n"
        "Route: <sip:p2;lr>\r\n"
        "To: <sip:102@example.org>;tag=tag-b\r\n"
        "CSeq: 1 ACK\r\n"
        "Content-Length: 0\r\n\r\n"
    )


def test_the_cancel_repeats_the_invite_with_one_via_and_without_tag() -> None:
    invite = request(branch="z9hG4bK-x")
    invite.headers.add("Via", "SIP/2.0/UDP upstream;branch=z9hG4bK-y")
    cancel = cancel_of(invite, "Q.850;cause=16")
    assert cancel.to_bytes().decode() == (
        "CANCEL sip:102@example.org SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK-x;rport\r\n"
        "Max-Forwards: 70\r\n"
        "From: <sip:101@example.org>;tag=from-a\r\n"
        "To: <sip:102@example.org>\r\n"
        "Call-ID: call-a\r\n"
        "CSeq: 1 CANCEL\r\n"
        "Reason: Q.850;cause=16\r\n"
        "Content-Length: 0\r\n\r\n"
    )
