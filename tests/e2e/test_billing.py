"""Calls over trunks are billed, with real phones on both sides: what they cost, who is told, and what a balance does."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.e2e.office import ADA, GRACE, Office
from tests.e2e.test_limits import change_tenant, reason
from tests.e2e.test_trunks import NUMBER, connect_outside, trunk, wait_for_state
from tests.support.phone import Account, Phone, Stack
from tests.support.ports import LOOPBACK
from tests.support.receiver import Receiver
from tests.support.trunkline_process import Json, outcome

pytestmark = pytest.mark.timeout(240)  # each command is a process of its own

RATES = """\
apiVersion: trunkline/v1
kind: RateTable
metadata: {tenant: office, name: carrier}
spec:
  currency: GBP
  rates:
    - {prefix: "+49", outgoing: 9}
    - {prefix: "+4930", outgoing: 0.05, incoming: 0.02, unit: 2s}
"""
BILLED = ", dialling: {country: GB}, profile: {currency: GBP}, tolls: {rates: carrier}, billing: {outgoing: true, incoming: true}"


@pytest.fixture
def calls() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def billed(office: Office, balance: str | None, more: str = "") -> tuple[Phone, Phone]:
    """A tenant that bills: Ada's phone, with a balance, and one outside that the carrier stands for."""
    site = office.site
    outside = office.new_phone(Stack.PJSIP, "outside")
    outside.use(Account(user="+493012345678", domain=f"{LOOPBACK}:{outside.port}"))
    connect_outside(site, RATES, trunk(f"{LOOPBACK}:{outside.port}", domain="carrier.example", optionsInterval="0s"))
    if balance is not None:
        site.add_extension(ADA, mayCallOutside="true", outboundCallerId='"+442079460101"', balance=balance)
    wait_for_state(site, "carrier", "trying")
    change_tenant(office, BILLED + more)
    return office.phone(Stack.PJSIP, ADA), outside


def talk(office: Office, ada: Phone, outside: Phone) -> None:
    ada.call(office.site.uri(NUMBER))
    outside.wait_for_incoming()
    outside.answer()
    ada.wait_for_call("confirmed")


def wait_for_balance(office: Office, expected: str) -> None:
    """Until that is left, and the ledger adds up to it."""
    deadline = time.monotonic() + 15
    while True:
        data = ("--data", str(office.site.data))
        found = json.loads(office.site.run("balance", "show", f"office/{ADA}", *data, "--output", "json").stdout)
        sums = [sum(map(Decimal, [line["amount"] for line in found["ledger"]])), Decimal(found["balance"])]
        if sums == [Decimal(expected)] * 2:
            return
        assert time.monotonic() < deadline, f"ledger and balance are {sums}, not {expected}"
        time.sleep(0.1)


def bill_of(record: Json) -> tuple[object, ...]:
    return record["prefix"], record["rate"], record["rate_unit_s"], record["currency"]


def test_a_call_costs_what_the_table_says_and_the_webhook_has_it(office: Office, calls: Receiver) -> None:
    ada, outside = billed(office, "5", f", webhooks: {{cdr: {{url: '{calls.url}'}}}}")
    talk(office, ada, outside)
    time.sleep(2.5)
    ada.hang_up()
    outside.wait_for_call("disconnected")
    [record] = office.site.wait_for_cdrs(1)
    talked = record["talk_s"]
    assert isinstance(talked, float)
    units = int(-(-talked // 2))
    cost = f"{units * 5 / 100:.2f}"
    assert 2 <= units <= 4
    assert bill_of(record) == ("+4930", "0.05", 2, "GBP")
    assert record["cost"] == cost
    [posted] = calls.wait(1)
    body = posted.json
    assert (body["call_cost"], body["call_rate"], body["call_prefix"]) == (cost, "0.05", "+4930")
    assert body["cost_duration_unit"] == 2
    wait_for_balance(office, f"{5 - units * 5 / 100:.2f}")
    told = office.site.run("explain", str(record["call_id"]), "--data", str(office.site.data)).stdout
    assert f"outgoing +4930: {units} x 2 s at 0.05 = {cost} GBP, paid by extension 101, from its balance" in told


def test_an_incoming_call_is_billed_too(office: Office) -> None:
    _, outside = billed(office, None)
    grace = office.phone(Stack.BARESIP, GRACE)
    outside.call(f"sip:+442079460100@{office.site.server}")
    grace.wait_for_incoming()
    grace.answer()
    outside.wait_for_call("confirmed")
    grace.hang_up()
    outside.wait_for_call("disconnected")
    [record] = office.site.wait_for_cdrs(1)
    assert record["direction"] == "inbound"
    assert bill_of(record) == ("+4930", "0.02", 2, "GBP")
    assert record["cost"] in ("0.02", "0.04")


def test_a_balance_that_is_too_low_refuses_until_something_is_added(office: Office) -> None:
    ada, outside = billed(office, "0.04")
    ada.call(office.site.uri(NUMBER))
    assert ada.wait_for_call("disconnected").status == 402
    [record] = office.site.wait_for_cdrs(1)
    assert (outcome(record), reason(record)) == ("REFUSED", "balance is too low")
    data = ("--data", str(office.site.data))
    added = office.site.run("balance", "add", f"office/{ADA}", "1", "--note", "cash", *data).stdout
    assert added == "office/101 has 1.04 GBP\n"
    talk(office, ada, outside)
    ada.hang_up()
    office.site.wait_for_cdrs(2)
    shown = office.site.run("balance", "show", f"office/{ADA}", *data).stdout
    assert "cash" in shown
    listed = office.site.run("balance", "show", *data).stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["EXTENSION", f"office/{ADA}"]


def test_a_call_is_ended_when_the_balance_is_used_up(office: Office) -> None:
    ada, outside = billed(office, "0.12")
    talk(office, ada, outside)
    began = time.monotonic()
    ada.wait_for_call("disconnected")
    outside.wait_for_call("disconnected")
    assert 3.0 < time.monotonic() - began < 6.0
    [record] = office.site.wait_for_cdrs(1)
    assert (outcome(record), reason(record), record["cost"]) == ("ANSWERED", "balance is used up", "0.10")
    wait_for_balance(office, "0.02")


def test_help_goes_out_with_an_empty_balance_and_stays(office: Office) -> None:
    ada, outside = billed(office, "0")
    ada.call(office.site.uri("112"))
    outside.wait_for_incoming()
    outside.answer()
    ada.wait_for_call("confirmed")
    outside.expect_none("call", 3.0, state="disconnected")
    ada.hang_up()
    [record] = office.site.wait_for_cdrs(1)
    assert (outcome(record), record["cost"]) == ("ANSWERED", None)


def test_a_killed_server_charges_what_its_journal_knows_and_once(office: Office) -> None:
    ada, outside = billed(office, "5")
    wait_for_balance(office, "5.00")
    talk(office, ada, outside)
    time.sleep(1.0)
    office.server.kill9()
    office.restart()
    [record] = office.site.wait_for_cdrs(1)
    assert outcome(record) == "INTERRUPTED"
    cost = record["cost"]
    assert isinstance(cost, str)
    left = f"{5 - float(cost):.2f}"
    wait_for_balance(office, left)
    office.server.kill9()
    office.restart()
    assert len(office.site.wait_for_cdrs(1)) == 1
    wait_for_balance(office, left)
