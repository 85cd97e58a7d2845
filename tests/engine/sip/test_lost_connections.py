"""The transaction layer when connections end: another way where there is one, else an error at once; and large requests."""

from __future__ import annotations

import pytest

from engine.sip.client_invite import ClientInviteTransaction
from engine.sip.flow import ANY_CONNECTION, Flow, Loss
from engine.sip.headers import Headers
from engine.sip.message import SipRequest, SipResponse
from engine.sip.parser import parse_message
from engine.sip.response import response_to
from engine.sip.transactions import TransactionLayer
from engine.wheel import Wheel
from tests.support.clock import Clock
from tests.support.identifiers import CountingIdentifiers
from tests.support.sip_message import first_line, request_bytes
from tests.support.transaction_user import RecordingUser

PHONE = Flow("stream", "tcp", "127.0.0.1", 40000, 3)
TRUNK = Flow("stream", "tcp", "192.0.2.9", 5060)
DESK = Flow("lan", "udp", "127.0.0.1", 5062)
AT_CONTACT = "sip:101@127.0.0.1:5062;transport=tcp"
AT_SOURCE = "sip:101@127.0.0.1:40000;transport=tcp"


def sibling(flow: Flow, transport: str) -> Flow | None:
    return Flow({"udp": "lan", "tcp": "stream"}[transport], transport, flow.host, flow.port)


class Rig:
    def __init__(self, answers: dict[str, list[int]] | None = None) -> None:
        self.clock = Clock()
        self.layer = TransactionLayer(
            identifiers=CountingIdentifiers(), sent_by=lambda _: "127.0.0.1:5060", wheel=Wheel(), sibling=sibling
        )
        self.user = RecordingUser(self.layer, answers)

    def send(self, flow: Flow, uri: str = AT_CONTACT, method: str = "INVITE", body: bytes = b"") -> bytes:
        """Send a request; what went out."""
        headers = Headers(
            [
                ("Max-Forwards", "70"),
                ("From", "<sip:102@example.org>;tag=ours"),
                ("To", "<sip:101@example.org>"),
                ("Call-ID", "our-call"),
                ("CSeq", f"7 {method}"),
            ]
        )
        request = SipRequest(method, uri, headers, body)
        self.transaction = self.layer.request(request, flow, self.clock.now, owner=self.user)
        ((data, self.went),) = self.layer.take_outgoing()
        return data

    def lose(self, flow: Flow, *unsent: bytes, served: bool = True) -> None:
        self.layer.lost([Loss(flow, unsent, served)], self.clock.now)

    def sent(self) -> list[tuple[str, Flow]]:
        return [(first_line(data).split(" ")[0], flow) for data, flow in self.layer.take_outgoing()]

    def answer(self, data: bytes, status: int, flow: Flow) -> None:
        request = parse_message(data)
        assert isinstance(request, SipRequest)
        self.layer.receive(response_to(request, status, to_tag="theirs").to_bytes(), flow, self.clock.now)

    def run(self, seconds: float) -> list[tuple[float, str, Flow]]:
        begin, log = self.clock.now, list[tuple[float, str, Flow]]()

        def note() -> None:
            log.extend((round(self.clock.now - begin, 2), *one) for one in self.sent())

        self.clock.run(begin + seconds, self.layer, after_each=note)
        return log


def test_nothing_is_sent_again_over_a_connection() -> None:
    rig = Rig()
    rig.send(TRUNK)
    assert rig.run(33) == []
    assert rig.user.said == ["INVITE timed out"]
    rig.send(TRUNK, method="OPTIONS")
    assert rig.run(33) == []
    assert rig.user.said[1:] == ["OPTIONS timed out"]


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_over_a_connection_nothing_lingers(method: str) -> None:
    rig = Rig({method: [486]})
    data = rig.send(TRUNK, method=method)
    rig.answer(data, 486, TRUNK)
    rig.layer.receive(request_bytes(method), PHONE, rig.clock.now)
    if method == "INVITE":
        rig.layer.receive(request_bytes("ACK", to_tag="to-b"), PHONE, rig.clock.now)
    rig.run(0.1)
    assert len(rig.layer) == 0


def test_the_via_names_the_transport() -> None:
    assert b"\r\nVia: SIP/2.0/TCP 127.0.0.1:5060;branch=" in Rig().send(TRUNK)


def test_what_could_not_be_sent_is_told_at_once() -> None:
    rig = Rig()
    rig.lose(TRUNK, rig.send(TRUNK), served=False)
    assert (rig.user.said, rig.sent(), len(rig.layer)) == (["INVITE not sent"], [], 0)


def test_only_what_was_lost_is_told() -> None:
    rig = Rig()
    one = rig.send(TRUNK, method="OPTIONS")
    rig.send(TRUNK._replace(port=5070), method="INFO")
    rig.lose(TRUNK, one, served=False)
    assert rig.user.said == ["OPTIONS not sent"]


def test_who_waits_for_an_answer_over_a_connection_that_ends_is_told() -> None:
    rig = Rig()
    for method in ("OPTIONS", "INFO"):
        data = rig.send(PHONE, AT_SOURCE, method=method)
    rig.answer(data, 100, PHONE)
    rig.send(PHONE._replace(connection=4), AT_SOURCE, method="MESSAGE")
    rig.lose(PHONE)
    assert rig.user.said == ["100 to INFO", "OPTIONS not sent", "INFO not sent"]


def test_a_phone_that_rings_may_still_answer_over_another_connection() -> None:
    rig = Rig()
    data = rig.send(PHONE)
    rig.answer(data, 180, PHONE)
    rig.lose(PHONE)
    rig.answer(data, 200, PHONE._replace(connection=4))
    assert rig.user.said == ["180 to INVITE", "200 to INVITE"]


def test_a_request_goes_to_the_contact_when_the_connection_is_gone() -> None:
    rig = Rig()
    data = rig.send(PHONE)
    rig.lose(PHONE, data, served=False)
    at_contact = PHONE._replace(port=5062, connection=ANY_CONNECTION)
    assert rig.sent() == [("INVITE", at_contact)]
    rig.answer(data, 486, at_contact)
    assert rig.sent() == [("ACK", at_contact)]
    assert rig.user.said == ["486 to INVITE"]


def test_a_request_goes_to_the_contact_only_once() -> None:
    rig = Rig()
    data = rig.send(PHONE)
    rig.lose(PHONE, data, served=False)
    ((again, flow),) = rig.layer.take_outgoing()
    rig.lose(flow, again, served=False)
    assert rig.user.said == ["INVITE not sent"]


def test_a_phone_that_came_by_tcp_for_once_is_reached_by_udp() -> None:
    rig = Rig()
    data = rig.send(PHONE, "sip:101@127.0.0.1:5062", method="BYE")
    rig.lose(PHONE, data, served=False)
    ((again, flow),) = rig.layer.take_outgoing()
    assert flow == DESK
    assert again == data.replace(b"SIP/2.0/TCP", b"SIP/2.0/UDP")
    assert [(at, what) for at, what, _ in rig.run(2)] == [(0.5, "BYE"), (1.5, "BYE")]


def test_an_ack_finds_its_way_too() -> None:
    rig = Rig()
    ack = request_bytes("ACK", uri=AT_CONTACT)
    rig.lose(PHONE, ack)
    assert rig.sent() == [("ACK", PHONE._replace(port=5062, connection=ANY_CONNECTION))]
    rig.lose(PHONE, request_bytes("ACK", uri=AT_SOURCE))
    assert rig.sent() == []
    assert rig.layer.counters["request not sent"] == 1


def test_a_connection_that_served_is_opened_once_more() -> None:
    """The peer ended an idle connection just when we sent: its requests go out again, by a new one."""
    rig = Rig()
    data = rig.send(TRUNK)
    rig.lose(TRUNK)
    assert rig.sent() == [("INVITE", TRUNK)]
    rig.lose(TRUNK, data, served=False)
    assert rig.user.said == ["INVITE not sent"]


def test_a_peer_that_ends_every_connection_is_given_up() -> None:
    rig = Rig()
    rig.send(TRUNK)
    for _ in range(3):
        rig.lose(TRUNK)
        assert rig.sent() == [("INVITE", TRUNK)]
    rig.lose(TRUNK)
    assert (rig.user.said, rig.sent()) == (["INVITE not sent"], [])


def test_a_response_goes_to_the_via_and_is_then_given_up() -> None:
    rig = Rig({"OPTIONS": [200]})
    rig.layer.receive(request_bytes("OPTIONS"), PHONE, rig.clock.now)
    ((data, flow),) = rig.layer.take_outgoing()
    assert flow == PHONE
    rig.lose(PHONE, data)
    at_via = PHONE._replace(port=5062, connection=ANY_CONNECTION)
    assert rig.layer.take_outgoing() == [(data, at_via)]
    rig.lose(at_via, data, served=False)
    assert rig.sent() == []
    assert rig.layer.counters["response not sent"] == 1


def test_a_pong_is_nobodys() -> None:
    rig = Rig()
    rig.lose(PHONE, b"\r\n")
    assert rig.sent() == []


@pytest.mark.parametrize(("status", "method"), [(400, "OPTIONS"), (513, "INVITE"), (400, "ACK")])
def test_what_ends_its_stream_is_answered_if_it_is_a_request(status: int, method: str) -> None:
    rig = Rig()
    rig.layer.refuse_unframed(request_bytes(method).replace(b"Content-Length: 0\r\n", b""), PHONE, status, "no length")
    assert [(what, flow) for what, flow in rig.sent()] == ([("SIP/2.0", PHONE)] if method != "ACK" else [])
    rig.layer.refuse_unframed(b"SIP/2.0 200 OK\r\n\r\n", PHONE, status, "no length")
    assert rig.sent() == []
    assert rig.user.said == []


# Large requests (RFC 3261 §18.1.1).

AT_DESK = "sip:101@127.0.0.1:5062"
BY_STREAM = Flow("stream", "tcp", "127.0.0.1", 5062)
LARGE = b"x" * 1300


@pytest.mark.parametrize(
    ("uri", "flow", "size", "went"),
    [
        (AT_DESK, DESK, 1000, DESK),
        (AT_DESK, DESK, 1300, BY_STREAM),
        ("sip:101@pbx.example:5062", DESK, 1300, BY_STREAM),
        ("sip:101@192.168.1.7:5062", DESK, 1300, DESK),  # behind NAT
        ("sip:101@127.0.0.1:5064", DESK, 1300, DESK),  # behind NAT, one host
        (AT_CONTACT, TRUNK, 1300, TRUNK),
    ],
)
def test_which_requests_go_by_a_stream(uri: str, flow: Flow, size: int, went: Flow) -> None:
    rig = Rig()
    data = rig.send(flow, uri, body=b"x" * size)
    assert rig.went == went
    assert f"Via: SIP/2.0/{went.transport.upper()} ".encode() in data


def test_a_large_request_that_is_answered_stays_on_its_stream() -> None:
    rig = Rig()
    data = rig.send(DESK, AT_DESK, body=LARGE)
    rig.answer(data, 100, BY_STREAM)
    assert rig.run(40) == []
    rig.answer(data, 486, BY_STREAM)
    assert rig.sent() == [("ACK", BY_STREAM)]
    rig.send(DESK, AT_DESK, body=LARGE)
    assert rig.went == BY_STREAM


@pytest.mark.parametrize("method", ["INVITE", "INFO"])
def test_a_stream_that_cannot_be_opened(method: str) -> None:
    rig = Rig()
    data = rig.send(DESK, AT_DESK, method, LARGE)
    rig.lose(BY_STREAM, data, served=False)
    ((again, flow),) = rig.layer.take_outgoing()
    assert (flow, again) == (DESK, data.replace(b"SIP/2.0/TCP", b"SIP/2.0/UDP"))
    assert [(at, what) for at, what, _ in rig.run(2)] == [(0.5, method), (1.5, method)]
    rig.answer(again, 486, DESK)
    assert rig.sent() == ([("ACK", DESK)] if method == "INVITE" else [])
    assert rig.user.said == [f"486 to {method}"]
    rig.send(DESK, AT_DESK, body=LARGE)
    assert rig.went == DESK
    rig.run(3601)
    rig.send(DESK, AT_DESK, body=LARGE)
    assert rig.went == BY_STREAM


@pytest.mark.parametrize("method", ["INVITE", "INFO"])
def test_a_stream_that_leads_nowhere(method: str) -> None:
    rig = Rig()
    rig.send(DESK, AT_DESK, method, LARGE)
    assert [(at, flow) for at, _, flow in rig.run(3)] == [(1.0, DESK), (1.5, DESK), (2.5, DESK)]
    rig.send(DESK, AT_DESK, body=LARGE)
    assert rig.went == DESK


def test_a_large_request_that_came_by_both_ways_is_answered_once() -> None:
    """Slow, not silent: the peer takes the second for a retransmission, and may answer by either way."""
    rig = Rig()
    data = rig.send(DESK, AT_DESK, body=LARGE)
    rig.run(1.1)
    rig.answer(data, 180, BY_STREAM)
    rig.answer(data, 200, BY_STREAM)
    assert rig.user.said == ["180 to INVITE", "200 to INVITE"]
    assert rig.run(5) == []


def test_cancel_goes_the_way_that_its_invite_took() -> None:
    rig = Rig()
    data = rig.send(DESK, AT_DESK, body=LARGE)
    rig.run(1.1)
    rig.answer(data, 180, DESK)
    assert isinstance(rig.transaction, ClientInviteTransaction)
    rig.layer.cancel(rig.transaction, rig.clock.now)
    ((cancel, flow),) = rig.layer.take_outgoing()
    assert flow == DESK
    assert b"Via: SIP/2.0/UDP" in cancel


def test_a_response_is_not_tried_by_another_transport_for_its_size() -> None:
    rig = Rig()
    rig.layer.receive(request_bytes("OPTIONS"), DESK, rig.clock.now)
    transaction, request, _ = rig.user.requests[0]
    answer: SipResponse = response_to(request, 200)
    answer.body = LARGE
    rig.layer.respond(transaction, answer, rig.clock.now)
    assert rig.sent() == [("SIP/2.0", DESK)]
