"""Config values as rows and back."""

from __future__ import annotations

import json

import pytest

from engine.config.extension import ExtensionConfig
from engine.config.listener import ListenerConfig
from engine.config.secret import SecretRef
from engine.config.snapshot import ConfigItem, item_digest
from engine.config.system import MediaConfig, SipConfig, SystemConfig
from engine.config.tenant import QuotaConfig, TenantConfig
from reconciler.compile.rows import Row, from_row, to_row

ITEMS: list[ConfigItem] = [
    SystemConfig(),
    SystemConfig(media=MediaConfig(address="192.0.2.1", first_port=40000), sip=SipConfig(user_agent="Ours")),
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
]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: type(item).__name__)
def test_there_and_back_through_json(item: ConfigItem) -> None:
    found = from_row(json.loads(json.dumps(to_row(item))))
    assert found == item
    assert item_digest(found) == item_digest(item)


NO_ROWS: list[Row] = [[], [7], ["Trunk", "x"], ["Tenant", "acme"], ["System", 1, 2], ["System", [], []]]


@pytest.mark.parametrize("row", NO_ROWS)
def test_what_is_no_row(row: Row) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_row(row)
