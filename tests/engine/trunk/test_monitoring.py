"""OPTIONS to the servers of a trunk, in virtual time: when they are sent, and what their answers do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.config.trunk import ServerConfig
from engine.sip.message import SipRequest
from engine.sip.response import response_to
from engine.trunk.resolution import Address, Known, Question, Record, Srv
from engine.views import TrunkState, TrunkView
from tests.support.trunk_pbx import CARRIER, SECOND, Carrier, TrunkPbx, carrier_trunk


def watched(*places: tuple[str, int]) -> TrunkPbx:
    return TrunkPbx(carrier_trunk(*places, options_interval_s=30.0))


def view(pbx: TrunkPbx) -> TrunkView:
    return pbx.switch.trunks.views(pbx.stack.utc, pbx.now)[0]


def asked(carrier: Carrier) -> SipRequest:
    found = [message for message in carrier.inbox if isinstance(message, SipRequest)]
    assert found, "not asked"
    carrier.inbox.clear()
    assert found[-1].method == "OPTIONS"
    return found[-1]


def up(pbx: TrunkPbx, carrier: Carrier, status: int = 200) -> None:
    pbx.advance(1.2)
    carrier.send(response_to(asked(carrier), status, to_tag="c"))


def until_asked(pbx: TrunkPbx, carrier: Carrier) -> float:
    """Seconds until the next OPTIONS."""
    began = pbx.now
    while not carrier.inbox:
        pbx.advance(0.1)
        assert pbx.now < began + 100
    return pbx.now - began


@pytest.mark.parametrize("status", [200, 401, 403, 404, 405, 481, 500])
def test_any_answer_but_503_says_that_a_server_is_there(status: int) -> None:
    pbx = watched()
    carrier = pbx.carrier()
    assert view(pbx).state is TrunkState.TRYING
    assert pbx.switch.facts.trunk_up("acme/carrier")
    up(pbx, carrier, status)
    assert view(pbx).state is TrunkState.UP


def test_503_says_that_it_takes_no_work() -> None:
    pbx = watched()
    carrier = pbx.carrier()
    pbx.advance(1.2)
    carrier.unavailable(asked(carrier), "45")
    assert view(pbx).state is TrunkState.UNREACHABLE
    began = pbx.now
    while pbx.now < began + 44:
        until_asked(pbx, carrier)
        if pbx.now < began + 45:
            carrier.send(response_to(asked(carrier), 200, to_tag="c"))
            assert view(pbx).state is TrunkState.UNREACHABLE, "it asked for 45 s"
    until_asked(pbx, carrier)
    carrier.send(response_to(asked(carrier), 200, to_tag="c"))
    assert view(pbx).state is TrunkState.UP


def test_asked_every_interval_with_a_little_chance() -> None:
    pbx = watched()
    carrier = pbx.carrier()
    up(pbx, carrier)
    for _ in range(3):
        assert 26.9 <= until_asked(pbx, carrier) <= 33.1
        carrier.send(response_to(asked(carrier), 200, to_tag="c"))


def test_down_after_the_second_miss_and_up_with_the_first_answer() -> None:
    pbx = watched()
    carrier = pbx.carrier()
    up(pbx, carrier)
    until_asked(pbx, carrier)
    pbx.advance(4.1)
    assert view(pbx).state is TrunkState.UP, "one miss changes nothing"
    carrier.inbox.clear()
    assert until_asked(pbx, carrier) <= 5.6
    pbx.advance(4.1)
    assert view(pbx).state is TrunkState.UNREACHABLE
    assert not pbx.switch.facts.trunk_up("acme/carrier")
    carrier.inbox.clear()
    assert until_asked(pbx, carrier) <= 11.1
    carrier.send(response_to(asked(carrier), 200, to_tag="c"))
    assert view(pbx).state is TrunkState.UP


def test_a_miss_is_not_sent_on_and_on() -> None:
    """After 4 s nobody waits, so nothing is sent: timer F would go on for 32 s."""
    pbx = watched()
    carrier = pbx.carrier()
    pbx.advance(1.2 + 4)
    sent = carrier.got().count("OPTIONS")
    assert sent <= 5
    assert len(pbx.layer) == 0


def test_a_call_that_is_answered_says_that_the_server_is_up() -> None:
    pbx = TrunkPbx()
    carrier, caller = pbx.carrier(), pbx.registered("101", 5001)
    caller.invite("00493012345678")
    carrier.answer(carrier.incoming("INVITE"), 404)
    assert view(pbx).state is TrunkState.UP
    assert carrier.got() == ["ACK"]


def test_half_of_the_servers_down() -> None:
    pbx = watched(CARRIER, SECOND)
    first, second = pbx.carrier(CARRIER), pbx.carrier(SECOND)
    pbx.advance(1.2)
    first.send(response_to(asked(first), 200, to_tag="c"))
    pbx.advance(16)
    states = [server.state for server in view(pbx).servers]
    assert states == ["up", "down"]
    assert view(pbx).reason == "1 of 2 servers answer"
    second.inbox.clear()


def test_a_removed_trunk_is_not_asked_any_more() -> None:
    pbx = watched()
    carrier = pbx.carrier()
    up(pbx, carrier)
    pbx.configure(carrier_trunk(SECOND, name="other"))
    pbx.advance(120)
    assert carrier.got() == []


def test_a_disabled_trunk_is_not_asked() -> None:
    pbx = TrunkPbx(carrier_trunk(options_interval_s=5.0, enabled=False))
    carrier = pbx.carrier()
    pbx.advance(30)
    assert carrier.got() == []
    assert view(pbx).state is TrunkState.DISABLED


NAME = "carrier.example"
SRV = Question("SRV", f"_sip._udp.{NAME}")


def named() -> TrunkPbx:
    config = carrier_trunk(CARRIER, options_interval_s=30.0)
    pbx = TrunkPbx(replace(config, servers=(ServerConfig(host=NAME),)))
    assert view(pbx).state is TrunkState.UNREACHABLE
    assert "carrier.example" in view(pbx).reason
    return pbx


def found(*hosts: tuple[str, int]) -> Known:
    answers: dict[Question, tuple[Record, ...]] = {
        Question("NAPTR", NAME): (),
        SRV: tuple(Srv(index, 0, port, f"s{index}.example") for index, (_, port) in enumerate(hosts)),
    }
    for index, (host, _) in enumerate(hosts):
        answers[Question("A", f"s{index}.example")] = (Address(host),)
        answers[Question("AAAA", f"s{index}.example")] = ()
    return answers


def test_servers_that_dns_brings_are_asked_and_called() -> None:
    pbx = named()
    carrier = pbx.carrier(CARRIER)
    assert set(pbx.switch.trunks.questions()) == {Question("NAPTR", NAME), SRV}
    pbx.learn(found(CARRIER))
    up(pbx, carrier)
    assert view(pbx).state is TrunkState.UP
    pbx.registered("101", 5001).invite("00493012345678")
    assert carrier.got() == ["INVITE"]


def test_servers_that_dns_moves() -> None:
    pbx = named()
    first, second = pbx.carrier(CARRIER), pbx.carrier(SECOND)
    pbx.learn(found(CARRIER))
    up(pbx, first)
    pbx.learn(found(SECOND))
    up(pbx, second)
    pbx.advance(60)
    assert first.got() == []
    assert [server.address for server in view(pbx).servers] == [f"{SECOND[0]}:{SECOND[1]}"]
    callee = pbx.registered("102", 5002)
    first.calls()
    first.response(401)
    second.inbox.clear()
    second.calls()
    callee.incoming("INVITE")


def test_a_new_name_that_has_no_answer_yet_does_not_lose_the_servers() -> None:
    pbx = named()
    carrier = pbx.carrier(CARRIER)
    pbx.learn(found(CARRIER))
    up(pbx, carrier)
    pbx.learn({})
    assert view(pbx).state is TrunkState.UP
