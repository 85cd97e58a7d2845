"""The transaction layer: matching, where responses go, CANCEL, 2xx until ACK, and two layers on a bad wire."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.sip.dialog import Dialog
from engine.sip.errors import LocalProtocolError, RemoteProtocolError
from engine.sip.flow import Flow
from engine.sip.headers import Headers
from engine.sip.message import SipRequest, SipResponse
from engine.sip.parser import parse_message
from engine.sip.response import response_to
from engine.sip.transactions import (
    ClientInviteTransaction,
    ClientTransaction,
    ServerInviteTransaction,
    ServerTransaction,
    TransactionLayer,
)
from engine.wheel import Wheel
from tests.support.clock import Clock
from tests.support.identifiers import CountingIdentifiers
from tests.support.link import LEFT_PORT, RIGHT_PORT, TO_RIGHT, Actor, Fate, Link
from tests.support.sip_message import PHONE, first_line, request_bytes
from tests.support.transaction_user import RecordingUser

PERFECT: list[Fate] = [(0.01,)]


def new_layer(port: int = 5060) -> TransactionLayer:
    return TransactionLayer(identifiers=CountingIdentifiers(), sent_by=lambda flow: f"127.0.0.1:{port}", wheel=Wheel())


class Rig:
    """One layer, its user, and a phone that speaks bytes."""

    def __init__(self, answers: dict[str, list[int]] | None = None) -> None:
        self.clock = Clock()
        self.layer = new_layer()
        self.user = RecordingUser(self.layer, answers)

    def receive(self, data: bytes, flow: Flow = PHONE) -> list[str]:
        """Hands in a datagram; returns the first lines of what goes out."""
        self.layer.receive(data, flow, self.clock.now)
        return self.sent()

    def sent(self) -> list[str]:
        return [first_line(data) for data, _ in self.layer.take_outgoing()]

    def run(self, seconds: float) -> list[tuple[float, str]]:
        """Lets time pass; returns what goes out, with the seconds since."""
        begin, log = self.clock.now, list[tuple[float, str]]()

        def note() -> None:
            log.extend((round(self.clock.now - begin, 3), line) for line in self.sent())

        self.clock.run(begin + seconds, self.layer, after_each=note)
        return log

    def new_request(self, method: str = "INVITE") -> SipRequest:
        headers = Headers(
            [
                ("Max-Forwards", "70"),
                ("From", "<sip:102@example.org>;tag=ours"),
                ("To", "<sip:101@example.org>"),
                ("Call-ID", "our-call"),
                ("CSeq", f"7 {method}"),
                ("Contact", "<sip:102@127.0.0.1:5060>"),
            ]
        )
        return SipRequest(method, "sip:101@127.0.0.1:5062", headers)

    def send(self, method: str = "INVITE") -> tuple[ClientTransaction, SipRequest]:
        request = self.new_request(method)
        transaction = self.layer.request(request, PHONE, self.clock.now, owner=self.user)
        return transaction, request

    def answer(self, request: SipRequest, status: int, to_tag: str = "theirs") -> list[str]:
        response = response_to(request, status, to_tag=to_tag)
        response.headers.add("Contact", "<sip:101@127.0.0.1:5062>")
        return self.receive(response.to_bytes())


# Requests in.


def test_a_new_request_goes_to_the_user_once_and_its_copies_get_the_kept_response() -> None:
    rig = Rig({"REGISTER": [200]})
    data = request_bytes("REGISTER")
    assert rig.receive(data) == ["SIP/2.0 200 OK"]
    assert rig.receive(data) == ["SIP/2.0 200 OK"]
    assert rig.user.said == ["REGISTER"]


def test_the_copy_is_answered_with_the_very_same_bytes() -> None:
    rig = Rig({"OPTIONS": [200]})
    rig.layer.receive(request_bytes("OPTIONS"), PHONE, 0)
    rig.layer.receive(request_bytes("OPTIONS"), PHONE, 0)
    first, second = rig.layer.take_outgoing()
    assert first == second


def test_a_request_before_a_user_is_attached_is_refused_503() -> None:
    layer = new_layer()
    layer.receive(request_bytes("REGISTER"), PHONE, 0)
    [(data, _)] = layer.take_outgoing()
    assert first_line(data) == "SIP/2.0 503 Service Unavailable"
    assert b"\r\nRetry-After: 5\r\n" in data
    assert len(layer) == 0


RESPONSE_TARGETS = [
    pytest.param("127.0.0.1:5062", True, 5062, "127.0.0.1", 5062, id="rport, honest Via"),
    pytest.param("10.0.0.9:5060", True, 40_000, "127.0.0.1", 40_000, id="rport, Via from behind NAT"),
    pytest.param("10.0.0.9:5071", False, 40_000, "127.0.0.1", 5071, id="no rport: source address, Via port"),
    pytest.param("10.0.0.9", False, 40_000, "127.0.0.1", 5060, id="no rport, no port: 5060"),
    pytest.param("phone.invalid:5071;maddr=192.0.2.1", False, 9, "127.0.0.1", 5071, id="maddr is not followed"),
    pytest.param("10.0.0.9:5071;received=192.0.2.7", False, 9, "127.0.0.1", 5071, id="a lying received"),
]


@pytest.mark.parametrize(("via", "rport", "source_port", "host", "port"), RESPONSE_TARGETS)
def test_where_a_response_goes(via: str, rport: bool, source_port: int, host: str, port: int) -> None:
    rig = Rig({"OPTIONS": [200]})
    rig.layer.receive(request_bytes("OPTIONS", via=via, rport=rport), PHONE._replace(port=source_port), 0)
    [(_, flow)] = rig.layer.take_outgoing()
    assert flow == Flow("lan", "udp", host, port)


def test_received_and_rport_are_filled_in() -> None:
    rig = Rig({"OPTIONS": [200]})
    rig.layer.receive(request_bytes("OPTIONS", via="10.0.0.9:5060"), PHONE, 0)
    [(data, _)] = rig.layer.take_outgoing()
    via = parse_message(data).top_via
    assert (via.host, via.received, via.rport) == ("10.0.0.9", "127.0.0.1", 5062)


def test_over_tcp_the_response_takes_the_connection() -> None:
    rig = Rig({"OPTIONS": [200]})
    flow = PHONE._replace(transport="tcp", port=40_000)
    rig.layer.receive(request_bytes("OPTIONS", rport=False), flow, 0)
    assert [out.flow for out in rig.layer.take_outgoing()] == [flow]


def test_100_goes_out_if_the_user_is_silent_for_200_ms() -> None:
    rig = Rig()
    assert rig.receive(request_bytes("INVITE")) == []
    assert rig.run(1) == [(0.2, "SIP/2.0 100 Trying")]
    assert rig.receive(request_bytes("INVITE")) == ["SIP/2.0 100 Trying"]


def test_an_invite_answered_at_once_arms_no_alarm_for_100() -> None:
    rig = Rig({"INVITE": [180]})
    assert rig.receive(request_bytes("INVITE")) == ["SIP/2.0 180 Ringing"]
    assert len(rig.layer.wheel) == 0


def test_the_same_branch_of_another_sender_is_another_transaction() -> None:
    rig = Rig({"OPTIONS": [200]})
    rig.receive(request_bytes("OPTIONS", via="10.0.0.1:5060", call_id="a"))
    rig.receive(request_bytes("OPTIONS", via="10.0.0.2:5060", call_id="b"))
    rig.receive(request_bytes("OPTIONS", via="10.0.0.1:5061", call_id="c"))
    assert rig.user.said == ["OPTIONS"] * 3


def test_the_host_of_a_via_is_compared_without_case() -> None:
    rig = Rig({"OPTIONS": [200]})
    rig.receive(request_bytes("OPTIONS", via="Phone.example:5060"))
    assert rig.receive(request_bytes("OPTIONS", via="phone.EXAMPLE:5060")) == ["SIP/2.0 200 OK"]
    assert rig.user.said == ["OPTIONS"]


@pytest.mark.parametrize("branch", [None, "1", "old-style"])
def test_without_the_cookie_the_request_itself_is_the_key(branch: str | None) -> None:
    rig = Rig({"INVITE": [486]})
    assert rig.receive(request_bytes("INVITE", branch=branch)) == ["SIP/2.0 486 Busy Here"]
    assert rig.receive(request_bytes("INVITE", branch=branch)) == ["SIP/2.0 486 Busy Here"]
    assert rig.receive(request_bytes("INVITE", branch=branch, cseq=2)) == ["SIP/2.0 486 Busy Here"]
    assert rig.user.said == ["INVITE", "INVITE"]
    rig.receive(request_bytes("ACK", branch=branch, to_tag="to-b"))
    rig.receive(request_bytes("ACK", branch=branch, to_tag="to-b", cseq=2))
    assert rig.run(4) == []
    assert not rig.layer.counters


def test_a_merged_request_is_refused_482() -> None:
    rig = Rig()
    rig.receive(request_bytes("INVITE", branch="z9hG4bK-one"))
    assert rig.receive(request_bytes("INVITE", branch="z9hG4bK-two")) == ["SIP/2.0 482 Loop Detected"]
    assert rig.user.said == ["INVITE"]
    assert rig.layer.counters == {"merged request, refused with 482": 1}


NOT_MERGED: list[tuple[str, dict[str, object]]] = [
    ("the next CSeq", {"cseq": 2}),
    ("another call", {"call_id": "other"}),
    ("another caller", {"from_tag": "other"}),
    ("in a dialog", {"to_tag": "other"}),
]


@pytest.mark.parametrize("change", [change for _, change in NOT_MERGED], ids=[name for name, _ in NOT_MERGED])
def test_what_is_no_merged_request(change: dict[str, object]) -> None:
    rig = Rig()
    rig.receive(request_bytes("INVITE", branch="z9hG4bK-one"))
    assert rig.receive(request_bytes("INVITE", branch="z9hG4bK-two", **change)) == []  # type: ignore[arg-type]  # a table of keywords
    assert rig.user.said == ["INVITE", "INVITE"]


def test_credentials_under_the_same_cseq_are_no_merged_request() -> None:
    rig = Rig({"REGISTER": [401]})
    rig.receive(request_bytes("REGISTER", branch="z9hG4bK-one"))
    rig.user.answers = {"REGISTER": [200]}
    assert rig.receive(request_bytes("REGISTER", branch="z9hG4bK-two")) == ["SIP/2.0 200 OK"]


def test_merged_requests_are_known_only_while_the_first_lasts() -> None:
    rig = Rig({"OPTIONS": [200]})
    rig.receive(request_bytes("OPTIONS", branch="z9hG4bK-one"))
    rig.run(33)
    assert rig.receive(request_bytes("OPTIONS", branch="z9hG4bK-two")) == ["SIP/2.0 200 OK"]


def test_what_the_user_cannot_read_is_answered_with_the_hint() -> None:
    rig = Rig()
    rig.user.failing = RemoteProtocolError("Contact is broken", status_hint=400)
    assert rig.receive(request_bytes("REGISTER")) == ["SIP/2.0 400 Bad Request"]
    assert rig.receive(request_bytes("REGISTER")) == ["SIP/2.0 400 Bad Request"]
    assert rig.user.said == ["REGISTER"]


def test_what_the_user_has_answered_is_not_answered_again() -> None:
    rig = Rig({"REGISTER": [200]})
    rig.user.failing = RemoteProtocolError("too late", status_hint=400)
    assert rig.receive(request_bytes("REGISTER")) == ["SIP/2.0 200 OK"]


@pytest.mark.parametrize("method", ["INVITE", "REGISTER"])
def test_a_bug_of_the_user_is_answered_500_and_goes_on_to_the_shell(method: str) -> None:
    rig = Rig()
    rig.user.failing = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        rig.receive(request_bytes(method))
    assert rig.sent() == ["SIP/2.0 500 Server Internal Error"]
    rig.run(40)
    assert len(rig.layer) == 0


UNREADABLE = [
    pytest.param(b"\r\n\r\n", [], "keep-alive", id="double CRLF"),
    pytest.param(b"\0\0\0\0", [], "keep-alive", id="zeros"),
    pytest.param(b"", [], "keep-alive", id="empty"),
    pytest.param(b"hello", [], "unreadable, not answered", id="garbage"),
    pytest.param(
        request_bytes("OPTIONS").replace(b"CSeq: 1 OPTIONS", b"CSeq: 1 BYE"),
        ["SIP/2.0 400 Bad Request"],
        "unreadable, refused with 400",
        id="CSeq of another method",
    ),
    pytest.param(
        request_bytes("OPTIONS").replace(b" SIP/2.0\r\n", b" SIP/7.0\r\n", 1),
        ["SIP/2.0 505 Version Not Supported"],
        "unreadable, refused with 505",
        id="version",
    ),
    pytest.param(request_bytes("OPTIONS").replace(b"Via:", b"Vai:"), [], "unreadable, not answered", id="no Via"),
    pytest.param(
        request_bytes("ACK").replace(b"CSeq: 1 ACK", b"CSeq: x"), [], "unreadable, not answered", id="broken ACK"
    ),
    pytest.param(b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n", [], "unreadable, not answered", id="broken response"),
    pytest.param(
        request_bytes("OPTIONS").replace(b"<sip:101@example.org>", b"<sip:101\r@example.org>"),
        [],
        "unreadable, not answered",
        id="a lone CR that an answer would repeat",
    ),
]


@pytest.mark.parametrize(("data", "answer", "reason"), UNREADABLE)
def test_what_is_unreadable_is_refused_or_dropped_and_counted(data: bytes, answer: list[str], reason: str) -> None:
    rig = Rig()
    assert rig.receive(data) == answer
    assert rig.layer.counters == {reason: 1}
    assert rig.user.said == []
    assert len(rig.layer) == 0


@pytest.mark.parametrize("method", ["INVITE", "REGISTER"])
def test_a_stateless_answer_is_sent_once_and_forgotten(method: str) -> None:
    rig = Rig({method: [401]})
    rig.user.is_stateless = True
    assert rig.receive(request_bytes(method)) == ["SIP/2.0 401 Unauthorized"]
    [(transaction, request, _)] = rig.user.requests
    assert (len(rig.layer), len(rig.layer.wheel)) == (0, 0)
    rig.layer.respond(transaction, response_to(request, 200, to_tag="t"), rig.clock.now)
    assert (rig.run(40), len(rig.layer)) == ([], 0)
    assert rig.receive(request_bytes(method)) == ["SIP/2.0 401 Unauthorized"]
    assert rig.user.said == [method, method]


@pytest.mark.parametrize("method", ["INVITE", "REGISTER"])
def test_a_stateless_answer_may_come_later(method: str) -> None:
    rig = Rig()
    rig.receive(request_bytes(method))
    [(transaction, request, _)] = rig.user.requests
    rig.layer.respond_statelessly(transaction, response_to(request, 403, to_tag="t"))
    assert rig.sent() == ["SIP/2.0 403 Forbidden"]
    assert (len(rig.layer), len(rig.layer.wheel)) == (0, 0)


# ACK, and 2xx until it comes.


def test_a_success_is_sent_again_until_its_ack_comes() -> None:
    rig = Rig({"INVITE": [180, 200]})
    assert rig.receive(request_bytes("INVITE")) == ["SIP/2.0 180 Ringing", "SIP/2.0 200 OK"]
    assert [at for at, _ in rig.run(10)] == [0.5, 1.5, 3.5, 7.5]
    rig.receive(request_bytes("ACK", branch="z9hG4bK-own", to_tag="to-b"))
    assert rig.run(60) == []
    assert rig.user.said == ["INVITE", "ACK"]
    assert len(rig.layer) == 0


def test_without_ack_the_user_is_told_after_64_t1() -> None:
    rig = Rig({"INVITE": [200]})
    rig.receive(request_bytes("INVITE"))
    assert [at for at, _ in rig.run(31.9)] == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert rig.user.said == ["INVITE"]
    rig.run(1)
    assert rig.user.said == ["INVITE", "unacknowledged call-a to-b"]
    assert len(rig.layer) == 0


ACKS = [
    pytest.param({"branch": "z9hG4bK-own"}, id="a branch of its own"),
    pytest.param({}, id="the branch of the INVITE, as broken phones send"),
    pytest.param({"branch": "z9hG4bK-own", "uri": "sip:102@127.0.0.1"}, id="to number@server"),
    pytest.param({"branch": None}, id="no branch"),
]


@pytest.mark.parametrize("form", ACKS)
def test_forms_of_the_ack_of_a_success(form: dict[str, str]) -> None:
    rig = Rig({"INVITE": [200]})
    rig.receive(request_bytes("INVITE"))
    rig.receive(request_bytes("ACK", to_tag="to-b", **form))  # type: ignore[arg-type]  # a table of keywords
    assert rig.run(30) == []
    assert rig.user.said == ["INVITE", "ACK"]


def test_a_second_ack_is_counted_and_not_told() -> None:
    rig = Rig({"INVITE": [200]})
    rig.receive(request_bytes("INVITE"))
    for _ in range(2):
        rig.receive(request_bytes("ACK", branch="z9hG4bK-own", to_tag="to-b"))
    assert rig.user.said == ["INVITE", "ACK"]
    assert rig.layer.counters == {"ACK without a transaction, as after a challenge": 1}


def test_an_ack_of_another_dialog_does_not_stop_the_success() -> None:
    rig = Rig({"INVITE": [200]})
    rig.receive(request_bytes("INVITE"))
    rig.receive(request_bytes("ACK", branch="z9hG4bK-own", to_tag="other"))
    assert [at for at, _ in rig.run(1)] == [0.5]


def test_the_ack_of_a_failure_is_absorbed() -> None:
    rig = Rig({"INVITE": [486]})
    rig.receive(request_bytes("INVITE"))
    assert rig.receive(request_bytes("ACK", to_tag="to-b")) == []
    assert rig.run(60) == []
    assert rig.user.said == ["INVITE"]
    assert len(rig.layer) == 0


def test_a_late_second_answer_is_dropped_and_counted() -> None:
    rig = Rig({"INVITE": [200, 486, 180, 200]})
    assert rig.receive(request_bytes("INVITE")) == ["SIP/2.0 200 OK", "SIP/2.0 200 OK"]
    assert rig.layer.counters == {
        "INVITE server transaction: 300-699 from TU in Accepted": 1,
        "INVITE server transaction: 101-199 from TU in Accepted": 1,
    }


def test_a_second_success_from_the_user_is_sent_but_waits_for_no_ack_of_its_own() -> None:
    rig = Rig({"INVITE": [200, 200]})
    rig.receive(request_bytes("INVITE"))
    rig.receive(request_bytes("ACK", branch="z9hG4bK-own", to_tag="to-b"))
    assert rig.run(30) == []


def test_a_user_that_says_100_and_nothing_more_leaves_no_transaction() -> None:
    rig = Rig({"INFO": [100]})
    assert rig.receive(request_bytes("INFO", to_tag="x")) == ["SIP/2.0 100 Trying"]
    assert rig.run(40) == []
    assert len(rig.layer) == 0


# CANCEL in.


def test_cancel_is_answered_and_told_while_the_invite_proceeds() -> None:
    rig = Rig({"INVITE": [180]})
    rig.receive(request_bytes("INVITE"))
    rig.layer.receive(request_bytes("CANCEL"), PHONE, 0)
    out = [data for data, _ in rig.layer.take_outgoing()]
    assert [first_line(data) for data in out] == ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]
    assert {parse_message(data).to.tag for data in out} == {"to-b"}
    assert rig.user.said == ["INVITE", "CANCEL"]


def test_a_copy_of_the_cancel_is_absorbed() -> None:
    rig = Rig({"INVITE": [180]})
    rig.receive(request_bytes("INVITE"))
    rig.receive(request_bytes("CANCEL"))
    assert rig.receive(request_bytes("CANCEL")) == ["SIP/2.0 200 OK"]
    assert rig.user.said == ["INVITE", "CANCEL"]


def test_cancel_before_any_response_is_answered_with_a_tag_of_its_own() -> None:
    rig = Rig()
    rig.receive(request_bytes("INVITE"))
    rig.layer.receive(request_bytes("CANCEL"), PHONE, 0)
    [to_cancel, to_invite] = [parse_message(data) for data, _ in rig.layer.take_outgoing()]
    assert to_cancel.to.tag == "tag-1"
    assert to_invite.to.tag == "to-b"


@pytest.mark.parametrize("status", [200, 486])
def test_cancel_after_a_final_response_changes_nothing(status: int) -> None:
    rig = Rig({"INVITE": [status]})
    rig.receive(request_bytes("INVITE"))
    assert rig.receive(request_bytes("CANCEL")) == ["SIP/2.0 200 OK"]
    assert rig.user.said == ["INVITE"]


@pytest.mark.parametrize("branch", ["z9hG4bK-other", None])
def test_cancel_of_nothing_is_answered_481(branch: str | None) -> None:
    rig = Rig({"INVITE": [180]})
    rig.receive(request_bytes("INVITE"))
    assert rig.receive(request_bytes("CANCEL", branch=branch)) == ["SIP/2.0 481 Call/Transaction Does Not Exist"]
    assert rig.user.said == ["INVITE"]


# Our requests.


def test_a_request_gets_our_via_and_its_responses_go_to_the_owner() -> None:
    rig = Rig()
    transaction, request = rig.send("OPTIONS")
    assert request.headers.all("Via") == ["SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK-1;rport"]
    assert rig.sent() == ["OPTIONS sip:101@127.0.0.1:5062 SIP/2.0"]
    rig.answer(request, 200)
    assert rig.user.said == ["200 to OPTIONS"]
    assert transaction.owner is None


def test_an_ack_has_no_transaction() -> None:
    rig = Rig()
    with pytest.raises(LocalProtocolError, match="send"):
        rig.send("ACK")


def test_a_request_that_can_not_be_written_leaves_nothing_behind() -> None:
    rig = Rig()
    request = rig.new_request("OPTIONS")
    request.headers.add("Subject", "a\r\nEvil: b")
    with pytest.raises(LocalProtocolError):
        rig.layer.request(request, PHONE, 0, owner=rig.user)
    assert (len(rig.layer), rig.sent(), len(rig.layer.wheel)) == (0, [], 0)


def change_via(text: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(b"branch=z9hG4bK-1", text)


STRAYS = [
    pytest.param(change_via(b"branch=z9hG4bK-9"), "OPTIONS", "stray response", id="another branch"),
    pytest.param(change_via(b"x"), "OPTIONS", "stray response", id="no branch"),
    pytest.param(
        lambda data: data.replace(b"7 OPTIONS", b"7 INFO"), "OPTIONS", "stray response", id="another method in CSeq"
    ),
    pytest.param(
        lambda data: data.replace(b"\r\nFrom:", b"\r\nVia: SIP/2.0/UDP 10.0.0.1\r\nFrom:"),
        "OPTIONS",
        "response with several Vias",
        id="a second Via line",
    ),
    pytest.param(
        lambda data: data.replace(b";rport\r\n", b";rport, SIP/2.0/UDP 10.0.0.1\r\n"),
        "OPTIONS",
        "response with several Vias",
        id="a second Via in the line",
    ),
]


@pytest.mark.parametrize(("change", "method", "reason"), STRAYS)
def test_responses_that_are_not_ours_are_dropped_and_counted(
    change: Callable[[bytes], bytes], method: str, reason: str
) -> None:
    rig = Rig()
    _, request = rig.send(method)
    rig.receive(change(response_to(request, 200, to_tag="x").to_bytes()))
    assert rig.user.said == []
    assert rig.layer.counters == {reason: 1}


def test_a_success_without_transaction_goes_to_the_user_as_stray() -> None:
    rig = Rig()
    _, request = rig.send()
    rig.answer(request, 200)
    rig.run(33)
    rig.answer(request, 200)
    rig.answer(request, 486)
    assert rig.user.said == ["200 to INVITE", "stray 200"]
    assert rig.layer.counters == {"stray 2xx": 1, "stray response": 1}


def test_a_success_after_a_failure_is_stray() -> None:
    rig = Rig()
    _, request = rig.send()
    rig.answer(request, 486)
    rig.answer(request, 200, to_tag="fork")
    assert rig.user.said == ["486 to INVITE", "stray 200"]


def test_each_success_goes_to_the_owner() -> None:
    rig = Rig()
    _, request = rig.send()
    for tag in ("one", "two", "one"):
        rig.answer(request, 200, to_tag=tag)
    assert [response.to.tag for response in rig.user.responses] == ["one", "two", "one"]


def test_cancel_goes_out_with_the_branch_of_the_invite_and_its_200_is_not_told() -> None:
    rig = Rig()
    transaction, request = rig.send()
    assert isinstance(transaction, ClientInviteTransaction)
    rig.sent()
    rig.layer.cancel(transaction, rig.clock.now, reason="SIP;cause=487")
    assert rig.sent() == []
    rig.layer.receive(response_to(request, 100).to_bytes(), PHONE, rig.clock.now)
    [(data, flow)] = rig.layer.take_outgoing()
    cancel = parse_message(data)
    assert isinstance(cancel, SipRequest)
    assert (cancel.method, cancel.uri_text, flow) == ("CANCEL", request.uri_text, PHONE)
    assert cancel.top_via == request.top_via
    assert cancel.headers.first("Reason") == "SIP;cause=487"
    rig.answer(cancel, 200)
    rig.answer(request, 487)
    assert rig.user.said == ["100 to INVITE", "487 to INVITE"]
    rig.run(40)
    assert len(rig.layer) == 0
    assert not rig.layer.counters


def test_a_response_that_its_owner_can_not_read_is_counted() -> None:
    rig = Rig()
    _, request = rig.send()
    rig.user.failing = RemoteProtocolError("no Contact")
    rig.answer(request, 200)
    assert rig.layer.counters == {"response that its owner can't read": 1}


def test_a_request_without_owner_is_answered_to_nobody() -> None:
    rig = Rig()
    request = rig.new_request("OPTIONS")
    rig.layer.request(request, PHONE, rig.clock.now)
    rig.answer(request, 200)
    assert rig.user.said == []
    rig.run(6)
    assert len(rig.layer) == 0


def test_a_transport_error_ends_what_goes_over_that_flow() -> None:
    rig = Rig({"INFO": [200]})
    rig.send("OPTIONS")
    rig.send("INVITE")
    rig.receive(request_bytes("INFO", to_tag="x"))
    rig.receive(request_bytes("INVITE", branch="z9hG4bK-b"))
    rig.layer.transport_error(PHONE._replace(port=1), rig.clock.now)
    assert rig.user.said == ["INFO", "INVITE"]
    rig.layer.transport_error(PHONE, rig.clock.now)
    assert rig.user.said[2:] == [
        "OPTIONS not sent",
        "INVITE not sent",
        "INFO response not sent",
        "INVITE response not sent",
    ]
    assert len(rig.layer) == 1  # the INVITE of the phone goes on (RFC 6026 §7.1)


def test_nobody_answers() -> None:
    rig = Rig()
    rig.send("OPTIONS")
    rig.send("INVITE")
    rig.run(40)
    assert sorted(rig.user.said) == ["INVITE timed out", "OPTIONS timed out"]
    assert len(rig.layer) == 0


def test_new_via_has_a_branch_of_its_own() -> None:
    rig = Rig()
    assert rig.layer.new_via(PHONE) == "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK-1;rport"
    assert "z9hG4bK-2" in rig.layer.new_via(PHONE)


@given(st.one_of(st.binary(max_size=200), st.tuples(st.integers(0, 400), st.binary(max_size=5))))
def test_no_datagram_raises(change: bytes | tuple[int, bytes]) -> None:
    rig = Rig({"INVITE": [180, 200]})
    data = request_bytes("INVITE")
    if isinstance(change, bytes):
        rig.receive(change)
    else:
        at, piece = change
        rig.receive(data[:at] + piece + data[at + len(piece) :])
    rig.run(70)
    assert len(rig.layer) == 0


# Two layers on a wire.


class Caller:
    """Calls, acknowledges what answers, hangs up after `talk_s`; gives up ringing after `patience_s`."""

    def __init__(self, layer: TransactionLayer, actor: Actor, patience_s: float, talk_s: float) -> None:
        self.layer = layer
        self.actor = actor
        self.patience_s = patience_s
        self.talk_s = talk_s
        self.ends: list[str] = []
        self.dialogs: dict[str, bytes] = {}
        RecordingUser(layer)

    def call(self, now: float) -> None:
        headers = Headers(
            [
                ("Max-Forwards", "70"),
                ("From", "<sip:101@example.org>;tag=a"),
                ("To", "<sip:102@example.org>"),
                ("Call-ID", "c"),
                ("CSeq", "1 INVITE"),
                ("Contact", f"<sip:101@127.0.0.1:{LEFT_PORT}>"),
            ]
        )
        self.invite = SipRequest("INVITE", f"sip:102@127.0.0.1:{RIGHT_PORT}", headers)
        transaction = self.layer.request(self.invite, TO_RIGHT, now, owner=self)
        assert isinstance(transaction, ClientInviteTransaction)
        self.actor.at(now + self.patience_s, lambda now: self.layer.cancel(transaction, now))

    def on_response(self, transaction: ClientTransaction, response: SipResponse, flow: Flow, now: float) -> None:
        if response.is_provisional:
            return
        if transaction.method == "INVITE" and response.is_success:
            tag = response.to.tag or ""
            known = self.dialogs.get(tag)
            if known is not None:
                self.layer.send(known, TO_RIGHT)
                return
            dialog = Dialog.as_uac(self.invite, response)
            self.dialogs[tag] = dialog.ack(response, self.layer.new_via(flow)).to_bytes()
            self.layer.send(self.dialogs[tag], TO_RIGHT)
            self.actor.at(now + self.talk_s, lambda now: self.hang_up(dialog, now))
        self.ends.append(f"{transaction.method} {response.status}")

    def hang_up(self, dialog: Dialog, now: float) -> None:
        self.layer.request(dialog.request("BYE"), TO_RIGHT, now, owner=self)

    def on_timeout(self, transaction: ClientTransaction, now: float) -> None:
        self.ends.append(f"{transaction.method} timeout")

    def on_transport_error(self, transaction: ClientTransaction, now: float) -> None:
        raise AssertionError("no transport fails here")


class Phone(RecordingUser):
    """Rings, answers after `ring_s` with `status`; refuses what is cancelled."""

    def __init__(self, layer: TransactionLayer, actor: Actor, ring_s: float, status: int) -> None:
        super().__init__(layer)
        self.actor = actor
        self.ring_s = ring_s
        self.status = status
        self.dialog: Dialog | None = None
        self.answered = 0

    def on_request(self, transaction: ServerTransaction, request: SipRequest, flow: Flow, now: float) -> None:
        if isinstance(transaction, ServerInviteTransaction):
            self.requests.append((transaction, request, flow))
            self.layer.respond(transaction, response_to(request, 180, to_tag="b"), now)
            self.actor.at(now + self.ring_s, lambda now: self.answer(transaction, request, now))
            return
        known = self.dialog is not None and self.dialog.matches(request) and self.dialog.accept_request(request)
        self.layer.respond(transaction, response_to(request, 200 if known else 481), now)
        self.said.append(f"{request.method} {known}")

    def answer(self, transaction: ServerInviteTransaction, invite: SipRequest, now: float) -> None:
        if not transaction.is_unanswered:
            return
        response = response_to(invite, self.status, to_tag="b")
        response.headers.add("Contact", f"<sip:102@127.0.0.1:{RIGHT_PORT}>")
        if response.is_success:
            self.answered += 1
            self.dialog = Dialog.as_uas(invite, response)
        self.layer.respond(transaction, response, now)


def play(fates: list[Fate], status: int, ring_s: float, patience_s: float, talk_s: float) -> tuple[Caller, Phone]:
    """One call over the wire, to the end and past all timers."""
    clock, actor = Clock(), Actor()
    left, right = new_layer(LEFT_PORT), new_layer(RIGHT_PORT)
    caller = Caller(left, actor, patience_s, talk_s)
    phone = Phone(right, actor, ring_s, status)
    link = Link(clock, left, right, fates)
    caller.call(clock.now)
    link.run(300, actor)
    assert (len(left), len(right)) == (0, 0), "transactions are left over"
    assert (len(left.wheel), len(right.wheel)) == (0, 0), "alarms are left over"
    return caller, phone


def test_a_call_over_a_perfect_wire() -> None:
    caller, phone = play(PERFECT, 200, ring_s=3, patience_s=60, talk_s=5)
    assert caller.ends == ["INVITE 200", "BYE 200"]
    assert phone.said == ["ACK", "BYE True"]


def test_a_cancelled_call_over_a_perfect_wire() -> None:
    caller, phone = play(PERFECT, 200, ring_s=30, patience_s=5, talk_s=5)
    assert caller.ends == ["INVITE 487"]
    assert phone.said == ["CANCEL"]


def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_ended() -> None:
    caller, phone = play(PERFECT, 200, ring_s=5, patience_s=5.02, talk_s=1)
    assert caller.ends == ["INVITE 200", "BYE 200"]
    assert phone.said == ["ACK", "BYE True"]


def test_nothing_ever_arrives() -> None:
    caller, phone = play([()], 200, ring_s=1, patience_s=5, talk_s=1)
    assert caller.ends == ["INVITE timeout"]
    assert phone.said == []


@pytest.mark.parametrize("lost", range(7))  # INVITE is sent seven times
def test_a_call_survives_the_loss_of_what_is_sent_first(lost: int) -> None:
    wire: list[Fate] = [*([()] * lost), *([(0.01,)] * 1000)]
    caller, phone = play(wire, 200, ring_s=3, patience_s=60, talk_s=5)
    assert caller.ends == ["INVITE 200", "BYE 200"]
    assert phone.said == ["ACK", "BYE True"]


@pytest.mark.parametrize("every", [3, 4, 5])
def test_a_call_survives_the_loss_of_every_so_manyth(every: int) -> None:
    wire: list[Fate] = [*([(0.01,)] * (every - 1)), ()]
    caller, phone = play(wire, 200, ring_s=3, patience_s=60, talk_s=5)
    assert caller.ends == ["INVITE 200", "BYE 200"]
    assert phone.said == ["ACK", "BYE True"]


fates = st.lists(
    st.lists(st.floats(0, 6), max_size=3).map(tuple),
    min_size=1,
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(
    fates=fates,
    status=st.sampled_from([200, 200, 302, 486, 503, 603]),
    ring_s=st.floats(0, 40),
    patience_s=st.floats(0, 50),
    talk_s=st.floats(0, 40),
)
def test_on_any_wire_every_call_ends_at_both_ends(
    fates: list[Fate], status: int, ring_s: float, patience_s: float, talk_s: float
) -> None:
    caller, phone = play(fates, status, ring_s, patience_s, talk_s)
    outcomes = [end for end in caller.ends if end.startswith("INVITE")]
    assert len(outcomes) == 1
    hung_up = [end for end in caller.ends if end.startswith("BYE")]
    assert len(hung_up) == (1 if outcomes == ["INVITE 200"] else 0)
    acknowledged = phone.said.count("ACK") + sum(said.startswith("unacknowledged") for said in phone.said)
    assert acknowledged == phone.answered


def test_no_reference_cycles_are_left_by_a_call() -> None:
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        rig = Rig({"INVITE": [180, 200], "BYE": [200], "REGISTER": [401]})
        before = len(gc.garbage)
        for number in range(5):
            rig.receive(request_bytes("REGISTER", branch=f"z9hG4bK-r{number}", cseq=number))
            rig.receive(request_bytes("INVITE", branch=f"z9hG4bK-i{number}", call_id=f"{number}"))
            rig.receive(request_bytes("ACK", branch=f"z9hG4bK-a{number}", call_id=f"{number}", to_tag="to-b"))
            rig.receive(request_bytes("BYE", branch=f"z9hG4bK-b{number}", call_id=f"{number}", to_tag="to-b", cseq=2))
            transaction, request = rig.send()
            assert isinstance(transaction, ClientInviteTransaction)
            rig.answer(request, 180)
            rig.layer.cancel(transaction, rig.clock.now)
            rig.answer(request, 487)
            rig.send("BYE")
        del transaction, request
        rig.user.requests.clear()
        rig.user.responses.clear()
        rig.run(100)
        gc.collect()
        left = [type(item).__name__ for item in gc.garbage[before:] if type(item).__module__.startswith("engine")]
        assert left == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
