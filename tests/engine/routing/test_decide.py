"""Decisions as a table, their traces, and the same answer from recorded facts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialing.number import DialContext
from engine.cause import DISABLED, OFFLINE, OVER_QUOTA, WRONG_NUMBER, Cause
from engine.config.extension import ExtensionConfig
from engine.config.ref import ConfigRef, Origin
from engine.config.secret import SecretRef
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.config.system import SystemConfig
from engine.config.tenant import QuotaConfig, TenantConfig
from engine.routing.decide import decide
from engine.routing.decision import Dial, ExtensionTarget, Refuse, Verdict
from engine.routing.facts import Fact, RecordedFacts
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


def tenant(name: str, *extensions: ExtensionConfig, enabled: bool = True, most_calls: int = 0) -> TenantSnapshot:
    quotas = QuotaConfig(max_concurrent_calls=most_calls)
    config = TenantConfig(name=name, domain=f"{name}.example", enabled=enabled, quotas=quotas)
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


def query(dialled: str, tenant_name: str = "acme", caller: str = "101") -> RouteQuery:
    return RouteQuery(
        tenant=tenant_name,
        caller=caller,
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


@pytest.mark.parametrize("dialled", ["101", "102", "999", "104"])
def test_who_is_disabled_calls_nobody(dialled: str) -> None:
    decision = decide(SNAPSHOT, REGISTERED, query(dialled, caller="104"))
    assert isinstance(decision, Refuse)
    assert decision.cause is DISABLED
    assert decision.trace.steps[0].rule == ConfigRef("acme", "Extension", "104")


# Quotas: how many calls there may be, how many there are, what becomes of one more to a number.
QUOTAS: list[tuple[int, int, str, Cause | None]] = [
    (0, 0, "101", None),
    (0, 100_000, "101", None),
    (1, 0, "101", None),
    (1, 1, "101", OVER_QUOTA),
    (2, 1, "101", None),
    (2, 2, "101", OVER_QUOTA),
    (1, 2, "101", OVER_QUOTA),  # lowered under live calls
    (1, 1, "999", WRONG_NUMBER),
    (1, 1, "102", OFFLINE),
    (1, 1, "104", DISABLED),
]


@pytest.mark.parametrize(("most", "calls", "dialled", "expected"), QUOTAS)
def test_quota_of_calls(most: int, calls: int, dialled: str, expected: Cause | None) -> None:
    extensions = SNAPSHOT.tenants["acme"].extensions.values()
    limited = Snapshot.build(
        system=SystemConfig(), listeners=(), tenants=[tenant("acme", *extensions, most_calls=most)]
    )
    facts = RecordedFacts({**REGISTERED.values, ("calls", "acme"): calls, ("calls", "other"): 7})
    decision = decide(limited, facts, query(dialled))
    assert (decision.cause if isinstance(decision, Refuse) else None) is expected
    assert decide(limited, RecordedFacts.of(decision.trace.facts), query(dialled)) == decision


def test_a_call_over_quota_names_the_tenant_the_count_and_the_quota() -> None:
    limited = Snapshot.build(
        system=SystemConfig(), listeners=(), tenants=[tenant("acme", extension("acme", "101"), most_calls=3)]
    )
    facts = RecordedFacts({("contacts", "acme/101"): 1, ("calls", "acme"): 3})
    (step,) = decide(limited, facts, query("101")).trace.steps
    assert step.rule == ConfigRef("acme", "Tenant", "acme")
    assert step.why == "tenant 'acme' has 3 calls and may have 3 at once"


def test_a_record_tells_what_a_quota_of_later_would_have_refused() -> None:
    facts = RecordedFacts({("contacts", "acme/101"): 1, ("calls", "acme"): 3})
    trace = decide(SNAPSHOT, facts, query("101")).trace
    assert Fact("calls", "acme", 3) in trace.facts
    limited = Snapshot.build(
        system=SystemConfig(), listeners=(), tenants=[tenant("acme", extension("acme", "101"), most_calls=3)]
    )
    again = decide(limited, RecordedFacts.of(trace.facts), query("101"))
    assert isinstance(again, Refuse)
    assert again.cause is OVER_QUOTA
