"""What each kind of manifest becomes for the engine: all fields, and the defaults, which are the engine's own."""

from __future__ import annotations

from dataclasses import fields

import pytest

from dialing.schedule import DatedHours, Schedule
from dialing.time_range import TimeRange
from dialing.time_zone import TimeZone
from engine.config.extension import ExtensionConfig
from engine.config.listener import ListenerConfig
from engine.config.office_hours import OfficeHoursConfig
from engine.config.ref import ConfigRef, Origin
from engine.config.secret import SecretRef
from engine.config.snapshot import ConfigItem
from engine.config.system import MediaConfig, SipConfig, SystemConfig
from engine.config.tenant import QuotaConfig, TenantConfig
from reconciler.compile.registry import compile_resource, config_ref, origin_of
from schema.manifest_set import parse_file
from schema.registry import KINDS
from schema.resource import AnyResource

KATHMANDU = TimeZone("Asia/Kathmandu", (), (20700,))
HEAD = "apiVersion: trunkline/v1\n"


def resource(text: str) -> AnyResource:
    parsed = parse_file("a.yaml", HEAD + text)
    assert not parsed.problems
    return parsed.resources[0]


CASES: list[tuple[str, ConfigItem]] = [
    ("kind: System\nmetadata: {name: system}\nspec: {}", SystemConfig()),
    (
        """\
kind: System
metadata: {name: system}
spec:
  media:
    address: 192.0.2.1
    advertisedAddress: 203.0.113.1
    ports: "40000-41000"
    inactivityTimeout: 90s
  drain: 90m
  sip: {minExpires: 30s, maxExpires: 2h, defaultExpires: 15m, nonceLifetime: 1m, userAgent: Ours}
""",
        SystemConfig(
            media=MediaConfig(
                address="192.0.2.1",
                advertised_address="203.0.113.1",
                first_port=40000,
                last_port=41000,
                inactivity_timeout_s=90.0,
            ),
            sip=SipConfig(
                min_expires_s=30, max_expires_s=7200, default_expires_s=900, nonce_lifetime_s=60.0, user_agent="Ours"
            ),
            drain_s=5400.0,
        ),
    ),
    (
        "kind: Listener\nmetadata: {name: phones}\nspec: {transport: udp}",
        ListenerConfig(name="phones", transport="udp", port=5060),
    ),
    (
        """\
kind: Listener
metadata: {name: phones}
spec: {transport: udp, port: 5070, address: "[::1]", advertisedAddress: "2001:DB8::1", tenant: acme}
""",
        ListenerConfig(
            name="phones", transport="udp", port=5070, address="::1", advertised_address="2001:db8::1", tenant="acme"
        ),
    ),
    (
        "kind: Tenant\nmetadata: {name: acme}\nspec: {domain: PBX.example}",
        TenantConfig(name="acme", domain="pbx.example"),
    ),
    (
        """\
kind: Tenant
metadata: {name: acme}
spec:
  domain: acme.example
  enabled: false
  displayName: Acme
  quotas: {maxExtensions: 20, maxConcurrentCalls: 5}
  timeZone: Asia/Kathmandu
  officeHours: main
""",
        TenantConfig(
            name="acme",
            domain="acme.example",
            enabled=False,
            display_name="Acme",
            quotas=QuotaConfig(max_extensions=20, max_concurrent_calls=5),
            zone=KATHMANDU,
            office_hours="main",
        ),
    ),
    (
        'kind: Extension\nmetadata: {tenant: acme, name: "0102"}\nspec: {password: {env: PW}}',
        ExtensionConfig(tenant="acme", name="0102", number="0102", auth_user="0102", password=SecretRef("env:PW")),
    ),
    (
        """\
kind: Extension
metadata: {tenant: acme, name: ada}
spec:
  number: 0101
  authUser: ada.l
  displayName: Ada
  enabled: false
  maxContacts: 2
  ringTime: 1m
  officeHours: nights
  password: {file: secrets/ada}
""",
        ExtensionConfig(
            tenant="acme",
            name="ada",
            number="0101",
            auth_user="ada.l",
            password=SecretRef("file:secrets/ada"),
            display_name="Ada",
            enabled=False,
            max_contacts=2,
            ring_time_s=60.0,
            office_hours="nights",
        ),
    ),
    (
        "kind: OfficeHours\nmetadata: {tenant: acme, name: main}\nspec:\n  week: {tue: '09:00-17:00'}",
        OfficeHoursConfig(
            tenant="acme", name="main", schedule=Schedule(week=((), (TimeRange(540, 1020),), (), (), (), (), ()))
        ),
    ),
    (
        """\
kind: OfficeHours
metadata: {tenant: acme, name: nights}
spec:
  timeZone: Asia/Kathmandu
  week: {mon-sun: "22:00-06:00"}
  dates: {2026-12-24: closed}
""",
        OfficeHoursConfig(
            tenant="acme",
            name="nights",
            schedule=Schedule(
                week=((TimeRange(1320, 1800),),) * 7,
                dates=(DatedHours(first=739974, last=739974, ranges=(), written="2026-12-24"),),
            ),
            zone=KATHMANDU,
        ),
    ),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_each_kind(text: str, expected: ConfigItem) -> None:
    found = resource(text)
    assert compile_resource(found) == expected
    assert config_ref(found) == expected.ref
    assert origin_of(found) == Origin("a.yaml", 1)


def test_every_kind_is_compiled() -> None:
    assert {type(item).__name__ for _, item in CASES} == {f"{kind}Config" for kind in KINDS}


def _parts(item: ConfigItem) -> tuple[object, ...]:
    match item:
        case SystemConfig(media=media, sip=sip):
            return (media, sip)
        case TenantConfig():
            return (item, item.quotas)
        case _:
            return (item,)


@pytest.mark.parametrize(
    "config", [ExtensionConfig, ListenerConfig, TenantConfig, QuotaConfig, OfficeHoursConfig, MediaConfig, SipConfig]
)
def test_every_field_is_set_by_some_manifest(config: type) -> None:
    """A field that no manifest can set would be a constant: the last case of each kind sets all of them."""
    items = [item for _, item in CASES]
    values = [value for item in items for value in _parts(item) if isinstance(value, config)]
    for field in fields(config):
        assert len({getattr(value, field.name) for value in values}) > 1 or field.name in {
            "tenant",
            "name",
            "transport",
        }


def test_the_tenants_own_key() -> None:
    found = resource("kind: Tenant\nmetadata: {name: acme}\nspec: {domain: acme.example}")
    assert config_ref(found) == ConfigRef("acme", "Tenant", "acme")
