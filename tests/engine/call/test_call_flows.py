"""Calls from INVITE to record, message by message, in virtual time: each test is one ladder."""

import pytest

from engine.cause import Outcome, Party
from engine.sip.message import SipResponse
from engine.sip.response import response_to
from tests.support.pbx import PBX_HOST, Pbx, Phone, call_up, cancel_of, sdp


@pytest.fixture
def pbx() -> Pbx:
    return Pbx("101", "102", "103")


@pytest.fixture
def caller(pbx: Pbx) -> Phone:
    return pbx.registered("101", 5001)


@pytest.fixture
def callee(pbx: Pbx) -> Phone:
    return pbx.registered("102", 5002)


def settle(pbx: Pbx) -> None:
    """Let every transaction end, then demand that nothing is left."""
    pbx.advance(70)
    assert pbx.bugs == []
    assert pbx.is_clean()


def test_answered_and_hung_up_by_the_caller(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    assert len(pbx.backend.paired_ports()) == 1
    caller.send(caller.in_dialog("BYE", invite, answer))
    caller.response(200)
    bye = callee.incoming("BYE")
    assert bye.headers.first("Reason") == 'Q.850;cause=16;text="caller hung up"'
    callee.answer(bye, 200)
    record = pbx.record
    assert record.cause.outcome is Outcome.ANSWERED
    assert record.cause.party is Party.CALLER
    assert record.answered_by == "102"
    assert (record.caller, record.callee) == ("101", "102")
    assert record.targets[0].answered_at is not None
    assert pbx.journal.opened[0].call_id == record.call_id == pbx.journal.answered[0]
    settle(pbx)


def test_the_record_has_the_instants_of_each_step(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102")
    incoming = callee.incoming("INVITE")
    pbx.advance(2)
    callee.answer(incoming, 180)
    pbx.advance(3)
    callee.answer(incoming, 200, sdp(6000))
    answer = next(m for m in caller.inbox if isinstance(m, SipResponse) and m.status == 200)
    caller.send(caller.ack(invite, answer))
    pbx.advance(5)
    caller.send(caller.in_dialog("BYE", invite, answer))
    record, target = pbx.record, pbx.record.targets[0]
    assert target.ringing_at is not None
    assert record.answered_at is not None
    assert (target.ringing_at - target.added_at).total_seconds() == pytest.approx(2, abs=0.01)
    assert (record.answered_at - record.started_at).total_seconds() == pytest.approx(5, abs=0.01)
    assert record.talk_s == pytest.approx(5, abs=0.01)


def test_hung_up_by_the_phone_called(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    _, _, incoming = call_up(pbx, caller, callee)
    callee.send(callee.in_callee_dialog("BYE", incoming))
    callee.response(200)
    caller.answer(caller.incoming("BYE"), 200)
    assert pbx.record.cause.party is Party.CALLEE
    settle(pbx)


def test_what_the_called_phone_sees(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("102")
    incoming = callee.incoming("INVITE")
    assert incoming.uri_text == f"sip:102@{callee.host}:{callee.port}"
    assert str(incoming.from_.uri) == "sip:101@acme.example"
    assert incoming.from_.display_name == "Phone 101"
    assert incoming.max_forwards == 69
    assert incoming.contacts[0].uri.host == PBX_HOST
    assert f"c=IN IP4 {PBX_HOST}".encode() in incoming.body
    assert caller.host.encode() not in incoming.body
    assert "Authorization" not in incoming.headers


def test_a_contact_with_uri_headers_is_called_without_them(pbx: Pbx, caller: Phone) -> None:
    phone = pbx.phone("102", 5002)
    phone.register(extra={"Contact": f"<sip:102@{phone.host}:5002;method=BYE;ob?Subject=x>"})
    caller.invite("102")
    assert phone.incoming("INVITE").uri_text == f"sip:102@{phone.host}:5002;ob"


REFUSALS = [
    (486, Outcome.BUSY, 486),
    (600, Outcome.BUSY, 600),
    (603, Outcome.DECLINED, 603),
    (480, Outcome.NO_ANSWER, 480),
    (404, Outcome.OFFLINE, 404),
    (488, Outcome.FAILED, 488),
    (500, Outcome.FAILED, 500),
    (401, Outcome.REFUSED, 403),
    (302, Outcome.FAILED, 480),
    (499, Outcome.FAILED, 480),
    (699, Outcome.DECLINED, 699),
]


@pytest.mark.parametrize(("status", "outcome", "shown"), REFUSALS)
def test_refused_by_the_phone(
    pbx: Pbx, caller: Phone, callee: Phone, status: int, outcome: Outcome, shown: int
) -> None:
    invite = caller.invite("102")
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 180)
    caller.response(180)
    callee.answer(incoming, status)
    callee.incoming("ACK")
    caller.send(caller.ack(invite, caller.response(shown)))
    assert pbx.record.cause.outcome is outcome
    assert pbx.record.answered_at is None
    settle(pbx)


def test_no_answer(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102")
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 180)
    caller.response(180)
    pbx.advance(30.2)
    callee.answer(callee.incoming("CANCEL"), 200)
    callee.answer(incoming, 487)
    callee.incoming("ACK")
    caller.send(caller.ack(invite, caller.response(480)))
    assert pbx.record.cause.outcome is Outcome.NO_ANSWER
    settle(pbx)


def test_offline(pbx: Pbx, caller: Phone) -> None:
    invite = caller.invite("102")
    caller.send(caller.ack(invite, caller.response(480)))
    assert pbx.record.cause.outcome is Outcome.OFFLINE
    settle(pbx)


def test_wrong_number(pbx: Pbx, caller: Phone) -> None:
    invite = caller.invite("110")
    caller.send(caller.ack(invite, caller.response(404)))
    assert pbx.record.cause.outcome is Outcome.WRONG_NUMBER
    assert len(pbx.record.trace.steps) > 1
    settle(pbx)


def test_a_phone_that_never_responds(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("102")
    pbx.advance(33)
    assert caller.response().status == 480
    assert "CANCEL" not in callee.got()
    assert pbx.record.cause.outcome in (Outcome.NO_ANSWER, Outcome.OFFLINE)
    settle(pbx)


def test_cancel_while_ringing(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102")
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 180)
    caller.response(180)
    caller.send(cancel_of(invite))
    assert sorted(caller.got()) == ["200", "487"]
    callee.answer(callee.incoming("CANCEL"), 200)
    callee.answer(incoming, 487)
    callee.incoming("ACK")
    assert pbx.record.cause.outcome is Outcome.CANCELLED
    settle(pbx)


def test_cancel_before_the_phone_responds_waits_for_it(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102")
    incoming = callee.incoming("INVITE")
    caller.send(cancel_of(invite))
    assert callee.got() == []
    callee.answer(incoming, 180)
    assert callee.got() == ["CANCEL"]
    settle(pbx)


def test_an_answer_that_crosses_the_cancel_gets_ack_and_bye(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102")
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 180)
    caller.response(180)
    caller.send(cancel_of(invite))
    callee.incoming("CANCEL")
    callee.answer(incoming, 200, sdp(6000))
    callee.incoming("ACK")
    callee.answer(callee.incoming("BYE"), 200)
    assert sorted(caller.got()) == ["200", "487"]
    assert pbx.record.cause.outcome is Outcome.CANCELLED
    settle(pbx)


def test_cancel_after_the_answer_changes_nothing(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102")
    callee.answer(callee.incoming("INVITE"), 200, sdp(6000))
    answer = caller.response(200)
    caller.send(cancel_of(invite))
    assert caller.response(200).cseq.method == "CANCEL"
    caller.send(caller.ack(invite, answer))
    assert len(pbx.switch.calls) == 1


def test_bye_in_the_early_dialog_cancels(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102")
    callee.answer(callee.incoming("INVITE"), 180)
    ringing = caller.response(180)
    caller.send(caller.in_dialog("BYE", invite, ringing))
    assert sorted(caller.got()) == ["200", "487"]
    assert pbx.record.cause.outcome is Outcome.CANCELLED


def test_all_phones_ring_and_the_first_answer_wins(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    second = pbx.registered("102", 5003)
    caller.invite("102")
    first_invite, second_invite = callee.incoming("INVITE"), second.incoming("INVITE")
    callee.answer(first_invite, 180)
    second.answer(second_invite, 180)
    assert caller.got().count("180") == 1
    callee.answer(first_invite, 200, sdp(6000))
    callee.incoming("ACK")
    cancel = second.incoming("CANCEL")
    assert cancel.headers.first("Reason") == 'SIP;cause=200;text="Call completed elsewhere"'
    second.answer(cancel, 200)
    second.answer(second_invite, 487)
    second.incoming("ACK")
    assert len(pbx.backend.in_use) == 2


def test_two_answers_at_once(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    second = pbx.registered("102", 5003)
    caller.invite("102")
    first_invite, second_invite = callee.incoming("INVITE"), second.incoming("INVITE")
    callee.answer(first_invite, 200, sdp(6000))
    second.answer(second_invite, 200, sdp(7000))
    assert callee.got() == ["ACK"]
    assert [m for m in second.got() if m != "CANCEL"] == ["ACK", "BYE"]
    assert caller.got().count("200") == 1


def test_one_phone_busy_the_other_answers(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    second = pbx.registered("102", 5003)
    caller.invite("102")
    callee.answer(callee.incoming("INVITE"), 486)
    assert "486" not in caller.got()
    second.answer(second.incoming("INVITE"), 200, sdp(6000))
    caller.response(200)


def test_one_phone_declines_for_all(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    second = pbx.registered("102", 5003)
    caller.invite("102")
    second_invite = second.incoming("INVITE")
    second.answer(second_invite, 180)
    callee.answer(callee.incoming("INVITE"), 603)
    second.incoming("CANCEL")
    assert "603" in caller.got()


def test_the_more_telling_failure_is_told(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    second = pbx.registered("102", 5003)
    caller.invite("102")
    callee.answer(callee.incoming("INVITE"), 480)
    second.answer(second.incoming("INVITE"), 486)
    caller.response(486)
    assert len(pbx.record.targets) == 2


def test_early_media_passes(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("102")
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 183, sdp(6000))
    progress = caller.response(183)
    assert f"c=IN IP4 {PBX_HOST}".encode() in progress.body
    assert len(pbx.backend.paired_ports()) == 1
    callee.answer(incoming, 200, sdp(6000))
    answer = caller.response(200)
    assert answer.to.tag == progress.to.tag


def test_an_answer_after_another_phones_early_media_is_another_dialog(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    second = pbx.registered("102", 5003)
    invite = caller.invite("102")
    callee.answer(callee.incoming("INVITE"), 183, sdp(6000))
    progress = caller.response(183)
    second.answer(second.incoming("INVITE"), 200, sdp(7000))
    answer = caller.response(200)
    assert answer.to.tag != progress.to.tag
    caller.send(caller.ack(invite, answer))
    caller.send(caller.in_dialog("BYE", invite, answer))
    caller.response(200)


def test_an_answer_without_description_takes_that_of_the_early_media(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("102")
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 183, sdp(6000))
    caller.response(183)
    callee.answer(incoming, 200)
    assert caller.response(200).body


def test_an_answer_without_any_description_fails(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("102")
    callee.answer(callee.incoming("INVITE"), 200)
    callee.incoming("ACK")
    callee.answer(callee.incoming("BYE"), 200)
    caller.response(488)


def test_late_offer(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102", body=b"")
    incoming = callee.incoming("INVITE")
    assert incoming.body == b""
    callee.answer(incoming, 200, sdp(6000))
    assert callee.got() == []
    answer = caller.response(200)
    assert b"m=audio" in answer.body
    caller.send(caller.ack(invite, answer, sdp(6001, caller.host)))
    ack = callee.incoming("ACK")
    assert f"c=IN IP4 {PBX_HOST}".encode() in ack.body
    assert len(pbx.backend.paired_ports()) == 1
    caller.send(caller.in_dialog("BYE", invite, answer))
    callee.answer(callee.incoming("BYE"), 200)
    settle(pbx)


def test_a_late_offer_never_answered_ends_the_call(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102", body=b"")
    callee.answer(callee.incoming("INVITE"), 200, sdp(6000))
    answer = caller.response(200)
    caller.send(caller.ack(invite, answer))
    caller.answer(caller.incoming("BYE"), 200)
    assert callee.got() == ["ACK", "BYE"]


def test_an_answer_that_leaves_out_the_video_declines_it(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("102", body=sdp(6001) + b"m=video 6003 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n")
    callee.answer(callee.incoming("INVITE"), 200, sdp(6002))
    assert b"m=video 0 RTP/AVP 99" in caller.response(200).body


def test_one_call_cannot_use_up_the_ports(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("102", body=sdp(6001) + b"m=audio 6003 RTP/AVP 0\r\n" * 60)
    assert len(pbx.backend.in_use) == 16
    assert callee.incoming("INVITE").body.count(b"m=audio 0 ") == 53


def test_a_ringing_phone_hears_why_the_call_ended(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("102")
    callee.answer(callee.incoming("INVITE"), 180)
    pbx.stack.at = pbx.now
    pbx.switch.end_all(pbx.now)
    pbx.flush()
    assert "server is shutting down" in (callee.incoming("CANCEL").headers.first("Reason") or "")
    assert pbx.record.targets[0].cause.reason == "server is shutting down"


def test_hold_passes_and_stops_the_silence_watch(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    assert len(pbx.backend.watches) == 2
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp(6001, caller.host, "sendonly")))
    hold = callee.incoming("INVITE")
    assert b"a=sendonly" in hold.body
    callee.answer(hold, 200, sdp(6002, callee.host, "recvonly"))
    callee.incoming("ACK")
    held = caller.response(200)
    assert b"a=recvonly" in held.body
    caller.send(caller.in_dialog("ACK", invite, answer, cseq=10))
    assert pbx.backend.watches == {}
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp(6001, caller.host), cseq=11))
    callee.answer(callee.incoming("INVITE"), 200, sdp(6002, callee.host))
    caller.response(200)
    assert len(pbx.backend.watches) == 2


def test_hold_by_the_phone_called(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    _, _, incoming = call_up(pbx, caller, callee)
    callee.send(callee.in_callee_dialog("INVITE", incoming, sdp(6002, callee.host, "sendonly")))
    hold = caller.incoming("INVITE")
    caller.answer(hold, 200, sdp(6001, caller.host, "recvonly"))
    callee.response(200)


def test_a_change_that_is_refused_leaves_the_call_as_it_was(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp(6001, caller.host)))
    callee.answer(callee.incoming("INVITE"), 488)
    caller.response(488)
    assert len(pbx.switch.calls) == 1
    assert len(pbx.backend.paired_ports()) == 1


def test_a_change_by_update(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("UPDATE", invite, answer, sdp(6001, caller.host, "sendonly")))
    callee.answer(callee.incoming("INVITE"), 200, sdp(6002, callee.host, "recvonly"))
    assert b"a=recvonly" in caller.response(200).body


def test_a_refresh_by_update_changes_nothing(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("UPDATE", invite, answer))
    caller.response(200)
    assert callee.got() == []


def test_reinvite_without_description_asks_the_other_for_an_offer(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("INVITE", invite, answer))
    asked = callee.incoming("INVITE")
    assert asked.body == b""
    callee.answer(asked, 200, sdp(6002, callee.host))
    assert callee.got() == []
    offer = caller.response(200)
    assert b"m=audio" in offer.body
    caller.send(caller.in_dialog("ACK", invite, answer, sdp(6001, caller.host), cseq=10))
    assert callee.incoming("ACK").body


def test_reinvite_before_the_ack(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102")
    callee.answer(callee.incoming("INVITE"), 200, sdp(6000))
    answer = caller.response(200)
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp(6001)))
    caller.response(491)


def test_changes_that_cross(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, incoming = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp(6001)))
    callee.incoming("INVITE")
    callee.send(callee.in_callee_dialog("INVITE", incoming, sdp(6002)))
    callee.response(491)


def test_dtmf_by_info_passes(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    info = caller.in_dialog("INFO", invite, answer)
    info.headers.replace("Content-Type", "application/dtmf-relay")
    info.body = b"Signal=5\r\nDuration=2000\r\n"
    caller.send(info)
    caller.response(200)
    passed = callee.incoming("INFO")
    assert passed.body == b"Signal=5\r\nDuration=500\r\n"


def test_other_info_passes_unread(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    info = caller.in_dialog("INFO", invite, answer)
    info.headers.replace("Content-Type", "application/media_control+xml")
    info.body = b"<x/>"
    caller.send(info)
    passed = callee.incoming("INFO")
    assert (passed.content_type, passed.body) == ("application/media_control+xml", b"<x/>")


def test_byes_that_cross(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, incoming = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("BYE", invite, answer))
    caller.response(200)
    callee.send(callee.in_callee_dialog("BYE", incoming))
    bye = callee.incoming("BYE")
    callee.response(200)
    callee.answer(bye, 200)
    settle(pbx)


def test_a_second_bye_is_of_no_dialog(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("BYE", invite, answer))
    caller.response(200)
    callee.answer(callee.incoming("BYE"), 200)
    caller.send(caller.in_dialog("BYE", invite, answer, cseq=11))
    caller.response(481)


def test_an_answer_never_acknowledged(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("102")
    callee.answer(callee.incoming("INVITE"), 200, sdp(6000))
    callee.incoming("ACK")
    pbx.advance(33)
    assert caller.got().count("200") > 5
    assert caller.got()[-1] == "BYE"
    assert callee.got()[0] == "BYE"
    assert pbx.record.cause.sip_status == 408
    settle(pbx)


def test_our_bye_waits_for_the_ack(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102")
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 200, sdp(6000))
    answer = caller.response(200)
    callee.send(callee.in_callee_dialog("BYE", incoming))
    assert "BYE" not in caller.got()
    caller.send(caller.ack(invite, answer))
    assert "BYE" in caller.got()


def test_a_retransmitted_answer_gets_its_ack_again(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("102")
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 200, sdp(6000))
    first = callee.incoming("ACK")
    pbx.advance(0.5)
    callee.answer(incoming, 200, sdp(6000))
    assert callee.incoming("ACK").headers.first("CSeq") == first.headers.first("CSeq")


def test_a_peer_that_answers_each_ack_gets_no_storm(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("102")
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 200, sdp(6000))
    for _ in range(10):
        callee.answer(incoming, 200, sdp(6000))
    assert callee.got() == ["ACK"]


def test_silence_ends_the_call(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    call_up(pbx, caller, callee)
    pbx.silence(0)
    assert caller.got() == ["BYE"]
    assert callee.got() == ["BYE"]
    assert pbx.record.cause.reason == "no media from one side"
    settle(pbx)


def test_hung_up_by_an_operator(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    call_up(pbx, caller, callee)
    pbx.hang_up(next(iter(pbx.switch.calls)))
    assert (caller.got(), callee.got()) == (["BYE"], ["BYE"])
    assert pbx.record.cause.party is Party.US
    settle(pbx)


def test_no_ports(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    pbx.backend.limit = 0
    caller.invite("102")
    assert caller.response(503).headers.first("Retry-After")
    assert callee.got() == []
    settle(pbx)


def test_no_port_for_the_phone(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    pbx.backend.limit = 1
    caller.invite("102")
    caller.response(503)
    assert callee.got() == []
    settle(pbx)


def test_max_forwards_zero(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("102", extra={"Max-Forwards": "0"})
    caller.response(483)
    assert callee.got() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"v=1\r\n", 400), (b"not sdp", 400), (sdp().replace(b"RTP/AVP", b"UDP/TLS/RTP/SAVPF"), 488)],
)
def test_offers_that_cannot_be_used(pbx: Pbx, caller: Phone, callee: Phone, body: bytes, status: int) -> None:
    caller.invite("102", body=body)
    caller.response(status)
    assert callee.got() == []


def test_a_body_that_is_no_description(pbx: Pbx, caller: Phone) -> None:
    first = caller.request("INVITE", "sip:102@acme.example", call_id="x", body=b"hello")
    first.headers.replace("Content-Type", "text/plain")
    caller.send(first)
    caller.send(caller.authorized(first, caller.response(401)))
    assert caller.response(415).headers.first("Accept") == "application/sdp"


def test_a_loop_through_us_ends(pbx: Pbx, caller: Phone) -> None:
    """A contact that points at ourselves would bring every call back to us."""
    refused = pbx.phone("102", 5002).register(extra={"Contact": f"<sip:102@{PBX_HOST}:5060>"})
    assert refused.status in (400, 403)


def test_calling_oneself_rings_the_own_phone(pbx: Pbx, caller: Phone) -> None:
    caller.invite("101")
    assert "INVITE" in caller.got()


def test_a_call_goes_on_when_its_extension_is_removed(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    pbx.admission.snapshot = pbx.snapshot_of(("101",))
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp(6001)))
    assert callee.got() == ["INVITE"]


def test_the_record_says_which_line_routed_the_call(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    call_up(pbx, caller, callee)
    view = next(iter(pbx.switch.calls.values())).view()
    assert view.decided_by == "Extension acme/102 (people.yaml:2)"
    assert len(view.legs) == 2


@pytest.mark.parametrize(
    "extra",
    [{"Contact": "<tel:+431>"}, {"Contact": "*"}, {"Record-Route": "<sip:[garbage"}, {"Record-Route": "<sip:p;lr>, x"}],
    ids=["tel", "wildcard", "unreadable-route", "second-route"],
)
def test_an_invite_that_can_make_no_dialog_is_refused_before_anything_rings(
    pbx: Pbx, caller: Phone, callee: Phone, extra: dict[str, str]
) -> None:
    caller.invite(callee.number, extra=extra)
    caller.response(400)
    assert callee.got() == []
    settle(pbx)
    assert pbx.journal.opened == []


@pytest.mark.parametrize(
    ("name", "value"), [("Record-Route", "<sip:[garbage"), ("Contact", "<tel:+431>")], ids=["route", "contact"]
)
def test_an_answer_with_routing_of_no_use_is_up_all_the_same(
    pbx: Pbx, caller: Phone, callee: Phone, name: str, value: str
) -> None:
    invite = caller.invite(callee.number)
    incoming = callee.incoming("INVITE")
    response = response_to(incoming, 200, to_tag=callee.tag)
    response.headers.replace("Contact", f"<sip:{callee.number}@{callee.host}:{callee.port}>")
    response.headers.replace(name, value)
    response.headers.replace("Content-Type", "application/sdp")
    response.body = sdp(callee.port + 1000, callee.host)
    callee.send(response)
    assert callee.incoming("ACK").uri_text == incoming.uri_text
    answer = caller.response(200)
    caller.send(caller.ack(invite, answer))
    caller.send(caller.in_dialog("BYE", invite, answer))
    caller.response(200)
    callee.answer(callee.incoming("BYE"), 200)
    settle(pbx)


def test_a_changed_session_whose_answer_names_a_contact_of_no_use(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp(7000, caller.host)))
    incoming = callee.incoming("INVITE")
    response = response_to(incoming, 200)
    response.headers.replace("Contact", "<tel:+431>")
    response.headers.replace("Content-Type", "application/sdp")
    response.body = sdp(callee.port + 1000, callee.host)
    callee.send(response)
    callee.incoming("ACK")
    changed = caller.response(200)
    caller.send(caller.ack(caller.in_dialog("INVITE", invite, answer), changed))
    caller.send(caller.in_dialog("BYE", invite, answer, cseq=11))
    caller.response(200)
    callee.answer(callee.incoming("BYE"), 200)
    settle(pbx)
