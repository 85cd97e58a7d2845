"""Calls to the outside, message by message, in virtual time: what a carrier sees, and what its answers do."""

from __future__ import annotations

import pytest

from engine.cause import Outcome, Party
from engine.cdr import Direction
from engine.config.header_rule import HeaderRuleConfig
from engine.config.snapshot import TenantItem
from engine.config.trunk import ServerConfig
from engine.sip.message import SipRequest, SipResponse
from tests.support.pbx import Phone, cancel_of, sdp
from tests.support.routed import extension, forwarding, outbound, route
from tests.support.trunk_pbx import CARRIER, OURS, SECOND, THIRD, Carrier, TrunkPbx, carrier_trunk

NUMBER = "00493012345678"


def answered(pbx: TrunkPbx, caller: Phone, carrier: Carrier) -> tuple[SipRequest, SipResponse, SipRequest]:
    """A call that the carrier has answered."""
    invite = caller.invite(NUMBER)
    incoming = carrier.incoming("INVITE")
    carrier.answer(incoming, 200, sdp(carrier.port + 1000, carrier.host))
    carrier.incoming("ACK")
    answer = caller.response(200)
    caller.send(caller.ack(invite, answer))
    return invite, answer, incoming


def settle(pbx: TrunkPbx) -> None:
    pbx.advance(70)
    assert pbx.bugs == []
    assert pbx.is_clean()
    assert pbx.is_unused


def test_what_a_carrier_sees() -> None:
    pbx = TrunkPbx()
    carrier = pbx.carrier()
    pbx.registered("101", 5001).invite(NUMBER)
    invite = carrier.incoming("INVITE")
    assert invite.uri_text == "sip:+493012345678@carrier.example"
    assert str(invite.to) == "<sip:+493012345678@carrier.example>"
    assert invite.from_.display_name == "Ada"
    assert invite.from_.uri_text == "sip:+442079460101@carrier.example"
    assert invite.headers.first("P-Asserted-Identity") == '"Ada" <sip:+442079460101@carrier.example>'
    assert "Privacy" not in invite.headers
    assert invite.contacts[0].uri_text == "sip:trunkline@192.0.2.1:5060"
    assert "Route" not in invite.headers
    assert "Authorization" not in invite.headers
    assert invite.max_forwards == 69


def test_answered_and_hung_up_by_the_carrier() -> None:
    pbx = TrunkPbx()
    carrier, caller = pbx.carrier(), pbx.registered("101", 5001)
    _, _, incoming = answered(pbx, caller, carrier)
    assert len(pbx.backend.paired_ports()) == 1
    carrier.send(carrier.in_callee_dialog("BYE", incoming))
    carrier.response(200)
    caller.answer(caller.incoming("BYE"), 200)
    record = pbx.record
    assert record.cause.outcome is Outcome.ANSWERED
    assert record.answered_by == "+493012345678"
    assert [(t.trunk, t.number, t.contact) for t in record.targets] == [
        ("carrier", "+493012345678", "sip:203.0.113.1:7001")
    ]
    assert record.trunk == "carrier"
    settle(pbx)


def test_a_call_behind_an_outside_line_is_outbound_whether_it_gets_out_or_not() -> None:
    pbx = TrunkPbx(items=[extension("101"), outbound("line", route("carrier", strip=1), prefixes=("9",))])
    carrier, caller = pbx.carrier(), pbx.registered("101", 5001)
    caller.invite("902079460200")
    assert carrier.incoming("INVITE").uri_text == "sip:02079460200@carrier.example"
    pbx.advance(15.5)  # of silence, which the trunk is down for
    caller.inbox.clear()
    caller.invite("902079460200")
    caller.response(503)
    ways = [(record.direction, record.trunk) for record in pbx.journal.closed]
    assert ways == [(Direction.OUTBOUND, "carrier"), (Direction.OUTBOUND, "")]
    settle(pbx)


@pytest.mark.parametrize("body", [b"", b"garbage"])
def test_an_answer_of_no_use_is_an_answer_nobody_is_called_a_second_time(body: bytes) -> None:
    pbx = TrunkPbx(
        carrier_trunk(CARRIER, SECOND),
        carrier_trunk(THIRD, name="other"),
        items=(extension("101"), outbound("out", route("carrier"), route("other"))),
    )
    servers = [pbx.carrier(place) for place in (CARRIER, SECOND, THIRD)]
    caller = pbx.registered("101", 5001)
    caller.invite(NUMBER)
    called = next(server for server in servers if server.inbox)
    called.answer(called.incoming("INVITE"), 200, body)
    assert [message.method for message in called.inbox if isinstance(message, SipRequest)] == ["ACK", "BYE"]
    assert [message for server in servers if server is not called for message in server.inbox] == []
    caller.response(488)


def test_for_help_an_answer_without_a_voice_is_none() -> None:
    pbx = TrunkPbx(
        carrier_trunk(),
        carrier_trunk(SECOND, name="other"),
        items=(extension("101"), outbound("out", route("carrier"), route("other"))),
    )
    first, second = pbx.carrier(), pbx.carrier(SECOND)
    pbx.registered("101", 5001).invite("112")
    first.answer(first.incoming("INVITE"), 200, b"garbage")
    assert second.incoming("INVITE").uri_text == "sip:112@carrier.example"


@pytest.mark.parametrize(
    "dialled", ["112", "1-1-2", "%31%31%32", "112;phone-context=+44", "112;phone-context=acme.example", "999"]
)
def test_help_is_called_whatever_the_load_however_it_is_written_and_whatever_is_full(dialled: str) -> None:
    pbx = TrunkPbx(
        carrier_trunk(max_channels=1),
        items=(extension("101", may_call_outside=False), outbound("out")),
    )
    carrier, caller = pbx.carrier(), pbx.registered("101", 5001)
    pbx.switch.usage.take_channel("acme/carrier")
    pbx.switch.overloaded = True
    caller.invite(dialled)
    assert carrier.incoming("INVITE").uri_text in ("sip:112@carrier.example", "sip:999@carrier.example")


def test_under_load_who_calls_for_help_still_has_to_prove_who_that_is_and_others_are_refused() -> None:
    pbx = TrunkPbx()
    carrier, caller = pbx.carrier(), pbx.phone("101", 5001)
    caller.password = "guessed"
    pbx.switch.overloaded = True
    caller.invite("112")
    caller.response(401)
    caller.send(caller.request("INVITE", "sip:1120@acme.example", body=sdp()))
    caller.response(503)
    assert carrier.inbox == []


def test_early_media_pass_and_cancel_is_sent() -> None:
    pbx = TrunkPbx()
    carrier, caller = pbx.carrier(), pbx.registered("101", 5001)
    invite = caller.invite(NUMBER)
    incoming = carrier.incoming("INVITE")
    carrier.answer(incoming, 183, sdp(9000, carrier.host))
    assert caller.response(183).body
    caller.send(cancel_of(invite))
    cancel = carrier.incoming("CANCEL")
    carrier.answer(cancel, 200)
    carrier.answer(incoming, 487)
    assert pbx.record.cause.outcome is Outcome.CANCELLED
    caller.response(200)
    caller.send(caller.ack(invite, caller.response(487)))
    settle(pbx)


ANSWERS = [
    (404, Outcome.WRONG_NUMBER, 404),
    (484, Outcome.WRONG_NUMBER, 484),
    (486, Outcome.BUSY, 486),
    (603, Outcome.DECLINED, 603),
    (403, Outcome.REFUSED, 403),
    (401, Outcome.REFUSED, 403),
    (302, Outcome.FAILED, 480),
    (503, Outcome.FAILED, 502),
    (500, Outcome.FAILED, 500),
]


@pytest.mark.parametrize(("status", "outcome", "shown"), ANSWERS, ids=[str(row[0]) for row in ANSWERS])
def test_what_a_carrier_refuses(status: int, outcome: Outcome, shown: int) -> None:
    pbx = TrunkPbx()
    carrier, caller = pbx.carrier(), pbx.registered("101", 5001)
    invite = caller.invite(NUMBER)
    carrier.answer(carrier.incoming("INVITE"), status)
    carrier.incoming("ACK")
    caller.send(caller.ack(invite, caller.response(shown)))
    assert pbx.record.cause.outcome is outcome
    assert pbx.record.cause.party is Party.CARRIER
    settle(pbx)


def test_a_busy_number_is_busy_on_every_route() -> None:
    pbx = TrunkPbx(
        carrier_trunk(CARRIER),
        carrier_trunk(SECOND, name="other"),
        items=[extension("101"), outbound("out", route("carrier"), route("other"))],
    )
    first, second, caller = pbx.carrier(CARRIER), pbx.carrier(SECOND), pbx.registered("101", 5001)
    caller.invite(NUMBER)
    first.answer(first.incoming("INVITE"), 486)
    caller.response(486)
    assert second.got() == []


@pytest.mark.parametrize("status", [503, 500, 408])
def test_the_next_route_is_tried(status: int) -> None:
    pbx = TrunkPbx(
        carrier_trunk(CARRIER),
        carrier_trunk(SECOND, name="other"),
        items=[extension("101"), outbound("out", route("carrier"), route("other"))],
    )
    first, second, caller = pbx.carrier(CARRIER), pbx.carrier(SECOND), pbx.registered("101", 5001)
    caller.invite(NUMBER)
    first.answer(first.incoming("INVITE"), status)
    incoming = second.incoming("INVITE")
    second.answer(incoming, 486)
    caller.response(486)
    assert [(t.trunk, t.cause.outcome) for t in pbx.record.targets] == [
        ("carrier", pbx.record.targets[0].cause.outcome),
        ("other", Outcome.BUSY),
    ]


def test_a_server_that_says_nothing_hands_on_to_the_next_within_seconds() -> None:
    pbx = TrunkPbx(carrier_trunk(CARRIER, SECOND))
    first, second, caller = pbx.carrier(CARRIER), pbx.carrier(SECOND), pbx.registered("101", 5001)
    invite = caller.invite(NUMBER)
    pbx.advance(4.9)
    assert second.got() == []
    pbx.advance(0.3)
    incoming = second.incoming("INVITE")
    second.answer(incoming, 200, sdp(9000, second.host))
    answer = next(m for m in caller.inbox if isinstance(m, SipResponse) and m.status == 200)
    caller.inbox.clear()
    caller.send(caller.ack(invite, answer))
    caller.send(caller.in_dialog("BYE", invite, answer))
    assert [t.cause.reason for t in pbx.record.targets] == ["carrier did not respond", "caller hung up"]
    assert [t.contact for t in pbx.record.targets] == ["sip:203.0.113.1:7001", "sip:203.0.113.2:7002"]
    assert first.got().count("INVITE") >= 3
    settle(pbx)


def test_a_server_that_answers_after_all_is_told_that_nobody_waits() -> None:
    pbx = TrunkPbx(carrier_trunk(CARRIER, SECOND))
    first, second, caller = pbx.carrier(CARRIER), pbx.carrier(SECOND), pbx.registered("101", 5001)
    caller.invite(NUMBER)
    late = first.incoming("INVITE")
    pbx.advance(5.2)
    incoming = second.incoming("INVITE")
    second.answer(incoming, 180)
    first.inbox.clear()
    first.answer(late, 200, sdp(9000, first.host))
    assert first.got() == ["ACK", "BYE"]
    first.answer(first.inbox[1], 200)  # type: ignore[arg-type]
    second.answer(incoming, 486)
    assert pbx.record.cause.outcome is Outcome.BUSY
    settle(pbx)


def test_a_dead_server_is_passed_over_by_the_next_call_until_it_has_rested() -> None:
    pbx = TrunkPbx(carrier_trunk(CARRIER, SECOND))
    first, second, caller = pbx.carrier(CARRIER), pbx.carrier(SECOND), pbx.registered("101", 5001)
    invite = caller.invite(NUMBER)
    first.unavailable(first.incoming("INVITE"))
    second.answer(second.incoming("INVITE"), 486)
    caller.send(caller.ack(invite, caller.response(486)))
    first.inbox.clear()
    caller.invite(NUMBER)
    assert first.got() == []
    second.answer(second.inbox[-1], 486)  # type: ignore[arg-type]
    pbx.advance(61)
    first.inbox.clear()
    caller.inbox.clear()
    caller.invite(NUMBER)
    assert first.got() == ["INVITE"]


@pytest.mark.parametrize("status", [404, 486, 484])
def test_what_the_last_server_says_of_the_number_counts(status: int) -> None:
    """The first was silent, which alone would be a reason for the next route."""
    pbx = TrunkPbx(
        carrier_trunk(CARRIER, SECOND),
        carrier_trunk(THIRD, name="other"),
        items=[extension("101"), outbound("out", route("carrier"), route("other"))],
    )
    second, third, caller = pbx.carrier(SECOND), pbx.carrier(THIRD), pbx.registered("101", 5001)
    caller.invite(NUMBER)
    pbx.advance(5.2)
    second.answer(second.incoming("INVITE"), status)
    assert pbx.record.cause.sip_status == status
    assert third.got() == []


def test_a_server_that_can_t_be_sent_to_hands_on_at_once() -> None:
    pbx = TrunkPbx(carrier_trunk(CARRIER, SECOND))
    first, second, caller = pbx.carrier(CARRIER), pbx.carrier(SECOND), pbx.registered("101", 5001)
    caller.invite(NUMBER)
    pbx.failed_to_reach(first)
    assert second.got() == ["INVITE"]


def test_all_servers_dead_ends_the_call_and_the_next_one_is_refused_by_routing() -> None:
    pbx = TrunkPbx(carrier_trunk(CARRIER, SECOND, THIRD))
    for place in (CARRIER, SECOND, THIRD):
        pbx.carrier(place)
    caller = pbx.registered("101", 5001)
    caller.invite(NUMBER)
    pbx.advance(15.5)
    assert pbx.record.cause.reason == "carrier did not respond"
    assert len(pbx.record.targets) == 3
    caller.inbox.clear()
    caller.invite(NUMBER)
    caller.response(503)
    assert pbx.journal.closed[-1].cause.reason == "no trunk can take the call"
    settle(pbx)


def test_a_challenge_is_answered_in_the_same_leg() -> None:
    pbx = TrunkPbx(carrier_trunk(credentials=OURS))
    carrier, caller = pbx.carrier(), pbx.registered("101", 5001)
    invite = caller.invite(NUMBER)
    first = carrier.incoming("INVITE")
    carrier.challenge(first, 407)
    carrier.incoming("ACK")
    again = carrier.incoming("INVITE")
    assert again.call_id == first.call_id
    assert again.from_.tag == first.from_.tag
    assert again.cseq.number == first.cseq.number + 1
    assert 'username="acct"' in (again.headers.first("Proxy-Authorization") or "")
    carrier.answer(again, 200, sdp(9000, carrier.host))
    ack = carrier.incoming("ACK")
    assert ack.headers.first("Proxy-Authorization") == again.headers.first("Proxy-Authorization")
    answer = caller.response(200)
    caller.send(caller.ack(invite, answer))
    caller.send(caller.in_dialog("BYE", invite, answer))
    bye = carrier.incoming("BYE")
    assert "nc=00000002" in (bye.headers.first("Proxy-Authorization") or "")
    carrier.challenge(bye, 407)
    bye = carrier.incoming("BYE")
    assert "nc=00000001" in (bye.headers.first("Proxy-Authorization") or "")
    carrier.answer(bye, 200)
    assert len(pbx.record.targets) == 1
    settle(pbx)


def test_a_change_of_the_session_is_challenged_too() -> None:
    pbx = TrunkPbx(carrier_trunk(credentials=OURS))
    carrier, caller = pbx.carrier(), pbx.registered("101", 5001)
    invite, answer, _ = answered(pbx, caller, carrier)
    hold = caller.in_dialog("INVITE", invite, answer, sdp(caller.port + 1000, caller.host, "sendonly"))
    caller.send(hold)
    asked = carrier.incoming("INVITE")
    carrier.challenge(asked, 401)
    carrier.incoming("ACK")
    again = carrier.incoming("INVITE")
    assert again.cseq.number == asked.cseq.number + 1
    assert again.body == asked.body
    carrier.answer(again, 200, sdp(9000, carrier.host, "recvonly"))
    carrier.incoming("ACK")
    assert caller.response(200).body


def test_wrong_credentials_end_the_call_after_one_try() -> None:
    pbx = TrunkPbx(carrier_trunk(credentials=OURS))
    carrier, caller = pbx.carrier(), pbx.registered("101", 5001)
    caller.invite(NUMBER)
    carrier.challenge(carrier.incoming("INVITE"))
    carrier.incoming("ACK")
    carrier.challenge(carrier.incoming("INVITE"))
    carrier.incoming("ACK")
    assert carrier.got() == []
    caller.response(403)
    assert pbx.record.cause.reason == "carrier does not accept our credentials"
    settle(pbx)


def test_a_caller_who_gives_up_while_a_challenge_is_under_way() -> None:
    pbx = TrunkPbx(carrier_trunk(credentials=OURS))
    carrier, caller = pbx.carrier(), pbx.registered("101", 5001)
    invite = caller.invite(NUMBER)
    first = carrier.incoming("INVITE")
    caller.send(cancel_of(invite))
    carrier.challenge(first)
    assert carrier.got() == ["ACK"]
    assert pbx.record.cause.outcome is Outcome.CANCELLED
    caller.response(200)
    caller.send(caller.ack(invite, caller.response(487)))
    settle(pbx)


def test_an_anonymous_caller_is_asserted_to_the_carrier_only() -> None:
    pbx = TrunkPbx(carrier_trunk(caller_id="anonymous", number="+442079460000"))
    carrier = pbx.carrier()
    pbx.registered("101", 5001).invite(NUMBER)
    invite = carrier.incoming("INVITE")
    assert str(invite.from_.uri) == "sip:anonymous@anonymous.invalid"
    assert invite.from_.display_name == "Anonymous"
    assert invite.headers.first("Privacy") == "id"
    assert "Ada" not in invite.to_bytes().decode()
    assert "+44207946" in (invite.headers.first("P-Asserted-Identity") or "")


def test_an_outbound_proxy_is_the_next_hop_and_the_route() -> None:
    proxy = ServerConfig(host=SECOND[0], port=SECOND[1])
    pbx = TrunkPbx(carrier_trunk(CARRIER, outbound_proxy=proxy))
    carrier, second = pbx.carrier(CARRIER), pbx.carrier(SECOND)
    pbx.registered("101", 5001).invite(NUMBER)
    invite = second.incoming("INVITE")
    assert carrier.got() == []
    assert invite.headers.first("Route") == f"<sip:{SECOND[0]}:{SECOND[1]};lr>"
    assert invite.uri_text == "sip:+493012345678@carrier.example"


def test_header_rules_set_parts_and_nothing_else() -> None:
    rules = (
        HeaderRuleConfig(header="From", part="user", source="trunkUser"),
        HeaderRuleConfig(header="From", part="display", source="callerDisplay"),
        HeaderRuleConfig(header="Remote-Party-ID", part="user", source="callerId"),
        HeaderRuleConfig(header="Request-URI", part="host", source="text", text="gw.example"),
        HeaderRuleConfig(header="P-Asserted-Identity", remove=True),
        HeaderRuleConfig(header="Contact", part="user", source="callerExtension"),
    )
    ada = extension("101", display_name='Ada "the" <b>\\x, y; z', outbound_caller_id="+442079460101")
    pbx = TrunkPbx(carrier_trunk(credentials=OURS, outgoing=rules), items=[ada, outbound("out")])
    carrier = pbx.carrier()
    pbx.registered("101", 5001).invite(NUMBER)
    invite = carrier.incoming("INVITE")
    assert invite.from_.uri.user == "acct"
    assert invite.from_.display_name == 'Ada "the" <b>\\x, y; z'
    assert invite.uri_text == "sip:+493012345678@gw.example"
    assert "P-Asserted-Identity" not in invite.headers
    rpid = invite.headers.first("Remote-Party-ID")
    assert rpid == "<sip:+442079460101@carrier.example>;party=calling;screen=yes;privacy=off"
    assert invite.contacts[0].uri.user == "101"


@pytest.mark.parametrize(
    ("own", "form", "told"), [("+442079460102", "national", "02079460102"), ("", "e164", "+442079460000")]
)
def test_a_forwarded_call_says_who_sent_it_on(own: str, form: str, told: str) -> None:
    items: list[TenantItem] = [
        extension("101"),
        extension("102", outbound_caller_id=own, forwarding=(forwarding("busy", "external", NUMBER),)),
        outbound("out"),
    ]
    pbx = TrunkPbx(carrier_trunk(number_format=form, number="+442079460000"), items=items)
    carrier, caller, callee = pbx.carrier(), pbx.registered("101", 5001), pbx.registered("102", 5002)
    caller.invite("102")
    callee.answer(callee.incoming("INVITE"), 486)
    invite = carrier.incoming("INVITE")
    assert invite.headers.first("Diversion") == f"<sip:{told}@carrier.example>;reason=user-busy;counter=1"
    assert pbx.switch.usage.outside_calls("acme", "102") == 1
    assert pbx.switch.usage.outside_calls("acme", "") == 1


def test_a_trunk_in_our_own_network_is_told_the_bound_address() -> None:
    pbx = TrunkPbx(carrier_trunk(is_same_network=True))
    carrier = pbx.carrier()
    pbx.registered("101", 5001).invite(NUMBER)
    assert carrier.incoming("INVITE").contacts[0].uri_text == "sip:trunkline@10.0.0.1:5060"
    assert pbx.switch.trunks.is_near(carrier.host)
    assert not pbx.switch.trunks.is_near("198.51.100.1")


# What is used


def test_channels_count_from_ringing_to_the_end_of_each_call() -> None:
    pbx = TrunkPbx(carrier_trunk(max_channels=2), items=[extension("101", max_outside_calls=0), outbound("out")])
    carrier, caller = pbx.carrier(), pbx.registered("101", 5001)
    usage, facts = pbx.switch.usage, pbx.switch.facts
    caller.invite(NUMBER)
    assert facts.channels("acme/carrier") == 1
    assert facts.outside_calls("acme", "101") == facts.outside_calls("acme", "") == 1
    caller.invite(NUMBER)
    assert facts.channels("acme/carrier") == 2
    caller.invite(NUMBER)
    caller.response(503)
    assert facts.channels("acme/carrier") == 2
    first = carrier.incoming("INVITE")
    carrier.answer(first, 486)
    assert facts.channels("acme/carrier") == 1
    assert facts.outside_calls("acme", "101") == 1
    assert facts.outside_calls_last_minute("acme", "101") == 2
    pbx.end_all()
    assert usage.channels("acme/carrier") == 0
    pbx.advance(61)
    assert facts.outside_calls_last_minute("acme", "101") == 0
    settle(pbx)


def test_removed_trunk_drains_its_calls() -> None:
    pbx = TrunkPbx()
    carrier, caller = pbx.carrier(), pbx.registered("101", 5001)
    answered(pbx, caller, carrier)
    pbx.configure(carrier_trunk(SECOND, name="other"))
    views = pbx.drains.views(pbx.stack.utc)
    assert [str(view.ref) for view in views] == ["Trunk acme/carrier"]
    pbx.advance(4)
    assert pbx.switch.calls
    pbx.now += 14400
    pbx.keep_house()
    assert not pbx.switch.calls
    assert pbx.record.cause.reason == "removed from the configuration"
