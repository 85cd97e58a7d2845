"""Drains in virtual time: what is removed under live calls leaves them `drain` to finish, and then ends them."""

from dataclasses import replace

import pytest

from engine.call.call import Call
from engine.cause import CONFIGURATION_REMOVED, REMOVED_BEFORE_ANSWER, Cause
from engine.config.extension import ExtensionConfig
from engine.config.snapshot import Snapshot
from engine.media.session import MediaSession
from tests.support.compiled import COMPILED
from tests.support.pbx import Pbx, Phone, call_up, sdp

NUMBERS = ("101", "102", "103", "104")
DRAIN_S = 600.0


def config(*numbers: str, drain_s: float = DRAIN_S) -> Snapshot:
    """Without a number: without the tenant, too."""
    found = Pbx.snapshot_of(numbers)
    tenants = [tenant for name, tenant in found.tenants.items() if numbers or name != "acme"]
    return Snapshot.build(
        system=replace(found.system, drain_s=drain_s), listeners=found.listeners.values(), tenants=tenants
    )


@pytest.fixture
def pbx() -> Pbx:
    pbx = Pbx(*NUMBERS)
    pbx.apply(config(*NUMBERS))
    return pbx


@pytest.fixture
def caller(pbx: Pbx) -> Phone:
    return pbx.registered("101", 5001)


@pytest.fixture
def callee(pbx: Pbx) -> Phone:
    return pbx.registered("102", 5002)


def draining(pbx: Pbx) -> list[tuple[str, int, float]]:
    """What drains, for how many calls, how many seconds more."""
    return [
        (str(view.ref), len(view.calls), round((view.until - pbx.stack.utc(pbx.now)).total_seconds()))
        for view in pbx.drains.views(pbx.stack.utc)
    ]


def ended(pbx: Pbx) -> list[Cause]:
    """After housekeeping."""
    pbx.keep_house()
    return [record.cause for record in pbx.journal.closed]


REMOVALS = [
    ("called", ("101", "103"), "Extension acme/102"),
    ("caller", ("102", "103"), "Extension acme/101"),
    ("tenant", (), "Tenant acme"),
]


@pytest.mark.parametrize(("left", "ref"), [case[1:] for case in REMOVALS], ids=[case[0] for case in REMOVALS])
def test_a_removed_party_talks_on_until_the_drain_is_over(
    pbx: Pbx, caller: Phone, callee: Phone, left: tuple[str, ...], ref: str
) -> None:
    call_up(pbx, caller, callee)
    pbx.apply(config(*left))
    assert draining(pbx) == [(ref, 1, 600)]
    pbx.advance(599)
    assert ended(pbx) == []
    assert (caller.got(), callee.got()) == ([], [])
    pbx.advance(1)
    assert ended(pbx) == [CONFIGURATION_REMOVED]
    for phone in (caller, callee):
        bye = phone.incoming("BYE")
        assert bye.headers.first("Reason") == 'Q.850;cause=31;text="removed from the configuration"'
        phone.answer(bye, 200)
    assert pbx.record.talk_s == pytest.approx(600, abs=1)
    assert draining(pbx) == []
    pbx.advance(140)
    assert pbx.is_clean()


def test_both_parties_removed_are_two_drains_of_one_call(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    call_up(pbx, caller, callee)
    pbx.apply(config("103"))
    assert draining(pbx) == [("Extension acme/101", 1, 600), ("Extension acme/102", 1, 600)]
    pbx.advance(600)
    assert ended(pbx) == [CONFIGURATION_REMOVED]


def test_a_ringing_call_is_ended_too(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102")
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 180)
    caller.response(180)
    pbx.apply(config("101", drain_s=5))
    pbx.advance(5)
    assert ended(pbx) == [REMOVED_BEFORE_ANSWER]
    caller.send(caller.ack(invite, caller.response(480)))
    callee.answer(callee.incoming("CANCEL"), 200)
    callee.answer(incoming, 487)
    callee.incoming("ACK")
    assert pbx.record.targets[0].cause is REMOVED_BEFORE_ANSWER


def test_no_drain_ends_the_calls_with_the_apply(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    call_up(pbx, caller, callee)
    pbx.apply(config("101", drain_s=0))
    assert [record.cause for record in pbx.journal.closed] == [CONFIGURATION_REMOVED]
    assert draining(pbx) == []


def test_what_nobody_uses_does_not_drain(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    call_up(pbx, caller, callee)
    pbx.registered("103", 5003)
    pbx.apply(config("101", "102"))
    assert draining(pbx) == []


def test_a_call_that_ends_by_itself_ends_its_drain(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite, answer, _ = call_up(pbx, caller, callee)
    pbx.apply(config("101"))
    caller.send(caller.in_dialog("BYE", invite, answer))
    assert draining(pbx) == []
    pbx.advance(700)
    assert ended(pbx)[0].reason == "caller hung up"


def test_an_extension_that_is_back_cancels_its_drain(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    call_up(pbx, caller, callee)
    pbx.apply(config("101"))
    pbx.advance(500)
    pbx.apply(config("101", "102"))
    assert draining(pbx) == []
    pbx.advance(700)
    assert ended(pbx) == []
    pbx.apply(config("101"))
    assert draining(pbx) == [("Extension acme/102", 1, 600)]


def test_a_tenant_that_is_back_without_an_extension_starts_that_ones_drain(
    pbx: Pbx, caller: Phone, callee: Phone
) -> None:
    call_up(pbx, caller, callee)
    pbx.apply(config())
    pbx.advance(100)
    pbx.apply(config("101"))
    assert draining(pbx) == [("Extension acme/102", 1, 600)]


@pytest.mark.parametrize("later", [0.0, 30.0, 86_400.0])
def test_a_drain_changed_later_is_for_what_is_removed_later(
    pbx: Pbx, caller: Phone, callee: Phone, later: float
) -> None:
    third, fourth = pbx.registered("103", 5003), pbx.registered("104", 5004)
    call_up(pbx, caller, callee)
    pbx.apply(config("101", "103", "104"))
    pbx.advance(60)
    pbx.apply(config("101", "103", "104", drain_s=later))
    assert draining(pbx) == [("Extension acme/102", 1, 540)]
    call_up(pbx, third, fourth)
    pbx.apply(config("101", "103", drain_s=later))
    expected = [("Extension acme/102", 1, 540.0), *([("Extension acme/104", 1, later)] if later else [])]
    assert draining(pbx) == sorted(expected, key=lambda row: row[2])


def test_another_name_or_number_of_the_same_resource_is_no_removal(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    call_up(pbx, caller, callee)
    before = config(*NUMBERS)
    acme = before.tenants["acme"]
    renumbered = [
        replace(item, number=f"9{item.number}") if isinstance(item, ExtensionConfig) else item
        for item in acme.items.values()
    ]
    after = Snapshot.build(
        system=before.system,
        listeners=before.listeners.values(),
        tenants=[type(acme).build(renumbered), before.tenants["other"]],
    )
    pbx.apply(after)
    assert draining(pbx) == []


def test_a_socket_that_goes_drains_its_calls(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    call_up(pbx, caller, callee)
    pbx.apply(config(*NUMBERS), draining_sockets={"udp": "main"})
    assert draining(pbx) == [("Listener main", 1, 600)]
    pbx.apply(config(*NUMBERS))
    assert draining(pbx) == []
    pbx.apply(config(*NUMBERS), draining_sockets={"udp": "main"})
    pbx.advance(600)
    assert ended(pbx) == [CONFIGURATION_REMOVED]


def test_media_ports_that_go_drain_their_calls(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    call_up(pbx, caller, callee)

    def given_up(_: MediaSession) -> str:
        return "192.0.2.1 33000-33999"

    pbx.given_up = given_up
    pbx.apply(config(*NUMBERS))
    assert draining(pbx) == [("System system", 1, 600)]
    pbx.advance(600)
    assert ended(pbx) == [CONFIGURATION_REMOVED]


def test_only_the_calls_that_use_it_are_ended(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    third, fourth = pbx.registered("103", 5003), pbx.registered("104", 5004)
    call_up(pbx, caller, callee)
    call_up(pbx, third, fourth)
    pbx.apply(config("101", "103", "104", drain_s=10))
    pbx.advance(10)
    assert ended(pbx) == [CONFIGURATION_REMOVED]
    assert len(pbx.switch.calls) == 1
    assert (third.got(), fourth.got()) == ([], [])


@pytest.mark.skipif(COMPILED, reason="a compiled class takes no bug from outside")
def test_a_call_that_cannot_be_ended_keeps_no_other(
    pbx: Pbx, caller: Phone, callee: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    third, fourth = pbx.registered("103", 5003), pbx.registered("104", 5004)
    call_up(pbx, caller, callee)
    call_up(pbx, third, fourth)
    stuck = next(iter(pbx.switch.calls.values()))
    remove = Call.remove

    def remove_others(call: Call, now: float) -> None:
        if call is stuck:
            raise ValueError("a bug")
        remove(call, now)

    monkeypatch.setattr(Call, "remove", remove_others)
    pbx.apply(config(drain_s=10))
    pbx.advance(10)
    assert ended(pbx) == [CONFIGURATION_REMOVED]
    assert len(pbx.bugs) == 1


def test_an_early_call_that_is_answered_meanwhile_is_ended_as_answered(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    invite = caller.invite("102")
    incoming = callee.incoming("INVITE")
    pbx.apply(config("101"))
    callee.answer(incoming, 200, sdp(6002))
    caller.send(caller.ack(invite, caller.response(200)))
    pbx.advance(600)
    assert ended(pbx) == [CONFIGURATION_REMOVED]
