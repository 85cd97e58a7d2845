"""Small snapshots for imagined calls."""

from __future__ import annotations

from typing import Final

from engine.config.extension import ExtensionConfig
from engine.config.listener import ListenerConfig
from engine.config.ref import Origin
from engine.config.secret import SecretRef
from engine.config.snapshot import Snapshot, TenantItem, TenantSnapshot
from engine.config.system import SystemConfig
from engine.config.tenant import QuotaConfig, TenantConfig


def extension(tenant: str, number: str, *, enabled: bool = True) -> ExtensionConfig:
    return ExtensionConfig(
        tenant=tenant,
        name=number,
        number=number,
        auth_user=number,
        password=SecretRef("env:X"),
        display_name=f"Phone {number}",
        enabled=enabled,
        ring_time_s=25,
    )


def tenant(name: str, *extensions: ExtensionConfig, most_calls: int = 0) -> TenantSnapshot:
    config = TenantConfig(name=name, domain=f"{name}.example", quotas=QuotaConfig(max_concurrent_calls=most_calls))
    items: list[TenantItem] = [config, *extensions]
    origins = {item.ref: Origin(f"{name}.yaml", number * 7 + 1) for number, item in enumerate(items)}
    return TenantSnapshot.build(items, origins=origins)


def snapshot(*tenants: TenantSnapshot, listeners: tuple[ListenerConfig, ...]) -> Snapshot:
    return Snapshot.build(system=SystemConfig(), listeners=listeners, tenants=tenants)


PHONES: Final = ListenerConfig(name="phones", transport="udp", port=5060)
ACME: Final = tenant(
    "acme",
    extension("acme", "101"),
    extension("acme", "102"),
    extension("acme", "103"),
    extension("acme", "104", enabled=False),
    extension("acme", "reception"),
    most_calls=2,
)
GLOBEX: Final = tenant("globex", extension("globex", "101"), extension("globex", "901"))
ONE_TENANT: Final = snapshot(ACME, listeners=(PHONES,))
TWO_TENANTS: Final = snapshot(
    ACME,
    GLOBEX,
    listeners=(PHONES, ListenerConfig(name="globex-phones", transport="udp", port=5070, tenant="globex")),
)
