"""Decisions as a table, their traces, and the same answer from recorded facts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialing.number import DialContext
from engine.cause import DISABLED, OFFLINE, WRONG_NUMBER, Cause
from engine.config.extension import ExtensionConfig
from engine.config.ref import ConfigRef, Origin
from engine.config.secret import SecretRef
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.config.system import SystemConfig
from engine.config.tenant import TenantConfig
from engine.routing.decide import decide
from engine.routing.decision import Dial, ExtensionTarget, Refuse, Verdict
from engine.routing.facts import RecordedFacts
from engine.routing.query import RouteQuery


def extension(tenant: str, number: str, *, enabled: bool = True) -> ExtensionConfig:
    return ExtensionConfig(
        tenant=tenant,
        name=number,
        number=number,
        auth_user=number,
        password=SecretRef("env:X"),
        enabled=enabled,
        ring_time_s=25,
    )


def tenant(name: str, *extensions: ExtensionConfig, enabled: bool = True) -> TenantSnapshot:
    config = TenantConfig(name=name, domain=f"{name}.example", enabled=enabled)
    origins = {item.ref: Origin("extensions.yaml", i * 10 + 1) for i, item in enumerate(extensions)}
    return TenantSnapshot.build([config, *extensions], origins=origins)


SNAPSHOT = Snapshot.build(
    system=SystemConfig(),
    listeners=(),
    tenants=(
        tenant(
            "acme",
            extension("acme", "101"),
            extension("acme", "102"),
            extension("acme", "0103"),
            extension("acme", "104", enabled=False),
            extension("acme", "reception"),
        ),
        tenant("other", extension("other", "201")),
        tenant("asleep", extension("asleep", "101"), enabled=False),
    ),
)
REGISTERED = RecordedFacts({("contacts", f"acme/{number}"): 1 for number in ("101", "0103", "104", "reception")})


def query(dialled: str, tenant_name: str = "acme") -> RouteQuery:
    return RouteQuery(
        tenant=tenant_name,
        caller="101",
        caller_display="",
        callee=DialContext().number(
            dialled, SNAPSHOT.tenants[tenant_name].extensions if tenant_name in SNAPSHOT.tenants else ()
        ),
        listener="udp",
        source="192.0.2.1",
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )


CASES: list[tuple[str, str, str, str | Cause]] = [
    ("registered", "acme", "101", "101"),
    ("leading zero", "acme", "0103", "0103"),
    ("letters", "acme", "reception", "reception"),
    ("offline", "acme", "102", OFFLINE),
    ("disabled extension, even registered", "acme", "104", DISABLED),
    ("unknown", "acme", "999", WRONG_NUMBER),
    ("nothing crosses tenants", "acme", "201", WRONG_NUMBER),
    ("zeros are not stripped", "acme", "00101", WRONG_NUMBER),
    ("empty", "acme", "", WRONG_NUMBER),
    ("disabled tenant", "asleep", "101", DISABLED),
    ("no such tenant", "nobody", "101", WRONG_NUMBER),
]


@pytest.mark.parametrize(("tenant_name", "dialled", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_decision(tenant_name: str, dialled: str, expected: str | Cause) -> None:
    decision = decide(SNAPSHOT, REGISTERED, query(dialled, tenant_name))
    if isinstance(expected, Cause):
        assert isinstance(decision, Refuse)
        assert decision.cause is expected
    else:
        assert isinstance(decision, Dial)
        assert decision.targets == (ExtensionTarget("acme", expected),)
        assert decision.ring_time_s == 25


def test_the_trace_names_rule_file_and_line() -> None:
    step = decide(SNAPSHOT, REGISTERED, query("102")).trace.steps[0]
    assert step.rule == ConfigRef("acme", "Extension", "102")
    assert step.origin == Origin("extensions.yaml", 11)


@pytest.mark.parametrize("dialled", ["10", "1011", "011", "103", "1102"])
def test_nearest_misses_are_one_edit_away(dialled: str) -> None:
    trace = decide(SNAPSHOT, REGISTERED, query(dialled)).trace
    misses = [step for step in trace.steps if step.verdict is Verdict.MISSED]
    assert 1 <= len(misses) <= 5
    assert all(step.rule is not None and step.origin is not None for step in misses)


@given(st.text(max_size=50))
def test_any_number_gets_a_decision_and_the_same_one_from_its_own_facts(dialled: str) -> None:
    decision = decide(SNAPSHOT, REGISTERED, query(dialled))
    assert decide(SNAPSHOT, RecordedFacts.of(decision.trace.facts), query(dialled)) == decision
