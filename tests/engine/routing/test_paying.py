"""Whether who pays has the money, decided by tables: facts come in, and the trace says what was left and what it costs."""

from __future__ import annotations

import pytest

from engine.config.rate_table import PrefixRateConfig, RateTableConfig
from engine.config.snapshot import Snapshot, TenantItem
from engine.config.system import SystemConfig
from engine.config.tenant import BillingConfig, TollsConfig
from engine.routing.decide import decide
from engine.routing.decision import Dial, DialOut, Hunt, Refuse
from engine.routing.facts import RecordedFacts
from tests.support.routed import (
    calls_in,
    dials,
    extension,
    facts,
    forwarding,
    group,
    inbound,
    outbound,
    tenant,
    to,
    trunk,
)

BERLIN, PARIS, MOON = "00493012345678", "0033142685300", "00882123456"
BILLED = BillingConfig(outgoing=True, incoming=True)


def table(owner: str = "acme", incoming: int = 20) -> RateTableConfig:
    rates = (
        PrefixRateConfig(prefix="49", outgoing=50, incoming=incoming),
        PrefixRateConfig(prefix="4930", outgoing=100, incoming=incoming, unit_s=30),
        PrefixRateConfig(prefix="33", outgoing=0),
    )
    return RateTableConfig(tenant=owner, name="carrier", rates=rates)


def company(*items: TenantItem, billing: BillingConfig = BILLED, shared: bool = False) -> Snapshot:
    own = () if shared else (table(),)
    owner = tenant(
        trunk("carrier"),
        outbound("out"),
        *own,
        *items,
        tolls=TollsConfig(rates="carrier", currency="GBP"),
        billing=billing,
    )
    return Snapshot.build(
        system=SystemConfig(), listeners=(), tenants=[owner], rate_tables=[table("")] if shared else ()
    )


CASES = [
    pytest.param(BERLIN, 500, {"acme/101": 100}, None, id="just enough"),
    pytest.param(BERLIN, 500, {"acme/101": 99}, "balance is too low", id="too low"),
    pytest.param(BERLIN, 500, {"acme/101": -1}, "balance is too low", id="overdrawn"),
    pytest.param(BERLIN, 500, {}, None, id="not known: as the manifest says"),
    pytest.param(BERLIN, 99, {}, "balance is too low", id="not known, and the manifest says too little"),
    pytest.param(BERLIN, None, {"acme/101": 0}, None, id="as much as it wants"),
    pytest.param(PARIS, 500, {"acme/101": 0}, None, id="free of charge"),
    pytest.param(MOON, 500, {"acme/101": 10**12}, "no rate says what it costs", id="no rate"),
    pytest.param(MOON, None, {}, None, id="no rate, and no balance"),
    pytest.param("112", 0, {"acme/101": 0}, None, id="help"),
]


@pytest.mark.parametrize("shared", [False, True], ids=["own table", "shared table"])
@pytest.mark.parametrize(("dialled", "balance", "left", "refused"), CASES)
def test_calls_to_the_outside(
    dialled: str, balance: int | None, left: dict[str, int], refused: str | None, shared: bool
) -> None:
    snapshot = company(extension("101", balance=balance), shared=shared)
    decision = decide(snapshot, facts(balance=left), dials(snapshot, "101", dialled))
    assert (decision.cause.reason if isinstance(decision, Refuse) else None) == refused
    if refused is None:
        assert isinstance(decision, DialOut)


def test_where_nothing_is_billed_no_balance_is_asked() -> None:
    snapshot = company(extension("101", balance=0), billing=BillingConfig(incoming=True))
    decision = decide(snapshot, RecordedFacts({}), dials(snapshot, "101", BERLIN))
    assert isinstance(decision, DialOut)
    assert "balance" not in {fact.name for fact in decision.trace.facts}


def test_the_trace_is_enough_to_decide_again() -> None:
    snapshot = company(extension("101", balance=500))
    query = dials(snapshot, "101", BERLIN)
    first = decide(snapshot, facts(balance={"acme/101": 7}), query)
    assert decide(snapshot, RecordedFacts.of(first.trace.facts), query) == first


@pytest.mark.parametrize(("left", "rings"), [(20, True), (19, False)])
def test_calls_from_outside_are_paid_for_by_who_is_called(left: int, rings: bool) -> None:
    snapshot = company(extension("101", balance=500), inbound("main", dids=("+442079460100",)))
    known = facts(contacts={"acme/101": 1}, balance={"acme/101": left})
    decision = decide(snapshot, known, calls_in(snapshot, "+442079460100", "+493012345"))
    assert isinstance(decision, Dial) is rings
    if isinstance(decision, Refuse):
        assert (decision.cause.sip_status, decision.cause.reason) == (480, "balance of who is called is too low")


@pytest.mark.parametrize("caller", ["", "+18005550100", "+33142685300"], ids=["anonymous", "no rate", "free of charge"])
def test_calls_from_outside_that_cost_nothing_are_taken(caller: str) -> None:
    snapshot = company(extension("101", balance=0), inbound("main", dids=("+442079460100",)))
    decision = decide(snapshot, facts(contacts={"acme/101": 1}), calls_in(snapshot, "+442079460100", caller))
    assert isinstance(decision, Dial)


def test_members_who_cant_pay_are_left_out_of_calls_from_outside_only() -> None:
    snapshot = company(
        extension("101"),
        extension("102", balance=0),
        group("sales", "600", "101", "102"),
        inbound("main", to("ringGroup", "sales"), dids=("+442079460100",)),
    )
    phones = facts(contacts={"acme/101": 1, "acme/102": 1})
    outside = decide(snapshot, phones, calls_in(snapshot, "+442079460100", "+493012345"))
    inside = decide(snapshot, phones, dials(snapshot, "101", "600"))
    assert isinstance(outside, Hunt)
    assert isinstance(inside, Hunt)
    assert [target.number for step in outside.steps for target in step.targets] == ["101"]
    assert [target.number for step in inside.steps for target in step.targets] == ["102"]


def test_who_forwards_outside_has_to_pay_for_it() -> None:
    snapshot = company(
        extension("101"), extension("102", balance=50, forwarding=(forwarding("always", "external", BERLIN),))
    )
    decision = decide(snapshot, RecordedFacts({}), dials(snapshot, "101", "102"))
    assert isinstance(decision, Refuse)
    assert decision.trace.steps[-1].why == (
        "extension 102 has 0.00005 GBP left, and a call to +4930 costs 0.0001 GBP for each 30 s begun"
    )
