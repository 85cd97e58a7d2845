"""A PBX with ring groups and forwarding: `office` makes the snapshot, phones are those of `tests.support.pbx`."""

from __future__ import annotations

from collections.abc import Mapping

from engine.config.destination import DestinationConfig
from engine.config.extension import ExtensionConfig, ForwardingConfig
from engine.config.listener import ListenerConfig
from engine.config.ref import ConfigRef, Origin
from engine.config.ring_group import SEQUENTIAL, RingGroupConfig
from engine.config.secret import SecretRef
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.config.system import SystemConfig
from engine.config.tenant import TenantConfig

NUMBERS = ("101", "102", "103", "104", "105")
GROUP = ConfigRef("acme", "RingGroup", "sales")
NO_FORWARDING: Mapping[str, tuple[ForwardingConfig, ...]] = {}


def group(
    *members: str,
    strategy: str = SEQUENTIAL,
    name: str = "sales",
    number: str = "600",
    ring_time_s: float = 60.0,
    member_ring_time_s: float = 20.0,
    no_answer: DestinationConfig | None = None,
) -> RingGroupConfig:
    return RingGroupConfig(
        tenant="acme",
        name=name,
        number=number,
        members=members,
        strategy=strategy,
        display_name=name.title(),
        ring_time_s=ring_time_s,
        member_ring_time_s=member_ring_time_s,
        no_answer=no_answer,
    )


def to_extension(number: str) -> DestinationConfig:
    return DestinationConfig(kind="extension", value=number)


def to_group(name: str) -> DestinationConfig:
    return DestinationConfig(kind="ringGroup", value=name)


def forward(when: str, to: DestinationConfig, hours: str = "any") -> tuple[ForwardingConfig, ...]:
    return (ForwardingConfig(when=when, to=to, hours=hours),)


def office(
    *groups: RingGroupConfig,
    numbers: tuple[str, ...] = NUMBERS,
    forwarding: Mapping[str, tuple[ForwardingConfig, ...]] = NO_FORWARDING,
    ring_time_s: float = 30.0,
) -> Snapshot:
    """Tenant `acme` with these groups, and extensions that forward as said, by number."""
    extensions = [
        ExtensionConfig(
            tenant="acme",
            name=number,
            number=number,
            auth_user=number,
            password=SecretRef("env:P"),
            display_name=f"Phone {number}",
            ring_time_s=ring_time_s,
            forwarding=forwarding.get(number, ()),
        )
        for number in numbers
    ]
    items: list[ExtensionConfig | RingGroupConfig] = [*extensions, *groups]
    origins = {item.ref: Origin("people.yaml", i + 1) for i, item in enumerate(items)}
    tenant = TenantConfig(name="acme", domain="acme.example")
    return Snapshot.build(
        system=SystemConfig(),
        listeners=[ListenerConfig(name="udp", transport="udp", port=5060, tenant="acme")],
        tenants=[TenantSnapshot.build([tenant, *items], origins=origins)],
    )
