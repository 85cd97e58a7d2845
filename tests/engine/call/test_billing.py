"""What calls over trunks cost and how long a balance lasts, message by message, in virtual time."""

from __future__ import annotations

import gc
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.call.balances import BalanceRow, Balances
from engine.call.billing import Billing
from engine.cause import Outcome
from engine.cdr import Bill, begun_units
from engine.config.money import MILLION, millionths
from engine.config.rate_table import PrefixRateConfig, RateTableConfig
from engine.config.ref import ConfigRef
from engine.config.snapshot import TenantItem
from engine.config.tenant import BillingConfig, TollsConfig
from engine.routing.decision import TrunkTarget
from engine.routing.query import RouteQuery
from engine.sip.message import SipRequest, SipResponse
from engine.wheel import Wheel
from tests.support.pbx import EPOCH, Phone, sdp
from tests.support.routed import extension, forwarding, group, inbound, outbound, tenant, to
from tests.support.trunk_pbx import SECOND, Carrier, TrunkPbx, carrier_trunk

GERMANY = "00493012345678"
FRANCE = "0033142685300"
NOWHERE = "00882123456"
BOTH = BillingConfig(outgoing=True, incoming=True)


def rates(unit_s: int = 60) -> RateTableConfig:
    return RateTableConfig(
        tenant="acme",
        name="carrier",
        rates=(
            PrefixRateConfig(prefix="49", outgoing=millionths("0.10"), incoming=millionths("0.02"), unit_s=unit_s),
            PrefixRateConfig(prefix="4930", outgoing=millionths("0.25"), incoming=millionths("0.03"), unit_s=unit_s),
            PrefixRateConfig(prefix="33", outgoing=0),
        ),
    )


def billed(
    *items: TenantItem, balance: str | None = None, billing: BillingConfig = BOTH, unit_s: int = 60, trunks: int = 1
) -> TrunkPbx:
    """101 may call outside, with that balance; 102 has none and is called at +442079460100."""
    amount = None if balance is None else millionths(balance)
    places = [carrier_trunk(), carrier_trunk(SECOND, name="other")][:trunks]
    people = (
        extension("101", balance=amount, max_outside_calls=9),
        extension("102"),
        outbound("out"),
        inbound("main", dids=("+442079460100",), in_hours=to("extension", "102")),
    )
    own = {item.ref for item in items}
    kept = [item for item in people if item.ref not in own]
    return TrunkPbx(
        *places,
        items=(*kept, *items, rates(unit_s)),
        tolls=TollsConfig(rates="carrier", currency="GBP"),
        billing=billing,
    )


def talk(caller: Phone, carrier: Carrier, number: str = GERMANY) -> tuple[SipRequest, SipResponse, SipRequest]:
    """A call to the outside that is answered."""
    invite = caller.invite(number)
    incoming = carrier.incoming("INVITE")
    carrier.answer(incoming, 200, sdp(carrier.port + 1000, carrier.host))
    carrier.incoming("ACK")
    answer = caller.response(200)
    caller.send(caller.ack(invite, answer))
    return invite, answer, incoming


def hang_up(pbx: TrunkPbx, caller: Phone, carrier: Carrier, call: tuple[SipRequest, SipResponse, SipRequest]) -> None:
    caller.send(caller.in_dialog("BYE", *call[:2]))
    caller.response(200)
    carrier.answer(carrier.incoming("BYE"), 200)


def left(pbx: TrunkPbx, name: str = "101") -> int:
    account = pbx.switch.balances.find("acme", name)
    assert account is not None
    assert account.held == 0
    written = pbx.admission.snapshot.tenants["acme"].extensions[name].balance
    return pbx.switch.balances.available("acme", name, written or 0)


def settle(pbx: TrunkPbx) -> None:
    pbx.advance(70)
    assert pbx.bugs == []
    assert pbx.is_clean()
    assert pbx.is_unused


@pytest.mark.parametrize(
    ("seconds", "units"), [(0.0, 0), (0.4, 1), (59.9, 1), (60.0, 1), (60.1, 2), (179.0, 3)], ids=str
)
def test_each_unit_that_is_begun_counts_and_the_longest_prefix(seconds: float, units: int) -> None:
    pbx = billed()
    caller, carrier = pbx.registered("101", 5001), pbx.carrier()
    call = talk(caller, carrier)
    if seconds:
        pbx.advance(seconds)
    hang_up(pbx, caller, carrier, call)
    [bill] = pbx.record.bills
    assert bill == Bill(
        is_incoming=False,
        prefix="4930",
        rate=250_000,
        unit_s=60,
        currency="GBP",
        payer="101",
        account="",
        sip_call_id=pbx.record.targets[0].sip_call_id,
        units=units,
        cost=units * 250_000,
    )
    assert (pbx.record.cost, pbx.record.bill) == (bill.cost, bill)
    settle(pbx)


def test_a_call_that_nobody_answers_costs_nothing_and_shows_its_rate() -> None:
    pbx = billed(balance="1")
    caller, carrier = pbx.registered("101", 5001), pbx.carrier()
    invite = caller.invite(GERMANY)
    carrier.answer(carrier.incoming("INVITE"), 486)
    carrier.incoming("ACK")
    caller.send(caller.ack(invite, caller.response(486)))
    [bill] = pbx.record.bills
    assert (bill.prefix, bill.units, bill.cost, bill.sip_call_id) == ("4930", 0, 0, "")
    assert left(pbx) == MILLION
    settle(pbx)


@pytest.mark.parametrize("billing", [BillingConfig(), BillingConfig(incoming=True)], ids=["off", "the other direction"])
def test_a_direction_that_is_not_billed_costs_nothing(billing: BillingConfig) -> None:
    pbx = billed(balance="0", billing=billing)
    caller, carrier = pbx.registered("101", 5001), pbx.carrier()
    call = talk(caller, carrier)
    pbx.advance(90)
    hang_up(pbx, caller, carrier, call)
    assert pbx.record.bills == ()
    settle(pbx)


def test_calls_among_phones_are_never_billed() -> None:
    pbx = billed(balance="0")
    caller, callee = pbx.registered("101", 5001), pbx.registered("102", 5002)
    caller.invite("102")
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 486)
    assert pbx.record.bills == ()


def test_an_incoming_call_is_paid_for_by_who_answers() -> None:
    pbx = billed(extension("102", balance=millionths("0.05")))
    callee, carrier = pbx.registered("102", 5002), pbx.carrier()
    invite = carrier.calls()
    callee.answer(callee.incoming("INVITE"), 200, sdp(9000))
    callee.incoming("ACK")
    answer = carrier.response(200)
    carrier.send(carrier.ack(invite, answer))
    pbx.advance(20)
    carrier.send(carrier.in_dialog("BYE", invite, answer))
    [bill] = pbx.record.bills
    assert (bill.is_incoming, bill.prefix, bill.payer, bill.account) == (True, "4930", "102", "102")
    assert (bill.cost, bill.sip_call_id) == (30_000, pbx.record.sip_call_id)
    assert left(pbx, "102") == 20_000
    carrier.inbox.clear()
    carrier.calls()  # 0.02 left of 0.03 that a minute costs
    carrier.response(480)
    assert pbx.journal.closed[-1].cause.reason == "balance of who is called is too low"
    assert pbx.journal.closed[-1].trace.facts[-1].value == 20_000


def test_what_another_call_has_taken_meanwhile_refuses_when_it_is_answered() -> None:
    pbx = billed(extension("102", balance=millionths("0.05")))
    callee, carrier = pbx.registered("102", 5002), pbx.carrier()
    carrier.calls()
    first = callee.incoming("INVITE")
    later = carrier.calls()  # both ring, and there is enough for either
    second = callee.incoming("INVITE")
    callee.answer(first, 200, sdp(9000))
    callee.incoming("ACK")
    carrier.response(200)
    carrier.inbox.clear()
    callee.answer(second, 200, sdp(9002))
    # Who picked up hears that it is over, and the carrier that nobody was reached.
    callee.incoming("ACK")
    assert callee.incoming("BYE").call_id == second.call_id
    assert carrier.response(480).call_id == later.call_id
    record = pbx.journal.closed[-1]
    assert (record.cause.reason, record.answered_at) == ("balance of who is called is too low", None)
    assert [bill.cost for bill in record.bills] == [0]
    # What the first has set aside is still its own.
    assert pbx.switch.balances.available("acme", "102", millionths("0.05")) == 20_000


def test_a_member_of_a_ring_group_who_cant_pay_is_not_rung() -> None:
    pbx = billed(
        extension("102", balance=0),
        group("sales", "600", "101", "102"),
        inbound("main", dids=("+442079460100",), in_hours=to("ringGroup", "sales")),
    )
    first, second, carrier = pbx.registered("101", 5001), pbx.registered("102", 5002), pbx.carrier()
    carrier.calls()
    first.incoming("INVITE")
    assert second.got() == []
    told = [step.why for step in next(iter(pbx.switch.calls.values())).decision.trace.steps]
    assert "not rung: 102 (balance is too low)" in told


def test_who_forwards_pays_for_both_legs() -> None:
    pbx = billed(extension("102", balance=MILLION, forwarding=(forwarding("always", "external", GERMANY),)))
    carrier = pbx.carrier()
    invite = carrier.calls()
    sent = [message for message in carrier.inbox if isinstance(message, SipRequest)]
    carrier.inbox.clear()
    carrier.answer(sent[0], 200, sdp(9000))
    answer = next(m for m in carrier.inbox if isinstance(m, SipResponse) and m.status == 200)
    carrier.send(carrier.ack(invite, answer))
    pbx.advance(61)
    carrier.inbox.clear()
    carrier.send(carrier.in_dialog("BYE", invite, answer))
    incoming, outgoing = pbx.record.bills
    assert (incoming.is_incoming, incoming.payer, incoming.cost) == (True, "102", 60_000)
    assert (outgoing.is_incoming, outgoing.payer, outgoing.cost) == (False, "102", 500_000)
    assert pbx.record.cost == 560_000
    assert pbx.record.bill is outgoing
    assert left(pbx, "102") == 440_000


def test_a_balance_that_is_too_low_refuses_with_402() -> None:
    pbx = billed(balance="0.24")
    caller, carrier = pbx.registered("101", 5001), pbx.carrier()
    caller.invite(GERMANY)
    assert caller.response(402).reason == "Payment Required"
    assert carrier.got() == []
    record = pbx.record
    assert (record.cause.outcome, record.cause.reason) == (Outcome.REFUSED, "balance is too low")
    assert record.trace.steps[-1].why == (
        "extension 101 has 0.24 GBP left, and a call to +4930 costs 0.25 GBP for each 60 s begun"
    )
    assert [(fact.subject, fact.value) for fact in record.trace.facts if fact.name == "balance"] == [
        ("acme/101", 240_000)
    ]


def test_what_costs_nothing_needs_no_balance() -> None:
    pbx = billed(balance="0")
    caller, carrier = pbx.registered("101", 5001), pbx.carrier()
    call = talk(caller, carrier, FRANCE)
    pbx.advance(600)
    hang_up(pbx, caller, carrier, call)
    [bill] = pbx.record.bills
    assert (bill.prefix, bill.units, bill.cost, bill.account) == ("33", 10, 0, "")


def test_a_number_without_a_rate_is_not_dialled_on_a_balance() -> None:
    pbx = billed(balance="100")
    caller = pbx.registered("101", 5001)
    caller.invite(NOWHERE)
    caller.response(403)
    assert pbx.record.cause.reason == "no rate says what it costs"
    assert "no rate of carrier says what a call to '+882123456' costs" in pbx.record.trace.steps[-1].why


def test_a_number_without_a_rate_is_not_billed_where_nobody_has_a_balance() -> None:
    pbx = billed()
    caller, carrier = pbx.registered("101", 5001), pbx.carrier()
    hang_up(pbx, caller, carrier, talk(caller, carrier, NOWHERE))
    assert pbx.record.bills == ()


def test_help_goes_out_with_an_empty_balance_and_is_never_ended() -> None:
    pbx = billed(balance="0")
    caller, carrier = pbx.registered("101", 5001), pbx.carrier()
    call = talk(caller, carrier, "112")
    pbx.advance(3600)
    assert len(pbx.switch.calls) == 1
    hang_up(pbx, caller, carrier, call)
    assert pbx.record.bills == ()
    settle(pbx)


@pytest.mark.parametrize(
    ("balance", "unit_s", "lasts_s"),
    [("0.25", 60, 60), ("0.74", 60, 120), ("2.50", 60, 600), ("1", 6, 24), ("0.25", 3600, 3600)],
)
def test_a_call_ends_when_the_balance_is_used_up(balance: str, unit_s: int, lasts_s: int) -> None:
    pbx = billed(balance=balance, unit_s=unit_s)
    caller, carrier = pbx.registered("101", 5001), pbx.carrier()
    talk(caller, carrier)
    pbx.advance(lasts_s - 0.1)
    assert len(pbx.switch.calls) == 1
    pbx.advance(0.2)
    assert pbx.switch.calls == {}
    carrier.answer(carrier.incoming("BYE"), 200)
    bye = caller.incoming("BYE")
    assert bye.headers.first("Reason") == 'Q.850;cause=31;text="balance is used up"'
    caller.answer(bye, 200)
    record = pbx.record
    assert (record.cause.outcome, record.cause.reason) == (Outcome.ANSWERED, "balance is used up")
    units = lasts_s // unit_s
    assert (record.bills[0].units, record.cost) == (units, units * 250_000)
    assert left(pbx) == millionths(balance) - units * 250_000
    settle(pbx)


def test_two_calls_at_once_cant_spend_the_same_money() -> None:
    pbx = billed(balance="0.60")
    caller, other, carrier = pbx.registered("101", 5001), pbx.registered("101", 5003), pbx.carrier()
    first = caller.invite(GERMANY)
    ringing = carrier.incoming("INVITE")
    other.invite(GERMANY)
    second = carrier.incoming("INVITE")
    third = pbx.registered("101", 5005)
    third.invite(GERMANY)  # 0.50 of 0.60 is set aside for those that ring
    third.response(402)
    for incoming in (ringing, second):
        carrier.answer(incoming, 200, sdp(carrier.port + 1000, carrier.host))
    caller.send(caller.ack(first, caller.response(200)))
    pbx.advance(61)
    assert pbx.switch.calls == {}
    assert sum(record.cost for record in pbx.journal.closed) == 500_000
    assert left(pbx) == 100_000


def test_what_is_added_meanwhile_prolongs_the_call() -> None:
    pbx = billed(balance="0.25")
    caller, carrier = pbx.registered("101", 5001), pbx.carrier()
    talk(caller, carrier)
    pbx.advance(30)
    pbx.switch.balances.account("acme", "101").balance += millionths("0.25")
    pbx.advance(60)
    assert len(pbx.switch.calls) == 1
    pbx.advance(31)
    assert pbx.switch.calls == {}
    assert left(pbx) == 0


def test_rates_are_those_of_when_the_call_began() -> None:
    pbx = billed(balance="10")
    caller, carrier = pbx.registered("101", 5001), pbx.carrier()
    call = talk(caller, carrier)
    dearer = RateTableConfig(
        tenant="acme", name="carrier", rates=(PrefixRateConfig(prefix="4930", outgoing=9 * MILLION),)
    )
    pbx.configure(items=[*[item for item in pbx.items if not isinstance(item, RateTableConfig)], dearer])
    pbx.advance(125)
    hang_up(pbx, caller, carrier, call)
    assert pbx.record.cost == 750_000


def test_nobody_has_anything_while_balances_are_not_known() -> None:
    pbx = billed(balance="10")
    pbx.switch.balances.is_known = False
    caller, carrier = pbx.registered("101", 5001), pbx.carrier()
    caller.invite(GERMANY)
    caller.response(402)
    caller.inbox.clear()
    caller.invite("112")
    carrier.incoming("INVITE")


def test_what_was_left_before_a_restart_counts() -> None:
    pbx = billed(balance="10")
    pbx.switch.balances.restore([BalanceRow("acme", "101", 250_000, 10 * MILLION)])
    caller, carrier = pbx.registered("101", 5001), pbx.carrier()
    talk(caller, carrier)
    pbx.advance(61)
    assert pbx.record.cause.reason == "balance is used up"


def test_a_billed_call_leaves_no_cycle() -> None:
    pbx = billed(balance="10")
    caller, carrier = pbx.registered("101", 5001), pbx.carrier()
    hang_up(pbx, caller, carrier, talk(caller, carrier))
    pbx.journal.closed.clear()
    pbx.advance(70)
    gc.collect()
    gc.disable()
    try:
        call = talk(caller, carrier)
        pbx.advance(90)
        hang_up(pbx, caller, carrier, call)
        pbx.advance(70)
        del call
        pbx.journal.closed.clear()
        assert gc.collect() == 0
    finally:
        gc.enable()


@given(st.integers(0, 10**10), st.integers(0, 10**10), st.integers(1, 3600))
def test_what_takes_longer_never_costs_less_and_no_unit_is_lost(one_us: int, more_us: int, unit_s: int) -> None:
    short, long = (
        begun_units(EPOCH, EPOCH + timedelta(microseconds=length), unit_s) for length in (one_us, one_us + more_us)
    )
    assert short <= long
    assert (short - 1) * unit_s * MILLION < one_us <= short * unit_s * MILLION or short == one_us == 0


class _Line:
    """A call of 101 to Germany, between dialling and its end, on an account that others share."""

    def __init__(self, shop: _Shop) -> None:
        self.shop = shop
        self.answered_at: float | None = None
        self.is_over = False
        self.billing = Billing(shop.tenant, shop.rates, shop.query, shop.balances, shop.wheel, self.end)

    def begin(self) -> None:
        target = TrunkTarget("acme", ConfigRef("acme", "Trunk", "carrier"), "49", self.shop.query.callee, by="101")
        if self.billing.dial(target) is not None or self.billing.take(target, "a", "b") is not None:
            self.end(self.shop.now)
        else:
            self.answered_at = self.shop.now
            self.billing.begin(self.shop.now)

    def end(self, now: float) -> None:
        if self.is_over:
            return
        self.is_over = True
        began = None if self.answered_at is None else EPOCH + timedelta(seconds=self.answered_at)
        bills = self.billing.close(began, EPOCH + timedelta(seconds=now))
        self.shop.spent += sum(bill.cost for bill in bills)


class _Shop:
    def __init__(self, balance: int, unit_s: int) -> None:
        self.now = 0.0
        self.spent = 0
        self.wheel = Wheel()
        self.balances = Balances()
        self.tenant = tenant(
            extension("101", balance=balance),
            rates(unit_s),
            tolls=TollsConfig(rates="carrier"),
            billing=BOTH,
        )
        self.rates = self.tenant.rate_tables["carrier"]
        self.query = RouteQuery(
            tenant="acme",
            caller="101",
            caller_display="",
            callee=self.tenant.number(GERMANY),
            listener="",
            source="",
            at=EPOCH,
        )
        self.lines: list[_Line] = []

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while (deadline := self.wheel.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.wheel.expire(self.now)
        self.now = end


@settings(max_examples=60, deadline=None)
@given(
    balance=st.integers(0, 5_000_000),
    unit_s=st.sampled_from([1, 6, 60, 90]),
    steps=st.lists(st.tuples(st.sampled_from(["begin", "end", "wait"]), st.integers(0, 200)), max_size=30),
)
def test_calls_at_once_never_spend_more_than_there_is(balance: int, unit_s: int, steps: list[tuple[str, int]]) -> None:
    shop = _Shop(balance, unit_s)
    for what, number in steps:
        match what:
            case "begin":
                shop.lines.append(_Line(shop))
                shop.lines[-1].begin()
            case "end" if shop.lines:
                shop.lines[number % len(shop.lines)].end(shop.now)
            case _:
                shop.advance(number)
        assert shop.balances.available("acme", "101", balance) >= 0
    for line in shop.lines:
        line.end(shop.now)
    assert shop.balances.available("acme", "101", balance) == balance - shop.spent >= 0
