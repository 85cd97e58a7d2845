"""Config values as rows and back."""

from __future__ import annotations

import json

import pytest

from dialing.schedule import DatedHours, Schedule
from dialing.time_range import TimeRange
from engine.config.extension import ExtensionConfig
from engine.config.listener import ListenerConfig
from engine.config.office_hours import OfficeHoursConfig
from engine.config.secret import SecretRef
from engine.config.security import RateConfig, SecurityConfig
from engine.config.snapshot import ConfigItem, item_digest
from engine.config.system import MediaConfig, SipConfig, SystemConfig
from engine.config.tenant import QuotaConfig, TenantConfig
from reconciler.compile.public_holidays import public_holidays
from reconciler.compile.rows import Row, from_row, to_row
from reconciler.compile.time_zone import time_zone

ITEMS: list[ConfigItem] = [
    SystemConfig(),
    SystemConfig(media=MediaConfig(address="192.0.2.1", first_port=40000), sip=SipConfig(user_agent="Ours")),
    SystemConfig(
        security=SecurityConfig(
            automatic_bans=False,
            level1=RateConfig(per_s=9000, ban_s=60.0),
            allow=("192.0.2.0/24", "2001:db8::/32"),
            deny=("198.51.100.7/32",),
        )
    ),
    ListenerConfig(name="phones", transport="udp", port=5060, tenant="acme"),
    ListenerConfig(name="phones", transport="udp", port=5060, address="::1", advertised_address="2001:db8::1"),
    TenantConfig(name="acme", domain="acme.example", enabled=False, display_name="Acme & Söhne"),
    TenantConfig(name="b", domain="b.example", quotas=QuotaConfig(max_extensions=20, max_concurrent_calls=5)),
    ExtensionConfig(
        tenant="acme",
        name="ada",
        number="0101",
        auth_user="ada",
        password=SecretRef("file:secrets/ada"),
        display_name="Ada",
        enabled=False,
        max_contacts=3,
        ring_time_s=12.0,
    ),
    OfficeHoursConfig(tenant="acme", name="bare", schedule=Schedule(week=((),) * 7)),
    OfficeHoursConfig(
        tenant="acme",
        name="main",
        schedule=Schedule(
            week=((TimeRange(540, 720), TimeRange(780, 1020)), *((),) * 6),
            dates=(DatedHours(first=1, last=2, ranges=(TimeRange(0, 60),), written="12-24"),),
            calendar=public_holidays("GB", "ENG"),
        ),
        zone=time_zone("Europe/London"),
    ),
]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: type(item).__name__)
def test_there_and_back_through_json(item: ConfigItem) -> None:
    found = from_row(json.loads(json.dumps(to_row(item))))
    assert found == item
    assert item_digest(found) == item_digest(item)


NO_ROWS: list[Row] = [
    [],
    [7],
    ["Trunk", "x"],
    ["Tenant", "acme"],
    ["System", 1, 2],
    ["System", [], []],
    ["OfficeHours", "acme", "main", None, None],
    ["OfficeHours", "a", "b", [7, [], None], None],
]


@pytest.mark.parametrize("row", NO_ROWS)
def test_what_is_no_row(row: Row) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_row(row)
