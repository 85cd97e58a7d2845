"""Calls that trunks bring, message by message, in virtual time: whose they are, who calls whom, and who gets nothing."""

from __future__ import annotations

import pytest

from engine.cause import Outcome
from engine.config.header_rule import HeaderRuleConfig
from engine.config.snapshot import TenantItem
from engine.config.tenant import QuotaConfig
from engine.config.trunk import TrunkConfig, TrunkRegistrationConfig
from engine.sip.message import SipResponse
from tests.support.pbx import PBX_HOST, Phone, sdp
from tests.support.routed import extension, inbound, outbound, to
from tests.support.trunk_pbx import CARRIER, OURS, SECOND, THIRD, Carrier, TrunkPbx, carrier_trunk

DID = "+442079460100"


@pytest.fixture
def pbx() -> TrunkPbx:
    return TrunkPbx()


def settle(pbx: TrunkPbx) -> None:
    pbx.advance(70)
    assert pbx.bugs == []
    assert pbx.is_clean()
    assert pbx.is_unused


def test_a_call_from_outside_rings_whom_the_rule_names(pbx: TrunkPbx) -> None:
    carrier, callee = pbx.carrier(), pbx.registered("102", 5002)
    invite = carrier.calls()
    incoming = callee.incoming("INVITE")
    assert str(incoming.from_.uri) == "sip:+4930123456@acme.example"
    assert pbx.switch.facts.channels("acme/carrier") == 1
    callee.answer(incoming, 200, sdp(9000))
    callee.incoming("ACK")
    answer = carrier.response(200)
    carrier.send(carrier.ack(invite, answer))
    carrier.send(carrier.in_dialog("BYE", invite, answer))
    carrier.response(200)
    callee.answer(callee.incoming("BYE"), 200)
    record = pbx.record
    assert (record.tenant, record.trunk, record.caller, record.callee) == ("acme", "carrier", "+4930123456", DID)
    assert record.direction.value == "inbound"
    assert pbx.switch.facts.outside_calls("acme", "") == 0
    settle(pbx)


def test_a_number_that_no_rule_names_is_refused_with_a_record(pbx: TrunkPbx) -> None:
    carrier = pbx.carrier()
    carrier.calls("+442079460199")
    carrier.response(404)
    assert pbx.record.cause.outcome is Outcome.WRONG_NUMBER
    settle(pbx)


def test_a_stranger_gets_a_challenge_and_nothing_else(pbx: TrunkPbx) -> None:
    stranger = Carrier(pbx, "203.0.113.99", 7099)
    pbx.phones[7099] = stranger
    callee = pbx.registered("102", 5002)
    stranger.calls()
    stranger.response(401)
    assert callee.got() == []
    assert pbx.journal.opened == []


def test_another_port_of_the_same_address_is_the_trunk_s(pbx: TrunkPbx) -> None:
    other = Carrier(pbx, CARRIER[0], 9999)
    pbx.phones[9999] = other
    callee = pbx.registered("102", 5002)
    other.calls()
    callee.incoming("INVITE")


def test_networks_of_the_manifest_and_the_longest_prefix() -> None:
    near = carrier_trunk(SECOND, name="near", addresses=("198.51.100.64/26",))
    wide = carrier_trunk(CARRIER, addresses=("198.51.100.0/24",))
    pbx = TrunkPbx(wide, near)
    for host, port, trunk in (("198.51.100.70", 7100, "near"), ("198.51.100.7", 7101, "carrier")):
        carrier = Carrier(pbx, host, port)
        pbx.phones[port] = carrier
        carrier.calls("+44")
        assert pbx.journal.closed[-1].trunk == trunk


def test_a_phone_behind_the_trunk_s_address_authenticates(pbx: TrunkPbx) -> None:
    pbx.registered("102", 5002)
    phone = Phone(pbx, "101", CARRIER[0], 5010)
    pbx.phones[5010] = phone
    assert phone.register().status == 200
    phone.invite("102")
    assert pbx.journal.opened[0].query.caller == "101"
    assert pbx.journal.opened[0].query.trunk == ""


def test_who_calls_in_the_name_of_an_extension_needs_its_password(pbx: TrunkPbx) -> None:
    carrier = pbx.carrier()
    carrier.calls("102", extra={"From": "<sip:101@acme.example>;tag=x"})
    carrier.response(401)
    assert pbx.journal.opened == []


IDENTITIES = [
    ("from", {}, "+4930123456", "Kurt"),
    ("asserted", {"P-Asserted-Identity": '"K. W." <sip:+4989111@c.example>'}, "+4989111", "Kurt"),
    ("asserted tel", {"P-Asserted-Identity": "<tel:+4989111>, <sip:x@y>"}, "+4989111", "Kurt"),
    (
        "asserted with parameters",
        {"P-Asserted-Identity": "<sip:+4989111;npdi@c.example;user=phone>"},
        "+4989111",
        "Kurt",
    ),
    ("remote party", {"Remote-Party-ID": "<sip:+4989111@c.example>;privacy=off"}, "+4989111", "Kurt"),
    ("hidden", {"P-Asserted-Identity": "<sip:+4989111@c.example>", "Privacy": "id"}, "anonymous", ""),
    ("hidden among others", {"Privacy": "critical; ID"}, "anonymous", ""),
    ("not hidden", {"Privacy": "none"}, "+4930123456", "Kurt"),
    ("hidden remote party", {"Remote-Party-ID": "<sip:+4989111@c.example>;privacy=full"}, "anonymous", ""),
    ("anonymous", {"From": '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=a'}, "anonymous", ""),
    (
        "anonymous, asserted",
        {"From": "<sip:anonymous@x.example>;tag=a", "P-Asserted-Identity": "<sip:+4989111@c>"},
        "anonymous",
        "",
    ),
    ("no number", {"From": "<sip:unavailable@c.example>;tag=a"}, "anonymous", ""),
]


@pytest.mark.parametrize(
    ("extra", "caller", "display"), [row[1:] for row in IDENTITIES], ids=[row[0] for row in IDENTITIES]
)
def test_who_calls(pbx: TrunkPbx, extra: dict[str, str], caller: str, display: str) -> None:
    carrier, callee = pbx.carrier(), pbx.registered("102", 5002)
    carrier.calls(extra={"From": '"Kurt" <sip:+4930123456@c.example>;tag=a', **extra})
    query = pbx.journal.opened[0].query
    assert (query.caller, query.caller_display) == (caller, display)
    callee.incoming("INVITE")


def test_an_identity_that_can_t_be_read_is_refused(pbx: TrunkPbx) -> None:
    carrier = pbx.carrier()
    carrier.calls(extra={"P-Asserted-Identity": '"open <sip:1@'})
    carrier.response(400)
    assert pbx.journal.opened == []
    settle(pbx)


def test_the_number_stands_in_to_where_the_request_uri_is_our_contact() -> None:
    pbx = TrunkPbx(carrier_trunk(credentials=OURS, registration=TrunkRegistrationConfig(user="acct")))
    carrier, callee = pbx.carrier(), pbx.registered("102", 5002)
    pbx.advance(0.6)  # the first one was sent before there was a carrier to hear it
    register = carrier.incoming("REGISTER")
    contact = register.contacts[0].uri_text
    carrier.calls(uri=contact, extra={"To": f"<sip:{DID}@carrier.example>"})
    callee.incoming("INVITE")
    carrier.inbox.clear()
    carrier.calls(uri=f"sip:acct@{PBX_HOST}", extra={"To": f"<sip:{DID}@carrier.example>"})
    callee.incoming("INVITE")
    assert [opened.query.callee.dialled for opened in pbx.journal.opened] == [DID, DID]


def test_incoming_header_rules_come_before_everything() -> None:
    rules = (
        HeaderRuleConfig(header="Request-URI", part="user", source="dialled"),
        HeaderRuleConfig(header="From", part="display", source="text", text="Line 2"),
        HeaderRuleConfig(header="P-Asserted-Identity", part="user", source="text", text="+4411"),
    )
    pbx = TrunkPbx(carrier_trunk(incoming=rules))
    carrier, callee = pbx.carrier(), pbx.registered("102", 5002)
    carrier.calls("junk", extra={"To": f"<sip:{DID}@carrier.example>"})
    assert callee.incoming("INVITE").from_.display_name == "Line 2"
    assert pbx.journal.opened[0].query.caller_number is not None
    assert pbx.journal.opened[0].query.caller_number.dialled == "+4411"


def test_a_full_trunk_is_busy_and_other_calls_go_on() -> None:
    pbx = TrunkPbx(carrier_trunk(max_channels=1))
    carrier, callee = pbx.carrier(), pbx.registered("102", 5002)
    carrier.calls()
    callee.incoming("INVITE")
    carrier.calls()
    refused = [m for m in carrier.inbox if isinstance(m, SipResponse) and m.status == 486]
    assert len(refused) == 1
    assert pbx.record.cause.reason == "all channels of the trunk are in use"
    assert pbx.switch.facts.channels("acme/carrier") == 1


def test_a_disabled_trunk_is_refused_without_a_record() -> None:
    pbx = TrunkPbx(carrier_trunk(enabled=False))
    carrier = pbx.carrier()
    carrier.calls()
    carrier.response(403)
    assert pbx.journal.opened == []


def test_a_trunk_of_a_disabled_tenant_is_refused() -> None:
    pbx = TrunkPbx(enabled=False)
    carrier = pbx.carrier()
    carrier.calls()
    carrier.response(403)


def test_quota_of_the_tenant_holds_for_calls_that_come() -> None:
    pbx = TrunkPbx(quotas=QuotaConfig(max_concurrent_calls=1))
    carrier, callee = pbx.carrier(), pbx.registered("102", 5002)
    carrier.calls()
    callee.incoming("INVITE")
    carrier.calls()
    assert [m.status for m in carrier.inbox if isinstance(m, SipResponse) and m.status > 180] == [480]


def test_two_trunks_with_one_address_are_told_apart_by_contact_and_domain() -> None:
    first = carrier_trunk(name="first", credentials=OURS, registration=TrunkRegistrationConfig(user="one"))
    second = carrier_trunk(name="second", credentials=OURS, registration=TrunkRegistrationConfig(user="two"))
    plain = carrier_trunk(name="plain")
    pbx = TrunkPbx(first, second, plain)
    carrier = pbx.carrier()
    pbx.advance(0.6)
    contacts = [message.contacts[0].uri_text for message in carrier.inbox if message.cseq.method == "REGISTER"]
    assert len(set(contacts)) == 2
    for uri in (*contacts, f"sip:{DID}@{PBX_HOST}"):
        carrier.calls(uri=uri, extra={"To": f"<sip:{DID}@c.example>"})
    assert [record.trunk for record in pbx.journal.closed] == ["first", "second", "plain"]


def test_two_trunks_that_nothing_tells_apart_are_refused() -> None:
    pbx = TrunkPbx(carrier_trunk(name="first"), carrier_trunk(name="second"))
    carrier = Carrier(pbx, CARRIER[0], 9999)
    pbx.phones[9999] = carrier
    carrier.calls()
    assert carrier.response(403).reason == "Ambiguous Trunk"


def test_a_trunk_that_is_disabled_takes_no_calls_from_its_successor() -> None:
    pbx = TrunkPbx(carrier_trunk(name="old", enabled=False), carrier_trunk(name="new"))
    carrier = Carrier(pbx, CARRIER[0], 9999)
    pbx.phones[9999] = carrier
    carrier.calls()
    assert [opened.query.trunk for opened in pbx.journal.opened] == ["new"]
    pbx.configure(carrier_trunk(name="old", enabled=False), carrier_trunk(name="new", enabled=False))
    carrier.inbox.clear()
    carrier.calls()
    assert carrier.response().status == 403


class SharedPbx(TrunkPbx):
    def other_tenants(self) -> dict[str, list[TenantItem]]:
        return {
            "beta": [
                extension("101", tenant="beta"),
                inbound("beta", to("extension", "101"), tenant="beta", dids=("+442079460200",)),
            ],
            "gamma": [
                extension("101", tenant="gamma"),
                inbound("gamma", to("extension", "101"), tenant="gamma", dids=("+442079460300",)),
            ],
        }


class NeighbouringPbx(SharedPbx):
    """Tenants of one carrier, each with a trunk of its own to the same server."""

    def other_tenants(self) -> dict[str, list[TenantItem]]:
        others = super().other_tenants()
        for name, items in others.items():
            items.append(carrier_trunk(tenant=name))
        return others


@pytest.mark.parametrize(("number", "tenant"), [(DID, "acme"), ("+442079460200", "beta"), ("+442079460300", "gamma")])
def test_tenants_with_the_same_carrier_are_told_apart_by_whose_the_number_is(number: str, tenant: str) -> None:
    pbx = NeighbouringPbx()
    carrier = Carrier(pbx, CARRIER[0], 9999)
    pbx.phones[9999] = carrier
    carrier.calls(number)
    assert [opened.query.tenant for opened in pbx.journal.opened] == [tenant]
    assert pbx.bugs == []


class IntrudingPbx(TrunkPbx):
    """Beta's trunk names an address within the network of acme's carrier, and the one where acme's phones are."""

    def other_tenants(self) -> dict[str, list[TenantItem]]:
        wide = carrier_trunk(THIRD, tenant="beta", addresses=("203.0.113.77", "198.51.100.0/24"))
        rule = inbound("beta", to("extension", "101"), tenant="beta", dids=("+442079460200",))
        return {"beta": [extension("101", tenant="beta"), rule, wide]}


@pytest.mark.parametrize(("number", "tenant"), [(DID, "acme"), ("+442079460200", "beta"), ("+4420", "beta")])
def test_who_names_an_address_in_another_tenant_s_network_does_not_get_that_tenant_s_calls(
    number: str, tenant: str
) -> None:
    pbx = IntrudingPbx(carrier_trunk(addresses=("203.0.113.0/24",)))
    carrier = Carrier(pbx, "203.0.113.77", 9999)
    pbx.phones[9999] = carrier
    carrier.calls(number)
    assert [opened.query.tenant for opened in pbx.journal.opened] == [tenant]


class SquattingPbx(TrunkPbx):
    """Beta's trunk names the very address and port of acme's carrier."""

    def other_tenants(self) -> dict[str, list[TenantItem]]:
        rule = inbound("beta", to("extension", "101"), tenant="beta", dids=("+442079460200",))
        return {"beta": [extension("101", tenant="beta"), rule, carrier_trunk(tenant="beta")]}


REGISTERS = carrier_trunk(credentials=OURS, registration=TrunkRegistrationConfig(user="acct"))
ELSEWHERE = carrier_trunk(THIRD, addresses=(CARRIER[0],))


@pytest.mark.parametrize("trunk", [REGISTERS, ELSEWHERE], ids=["registers", "another port"])
@pytest.mark.parametrize(("number", "tenant"), [(DID, "acme"), ("+442079460200", "beta")])
def test_who_names_the_address_of_another_tenant_s_carrier_does_not_keep_its_calls_from_it(
    trunk: TrunkConfig, number: str, tenant: str
) -> None:
    pbx = SquattingPbx(trunk)
    carrier = pbx.carrier()
    pbx.advance(0.6)
    carrier.calls(number)
    assert [opened.query.tenant for opened in pbx.journal.opened] == [tenant]


def test_a_phone_that_knows_no_domain_is_none_of_a_trunk_whose_network_it_is_in() -> None:
    pbx = IntrudingPbx()
    phone = pbx.phone("101", 5001)
    phone.domain = PBX_HOST
    phone.send(phone.request("INVITE", f"sip:112@{PBX_HOST}", body=sdp()))
    phone.response(401)
    phone.number = "4711"
    phone.send(phone.request("INVITE", f"sip:102@{PBX_HOST}", call_id="other", body=sdp()))
    phone.response(404)


@pytest.mark.parametrize("identity", [{}, {"P-Asserted-Identity": "<<<"}])
def test_a_number_that_none_of_them_owns_is_refused(identity: dict[str, str]) -> None:
    pbx = NeighbouringPbx()
    carrier = Carrier(pbx, CARRIER[0], 9999)
    pbx.phones[9999] = carrier
    carrier.calls("+442079469999", extra=identity)
    assert carrier.response().status == 403
    assert pbx.journal.opened == []
    assert pbx.bugs == []


def test_a_shared_trunk_s_call_is_that_of_the_tenant_that_owns_the_number() -> None:
    pbx = SharedPbx(carrier_trunk(tenant="", tenants=("acme", "beta")))
    carrier = pbx.carrier()
    carrier.calls(DID)
    carrier.calls("+442079460200")
    carrier.calls("+442079460300")
    assert [opened.query.tenant for opened in pbx.journal.opened] == ["acme", "beta"]
    statuses = [m.status for m in carrier.inbox if isinstance(m, SipResponse) and m.status >= 300]
    assert statuses == [480, 480, 404]


def test_a_shared_trunk_carries_calls_out_of_each_tenant_and_counts_them_together() -> None:
    pbx = SharedPbx(carrier_trunk(tenant="", max_channels=2), items=[extension("101"), outbound("out")])
    carrier = pbx.carrier()
    pbx.registered("101", 5001).invite("00493012345678")
    carrier.incoming("INVITE")
    assert pbx.switch.facts.channels("/carrier") == 1
    carrier.calls("+442079460200")
    assert pbx.switch.facts.channels("/carrier") == 1  # refused: nobody is there


def test_our_bye_to_a_carrier_is_challenged() -> None:
    pbx = TrunkPbx(carrier_trunk(credentials=OURS))
    carrier, callee = pbx.carrier(), pbx.registered("102", 5002)
    invite = carrier.calls()
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 200, sdp(9000))
    callee.incoming("ACK")
    carrier.send(carrier.ack(invite, carrier.response(200)))
    callee.send(callee.in_callee_dialog("BYE", incoming))
    callee.response(200)
    bye = carrier.incoming("BYE")
    carrier.challenge(bye, 401)
    again = carrier.incoming("BYE")
    assert "Authorization" in again.headers
    carrier.answer(again, 200)
    settle(pbx)


def test_requests_in_a_dialog_go_to_the_contact_where_it_is_the_trunk_s() -> None:
    """A proxy that does not stay on the way (no Record-Route)."""
    pbx = TrunkPbx(carrier_trunk(CARRIER, addresses=(SECOND[0],)))
    carrier, gateway, callee = pbx.carrier(CARRIER), pbx.carrier(SECOND), pbx.registered("102", 5002)
    invite = carrier.calls(extra={"Contact": f"<sip:gw@{SECOND[0]}:{SECOND[1]}>"})
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 200, sdp(9000))
    carrier.send(carrier.ack(invite, carrier.response(200)))
    callee.send(callee.in_callee_dialog("BYE", incoming))
    assert gateway.got() == ["BYE"]
    assert carrier.got() == []


def test_requests_in_a_dialog_go_to_no_third_party() -> None:
    pbx = TrunkPbx()
    carrier, victim, callee = pbx.carrier(CARRIER), pbx.carrier(SECOND), pbx.registered("102", 5002)
    invite = carrier.calls(extra={"Contact": f"<sip:gw@{SECOND[0]}:{SECOND[1]}>"})
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 200, sdp(9000))
    carrier.send(carrier.ack(invite, carrier.response(200)))
    callee.send(callee.in_callee_dialog("BYE", incoming))
    assert victim.got() == []
    assert carrier.got() == ["BYE"]


def test_options_of_a_trunk_are_answered(pbx: TrunkPbx) -> None:
    carrier = pbx.carrier()
    carrier.send(carrier.request("OPTIONS", f"sip:{PBX_HOST}"))
    carrier.response(200)
