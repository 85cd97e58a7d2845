"""Whose office hours count, and what the trace says of them."""

from dataclasses import replace
from datetime import UTC, datetime

from dialing.schedule import Schedule
from dialing.time_range import TimeRange
from dialing.time_zone import TimeZone
from engine.config.extension import ExtensionConfig
from engine.config.office_hours import OfficeHoursConfig
from engine.config.ref import Origin
from engine.config.secret import SecretRef
from engine.config.snapshot import TenantSnapshot
from engine.config.tenant import TenantConfig
from engine.routing.decision import TraceStep, Verdict
from engine.routing.office_hours import hours_named, in_hours

KATHMANDU = TimeZone("Asia/Kathmandu", (), (20700,))
TOKYO = TimeZone("Asia/Tokyo", (), (32400,))
ACME = TenantConfig(name="acme", domain="acme.example", zone=KATHMANDU, office_hours="main")
ADA = ExtensionConfig(tenant="acme", name="ada", number="101", auth_user="101", password=SecretRef("env:P"))
MAIN = OfficeHoursConfig(tenant="acme", name="main", schedule=Schedule(week=((TimeRange(540, 1020),),) * 7))
NIGHTS = OfficeHoursConfig(
    tenant="acme", name="nights", schedule=Schedule(week=((TimeRange(1320, 1800),),) * 7), zone=TOKYO
)
AT = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)  # 10:45 in Kathmandu, 14:00 in Tokyo


def tenant(config: TenantConfig = ACME) -> TenantSnapshot:
    return TenantSnapshot.build([config, ADA, MAIN, NIGHTS], origins={MAIN.ref: Origin("acme.yaml", 12)})


def test_the_tenants_hours_in_the_tenants_zone() -> None:
    found = in_hours(tenant(), ADA, AT)
    why = "Thu 2026-11-26 10:45 in Asia/Kathmandu is in hours: thu 09:00-17:00"
    assert found.is_open
    assert found.step == TraceStep(Verdict.MATCHED, MAIN.ref, Origin("acme.yaml", 12), why)
    assert in_hours(tenant(), None, AT) == found


def test_own_hours_go_before_the_tenants_in_their_own_zone() -> None:
    found = in_hours(tenant(), replace(ADA, office_hours="nights"), AT)
    why = "Thu 2026-11-26 14:00 in Asia/Tokyo is out of hours: thu 22:00-06:00"
    assert not found.is_open
    assert found.step == TraceStep(Verdict.MISSED, NIGHTS.ref, None, why)


def test_without_any_hours_it_is_always_in_hours() -> None:
    free = tenant(replace(ACME, office_hours=None))
    found = in_hours(free, ADA, AT)
    assert found.is_open
    assert found.step.why == "neither extension 101 nor its tenant has office hours: always in hours"
    assert in_hours(free, None, AT).step.why == "tenant 'acme' has no office hours: always in hours"
    assert not in_hours(free, replace(ADA, office_hours="nights"), AT).is_open


def test_hours_that_are_not_there_are_out_of_hours() -> None:
    found = hours_named(tenant(), "gone", AT)
    assert not found.is_open
    assert found.step.why == "tenant 'acme' has no office hours 'gone': out of hours"
