"""Calls to what manifests declare and the engine does not carry out yet, as phones see it: a refusal that says so, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.config.declared import DeclaredConfig
from engine.config.listener import ListenerConfig
from engine.config.snapshot import Snapshot, TenantItem, TenantSnapshot
from engine.config.system import SystemConfig
from tests.support.pbx import Pbx
from tests.support.routed import forwarding

KINDS = ("Receptionist", "Queue", "Conference")


def with_items(pbx: Pbx, *more: TenantItem) -> Snapshot:
    """What runs, with these in the place of those of their names."""
    known = {item.ref: item for item in pbx.admission.snapshot.tenants["acme"].items.values()}
    known |= {item.ref: item for item in more}
    return Snapshot.build(
        system=SystemConfig(),
        listeners=[ListenerConfig(name="udp", transport="udp", port=5060, tenant="acme")],
        tenants=[TenantSnapshot.build([*known.values()])],
    )


def called(pbx: Pbx, number: str) -> int:
    phone = pbx.registered("101", 5070)
    first = phone.request("INVITE", f"sip:{number}@acme.example", call_id=phone.branch())
    phone.send(first)
    phone.send(phone.authorized(first, phone.response(401)))
    return phone.response().status


@pytest.mark.parametrize("kind", KINDS)
def test_its_number_is_refused_and_the_call_is_over(kind: str) -> None:
    pbx = Pbx("101", "102")
    pbx.apply(with_items(pbx, DeclaredConfig(tenant="acme", kind=kind, name="help", spec="{}", number="7000")))
    assert called(pbx, "7000") == 480
    pbx.advance(40)
    assert not pbx.switch.calls
    assert pbx.bugs == []


@pytest.mark.parametrize(("kind", "value"), [("receptionist", "help"), ("voicemail", "102"), ("conference", "none")])
def test_who_forwards_there_is_reached_no_other_way(kind: str, value: str) -> None:
    pbx = Pbx("101", "102")
    away = pbx.admission.snapshot.tenants["acme"].extensions["102"]
    help_ = DeclaredConfig(tenant="acme", kind="Receptionist", name="help", spec="{}", number="7000")
    pbx.apply(with_items(pbx, help_, replace(away, forwarding=(forwarding("always", kind, value),))))
    assert called(pbx, "102") == (404 if value == "none" else 480)
    assert pbx.bugs == []


def test_a_number_for_help_stays_one_whatever_is_declared_for_it() -> None:
    pbx = Pbx("101")
    pbx.apply(with_items(pbx, DeclaredConfig(tenant="acme", kind="Queue", name="help", spec="{}", number="112")))
    assert called(pbx, "112") == 404  # no trunk of this company leads there: it was looked for outside
