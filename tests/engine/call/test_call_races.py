"""What only happens when messages cross, get lost, or say what they should not: each test is one ladder."""

import pytest

from engine.call.call import Call
from engine.cause import Cause, Outcome, Party
from engine.sip.message import SipRequest
from tests.support.compiled import COMPILED
from tests.support.pbx import Pbx, Phone, call_up, sdp


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
    pbx.advance(140)
    assert pbx.bugs == []
    assert pbx.is_clean()
    assert len(pbx.layer) == 0
    assert len(pbx.wheel) == 0


def sdp_with_video(port: int, host: str = "198.51.100.1", video: int = 7000) -> bytes:
    return sdp(port, host) + f"m=video {video} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n".encode()


# The phone's side of the first answer.


def test_the_loser_of_a_fork_behind_a_phone_takes_nothing_from_the_winner(
    pbx: Pbx, caller: Phone, callee: Phone
) -> None:
    """A proxy behind the contact forks: both of its phones answer. The second gets BYE, the first stays reachable."""
    invite = caller.invite("102")
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 200, sdp(6000))
    callee.incoming("ACK")
    caller.send(caller.ack(invite, caller.response(200)))
    callee.tag = "second"
    callee.answer(incoming, 200, sdp(7000))
    callee.incoming("ACK")
    callee.answer(callee.incoming("BYE"), 200)
    callee.tag = f"t{callee.port}"
    callee.send(callee.in_callee_dialog("BYE", incoming))
    callee.response(200)
    assert pbx.record.cause.party is Party.CALLEE
    caller.answer(caller.incoming("BYE"), 200)
    settle(pbx)


def test_the_loser_of_a_fork_that_repeats_its_answer_gets_one_bye(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("102")
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 200, sdp(6000))
    callee.tag = "second"
    for _ in range(5):
        callee.answer(incoming, 200, sdp(7000))
    assert callee.got() == ["ACK", "ACK", "BYE"]


@pytest.mark.parametrize(
    "answer",
    [
        sdp(6000) + b"m=video 7000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n",
        sdp(6000).replace(b"m=audio", b"m=video"),
        sdp(6000, formats="9"),
        sdp(6000)
        .replace(b"RTP/AVP", b"RTP/SAVP\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x")
        .replace(b" 0 8 101", b""),
    ],
    ids=["a stream too many", "another kind", "no common format", "another profile"],
)
def test_an_answer_that_does_not_fit_the_offer_ends_the_leg(
    pbx: Pbx, caller: Phone, callee: Phone, answer: bytes
) -> None:
    caller.invite("102")
    callee.answer(callee.incoming("INVITE"), 200, answer)
    assert callee.got() == ["ACK", "BYE"]
    caller.response(488)
    assert pbx.record.cause.outcome is Outcome.FAILED


def test_early_media_that_does_not_fit_is_not_passed_and_the_call_goes_on(
    pbx: Pbx, caller: Phone, callee: Phone
) -> None:
    caller.invite("102")
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 183, sdp_with_video(6000))
    assert caller.response(180).body == b""
    callee.answer(incoming, 200, sdp(6000))
    caller.response(200)


# Late offers.


def test_no_port_for_the_phone_of_a_late_offer(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    pbx.backend.limit = 1
    invite = caller.invite("102", body=b"")
    callee.answer(callee.incoming("INVITE"), 200, sdp(6000))
    answer = caller.response(200)
    caller.send(caller.ack(invite, answer, sdp(6001, caller.host)))
    assert callee.got() == ["ACK", "BYE"]
    assert caller.got() == ["BYE"]
    assert pbx.record.cause.reason == "no media ports left"


def test_an_answer_in_the_ack_that_does_not_fit(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102", body=b"")
    callee.answer(callee.incoming("INVITE"), 200, sdp(6000))
    answer = caller.response(200)
    caller.send(caller.ack(invite, answer, sdp_with_video(6001)))
    assert (caller.got(), callee.got()) == (["BYE"], ["ACK", "BYE"])


# No port for the answer.


def test_a_call_that_could_not_be_answered_was_never_answered(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    """The caller asks for an offer, so what ports it needs shows only when the phone picks up."""
    pbx.backend.limit = 0
    caller.invite("102", body=b"")
    callee.answer(callee.incoming("INVITE"), 200, sdp(6000))
    assert callee.got() == ["ACK", "BYE"]
    caller.response(503)
    assert pbx.record.answered_at is None
    assert pbx.record.answered_by is None
    assert pbx.journal.answered == []


def test_no_port_for_an_added_stream_is_refused_and_the_call_goes_on(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    pbx.backend.limit = 3
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp_with_video(6001)))
    caller.response(503)
    assert callee.got() == []
    assert len(pbx.switch.calls) == 1


# Changes.


def test_a_peers_491_is_passed_on_as_491(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp(6001)))
    callee.answer(callee.incoming("INVITE"), 491)
    caller.response(491)


def test_a_change_that_is_given_up_is_given_up_at_the_other_side_too(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    change = caller.in_dialog("INVITE", invite, answer, sdp(6001))
    caller.send(change)
    asked = callee.incoming("INVITE")
    callee.answer(asked, 180)
    caller.send(cancel_of(change))
    assert sorted(caller.got()) == ["200", "487"]
    caller.inbox.clear()
    callee.answer(callee.incoming("CANCEL"), 200)
    callee.answer(asked, 487)
    callee.incoming("ACK")
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp(6001), cseq=11))
    callee.incoming("INVITE")


def test_a_change_that_was_given_up_and_agreed_to_all_the_same_holds(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    """The CANCEL crosses the 200: the phone has changed, the asker has not."""
    invite, answer, _ = call_up(pbx, caller, callee)
    change = caller.in_dialog("INVITE", invite, answer, sdp(6001))
    caller.send(change)
    asked = callee.incoming("INVITE")
    caller.send(cancel_of(change))
    caller.inbox.clear()
    callee.answer(asked, 200, sdp(6002))
    assert callee.got() == ["ACK"]
    assert len(pbx.switch.calls) == 1


def test_a_phone_that_rings_for_ever_at_a_change_is_not_waited_for(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp(6001)))
    callee.answer(callee.incoming("INVITE"), 180)
    pbx.advance(60)
    assert "CANCEL" in callee.got()
    pbx.advance(60)
    pbx.end_all()
    settle(pbx)


def test_hanging_up_during_a_change_leaves_nothing(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    """The phone has said 180 to our re-INVITE and says no more."""
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp(6001)))
    callee.answer(callee.incoming("INVITE"), 180)
    caller.send(caller.in_dialog("BYE", invite, answer, cseq=11))
    assert sorted(caller.got()) == ["200", "487"]
    settle(pbx)


def test_a_change_agreed_to_after_the_end_is_acknowledged(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    """A re-INVITE without description crosses the end: its 200 carries an offer that nobody will answer."""
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("INVITE", invite, answer))
    asked = callee.incoming("INVITE")
    caller.send(caller.in_dialog("BYE", invite, answer, cseq=11))
    callee.inbox.clear()
    callee.answer(asked, 200, sdp(6002))
    assert callee.got() == ["ACK"]
    settle(pbx)


def test_a_contact_that_is_none_in_the_answer_to_a_change(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp(6001)))
    response = callee.answered(callee.incoming("INVITE"), sdp(6002))
    response.headers.replace("Contact", "<tel:+4420>")
    callee.send(response)
    callee.incoming("ACK")
    caller.response(200)


def test_a_refresh_by_update_is_answered_while_a_change_is_under_way(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, incoming = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp(6001)))
    callee.incoming("INVITE")
    callee.send(callee.in_callee_dialog("UPDATE", incoming))
    callee.response(200)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE", "INFO", "OPTIONS"])
def test_what_a_request_requires_and_we_have_not_is_refused(
    pbx: Pbx, caller: Phone, callee: Phone, method: str
) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    request = caller.in_dialog(method, invite, answer, sdp(6001) if method != "INFO" else b"")
    request.headers.add("Require", "timer")
    caller.send(request)
    assert caller.response(420).headers.first("Unsupported") == "timer"
    assert callee.got() == []
    bye = caller.in_dialog("BYE", invite, answer, cseq=11)
    bye.headers.add("Require", "timer")
    caller.send(bye)
    caller.response(200)


def test_a_change_whose_answer_does_not_fit_is_refused(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp(6001)))
    callee.answer(callee.incoming("INVITE"), 200, sdp_with_video(6002))
    callee.incoming("ACK")
    caller.response(488)
    assert len(pbx.switch.calls) == 1


# Silence.


def test_silence_that_was_seen_before_the_hold_ends_nothing(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp(6001, caller.host, "sendonly")))
    callee.answer(callee.incoming("INVITE"), 200, sdp(6002, callee.host, "recvonly"))
    pbx.silence(0)
    assert len(pbx.switch.calls) == 1


def test_added_video_is_relayed_and_not_watched_and_may_go_again(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp_with_video(6001)))
    callee.answer(callee.incoming("INVITE"), 200, sdp_with_video(6002))
    caller.response(200)
    assert len(pbx.backend.paired_ports()) == 2
    assert len(pbx.backend.watches) == 2
    caller.send(caller.in_dialog("ACK", invite, answer, cseq=10))
    callee.inbox.clear()
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp_with_video(6001, video=0), cseq=11))
    callee.answer(callee.incoming("INVITE"), 200, sdp_with_video(6002, video=0))
    assert b"m=video 0 " in caller.response(200).body
    assert len(pbx.backend.watches) == 2


def test_an_added_stream_that_the_phone_leaves_out_is_declined(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("INVITE", invite, answer, sdp_with_video(6001)))
    callee.answer(callee.incoming("INVITE"), 200, sdp(6002))
    assert b"m=video 0 " in caller.response(200).body


def test_a_second_phone_is_watched_after_anothers_early_media(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    second = pbx.registered("102", 5003)
    caller.invite("102")
    callee.answer(callee.incoming("INVITE"), 183, sdp(6000))
    assert pbx.backend.watches == {}
    second.answer(second.incoming("INVITE"), 200, sdp(7000))
    assert len(pbx.backend.in_use) == 2
    assert len(pbx.backend.paired_ports()) == 1
    assert len(pbx.backend.watches) == 2


# Records.


def test_an_operators_end_of_a_ringing_call_is_not_the_callers(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.invite("102")
    callee.answer(callee.incoming("INVITE"), 180)
    caller.response(180)
    pbx.hang_up(next(iter(pbx.switch.calls)))
    caller.response(480)
    assert (pbx.record.cause.outcome, pbx.record.cause.party) == (Outcome.CANCELLED, Party.US)


def test_a_wall_clock_that_is_set_moves_no_duration(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    pbx.wall_shift_s = -7200.0
    pbx.advance(5)
    caller.send(caller.in_dialog("BYE", invite, answer))
    record = pbx.record
    assert record.talk_s == pytest.approx(5, abs=0.1)
    assert record.answered_at is not None
    assert record.started_at <= record.answered_at <= record.ended_at
    assert record.targets[0].added_at >= record.started_at


@pytest.mark.parametrize(
    ("limit", "outcomes"), [(1, ["FAILED", "FAILED"]), (2, ["BUSY", "FAILED"])], ids=["no port", "one port"]
)
def test_phones_without_a_port_are_each_accounted_for(
    pbx: Pbx, caller: Phone, callee: Phone, limit: int, outcomes: list[str]
) -> None:
    second = pbx.registered("102", 5003)
    pbx.backend.limit = limit
    caller.invite("102")
    for phone in (callee, second):
        if "INVITE" in phone.got():
            phone.answer(phone.incoming("INVITE"), 486)
    caller.response(503 if limit == 1 else 486)
    assert sorted(target.cause.outcome.value for target in pbx.record.targets) == outcomes
    settle(pbx)


def test_ports_run_out_before_anybody_is_rung(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    pbx.backend.limit = 0
    caller.invite("102")
    caller.response(503)
    assert callee.got() == []
    assert pbx.record.targets == ()
    settle(pbx)


def cancel_of(invite: SipRequest) -> SipRequest:
    cancel = invite.copy()
    cancel.method = "CANCEL"
    cancel.body = b""
    for name in ("Content-Type", "Authorization", "Contact"):
        cancel.headers.remove(name)
    cancel.headers.replace("CSeq", f"{invite.cseq.number} CANCEL")
    return cancel


@pytest.mark.skipif(COMPILED, reason="a compiled class takes no bug from outside")
def test_a_call_that_cannot_be_ended_does_not_keep_the_others(
    pbx: Pbx, caller: Phone, callee: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_up(pbx, caller, callee)
    stuck = next(iter(pbx.switch.calls.values()))
    call_up(pbx, caller, callee)

    def end(call: Call, cause: Cause, now: float) -> None:
        if call is stuck:
            raise ValueError("a bug")
        healthy_end(call, cause, now)

    healthy_end = Call.end
    monkeypatch.setattr(Call, "end", end)
    pbx.end_all()
    assert [str(error) for error in pbx.bugs] == ["a bug"]
    assert list(pbx.switch.calls.values()) == [stuck]
    assert [record.call_id for record in pbx.journal.closed] != [stuck.id]
    assert len(pbx.journal.closed) == 1
