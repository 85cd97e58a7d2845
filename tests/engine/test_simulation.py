"""The door of imagined calls: what is dialled, and that it is decided as a live call is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.simulation import DialledAt, Refuse, RouteDecision, decide_dialled, dialled_at, query_of
from tests.support.pbx import Pbx, Phone

DIALLED = [
    ("102", DialledAt("102", None)),
    ("", DialledAt("", None)),
    ("+44 20 7946 0100", DialledAt("+44 20 7946 0100", None)),
    ("sip:102@acme.example", DialledAt("102", "acme.example")),
    ("SIPS:102@Acme.Example:5061;transport=tls", DialledAt("102", "Acme.Example")),
    ("sip:%2397@acme.example", DialledAt("#97", "acme.example")),
    ("sip:acme.example", DialledAt("", "acme.example")),
    ("sip:", DialledAt("sip:", None)),
    ("sip:a b@c", DialledAt("sip:a b@c", None)),
    ("tel:+442079460100", DialledAt("+442079460100", None)),
    ("tel:101;phone-context=acme.example", DialledAt("101", "acme.example")),
    ("tel:020-7946-0100;phone-context=+44", DialledAt("020-7946-0100", "+44")),
    ("tel:", DialledAt("tel:", None)),
    ("urn:service:sos", DialledAt("urn:service:sos", None)),
]


@pytest.mark.parametrize(("text", "expected"), DIALLED)
def test_what_is_dialled(text: str, expected: DialledAt) -> None:
    assert dialled_at(text) == expected


@given(st.text())
def test_any_text_may_be_dialled(text: str) -> None:
    dialled_at(text)
    dialled_at("sip:" + text)


def imagined(pbx: Pbx, address: str) -> RouteDecision:
    """101 calls that address, as things stand."""
    snapshot, dialled = pbx.admission.snapshot, dialled_at(address)
    tenant = snapshot.tenants["acme"]
    at = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    query = query_of(tenant, tenant.extensions["101"], dialled.text, listener="udp", source="", at=at)
    return decide_dialled(snapshot, pbx.switch.facts, query, dialled.host)


CALLS = ["102", "103", "104", "1002", "%31%30%32", "+102", "a.b-c", "x" * 40]


@pytest.mark.parametrize(
    "domain", ["acme.example", "ACME.example", "other.example", "203.0.113.1", "elsewhere.example"]
)
@pytest.mark.parametrize("number", CALLS)
def test_a_live_call_is_decided_as_an_imagined_one(number: str, domain: str) -> None:
    """The record of a real INVITE against the simulation of the same address, with live facts of the same moment."""
    pbx = Pbx("101", "102", "103")
    caller = pbx.registered("101", 5101)
    pbx.registered("102", 5102)
    assert_alike(pbx, caller, f"sip:{number}@{domain}")


TELS = [
    "tel:102",
    "tel:102;phone-context=acme.example",
    "tel:102;phone-context=other.example",
    "tel:102;phone-context=+49",
    "tel:+442079460100",
    "TEL:112",
    "urn:service:sos",
    "urn:service:sos.fire",
]


@pytest.mark.parametrize("address", TELS)
def test_so_is_one_to_a_number_or_to_a_service(address: str) -> None:
    pbx = Pbx("101", "102", "103")
    caller = pbx.registered("101", 5101)
    pbx.registered("102", 5102)
    assert_alike(pbx, caller, address)


def assert_alike(pbx: Pbx, caller: Phone, address: str) -> None:
    expected = imagined(pbx, address)
    caller.invite_at(address)
    if isinstance(expected, Refuse):
        assert (pbx.record.cause, pbx.record.trace) == (expected.cause, expected.trace)
    else:
        (call,) = pbx.switch.calls.values()
        assert call.account.trace == expected.trace
