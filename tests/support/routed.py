"""Small companies to route calls in: values of the engine's configuration with few words, and questions about them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from engine.config.blocked import BlockedConfig
from engine.config.countries import CountriesConfig
from engine.config.destination import DestinationConfig
from engine.config.dialling import DiallingConfig
from engine.config.extension import ExtensionConfig, ForwardingConfig
from engine.config.inbound_rule import InboundRuleConfig
from engine.config.office_hours import OfficeHoursConfig
from engine.config.outbound_rule import OutboundRouteConfig, OutboundRuleConfig
from engine.config.ref import Origin
from engine.config.ring_group import RingGroupConfig
from engine.config.secret import SecretRef
from engine.config.snapshot import Snapshot, TenantItem, TenantSnapshot
from engine.config.system import SystemConfig
from engine.config.tenant import BillingConfig, QuotaConfig, TenantConfig, TollsConfig
from engine.config.trunk import ServerConfig, TrunkConfig
from engine.routing.facts import RecordedFacts
from engine.routing.query import RouteQuery, query_from_trunk, query_of

NOON: Final = datetime(2026, 3, 4, 12, tzinfo=UTC)
"""A Wednesday."""
UK: Final = DiallingConfig(
    country_code="44", national_prefix="0", international_prefixes=("00",), emergency=("112", "999")
)


def extension(number: str, *, tenant: str = "acme", **values: object) -> ExtensionConfig:
    """Return one that may call outside."""
    given: dict[str, object] = {"may_call_outside": True, **values}
    return ExtensionConfig(
        tenant=tenant,
        name=number,
        number=number,
        auth_user=number,
        password=SecretRef("env:X"),
        **given,  # type: ignore[arg-type]
    )


def to(kind: str, value: str) -> DestinationConfig:
    return DestinationConfig(kind=kind, value=value)


def forwarding(when: str, kind: str, value: str, hours: str = "any") -> ForwardingConfig:
    return ForwardingConfig(when=when, to=to(kind, value), hours=hours)


def trunk(name: str, *, tenant: str = "acme", **values: object) -> TrunkConfig:
    return TrunkConfig(tenant=tenant, name=name, servers=(ServerConfig(host="192.0.2.1"),), **values)  # type: ignore[arg-type]


def route(trunk_name: str, **values: object) -> OutboundRouteConfig:
    return OutboundRouteConfig(trunk=trunk_name, **values)  # type: ignore[arg-type]


def outbound(name: str, *routes: OutboundRouteConfig, tenant: str = "acme", **values: object) -> OutboundRuleConfig:
    return OutboundRuleConfig(tenant=tenant, name=name, routes=routes or (route("carrier"),), **values)  # type: ignore[arg-type]


def inbound(
    name: str, in_hours: DestinationConfig | None = None, *, tenant: str = "acme", **values: object
) -> InboundRuleConfig:
    """Return one that goes to extension 101."""
    return InboundRuleConfig(tenant=tenant, name=name, in_hours=in_hours or to("extension", "101"), **values)  # type: ignore[arg-type]


def group(name: str, number: str, *members: str, tenant: str = "acme", **values: object) -> RingGroupConfig:
    return RingGroupConfig(tenant=tenant, name=name, number=number, members=members, **values)  # type: ignore[arg-type]


def tenant(
    *items: TenantItem,
    name: str = "acme",
    dialling: DiallingConfig = UK,
    quotas: QuotaConfig | None = None,
    office_hours: str | None = None,
    enabled: bool = True,
    blocked: tuple[BlockedConfig, ...] = (),
    countries: CountriesConfig | None = None,
    tolls: TollsConfig | None = None,
    billing: BillingConfig | None = None,
    may_change: tuple[str, ...] = (),
) -> TenantSnapshot:
    """Return the tenant with these values; the one at place N stands at line N of company.yaml."""
    config = TenantConfig(
        name=name,
        domain=f"{name}.example",
        dialling=dialling,
        quotas=quotas or QuotaConfig(),
        office_hours=office_hours,
        enabled=enabled,
        blocked=blocked,
        countries=countries or CountriesConfig(),
        tolls=tolls or TollsConfig(),
        billing=billing or BillingConfig(),
        may_change=may_change,
    )
    origins = {item.ref: Origin("company.yaml", line) for line, item in enumerate((config, *items), start=1)}
    return TenantSnapshot.build([config, *items], origins=origins)


def hours(name: str, schedule: object) -> OfficeHoursConfig:
    return OfficeHoursConfig(tenant="acme", name=name, schedule=schedule)  # type: ignore[arg-type]


def snapshot(*tenants: TenantSnapshot, shared: tuple[TrunkConfig, ...] = ()) -> Snapshot:
    return Snapshot.build(system=SystemConfig(), listeners=(), tenants=tenants, trunks=shared)


def facts(**values: Mapping[str, int]) -> RecordedFacts:
    """Return facts by name and subject: `facts(contacts={"acme/101": 1})`."""
    return RecordedFacts({(name, subject): value for name, by in values.items() for subject, value in by.items()})


def here(*numbers: str, **values: Mapping[str, int]) -> RecordedFacts:
    """Return facts in which these extensions of acme have a phone."""
    return facts(contacts={f"acme/{number}": 1 for number in numbers}, **values)


def dials(company: Snapshot, caller: str, dialled: str, at: datetime = NOON) -> RouteQuery:
    """Return the question of a call by an extension of acme."""
    owner = company.tenants["acme"]
    return query_of(owner, owner.extensions[caller], dialled, listener="udp", source="192.0.2.9", at=at)


def calls_in(
    company: Snapshot, called: str, caller: str = "+4930123456", trunk_name: str = "carrier", at: datetime = NOON
) -> RouteQuery:
    """Return the question of a call from a trunk to acme."""
    by = company.trunk("acme", trunk_name)
    assert by is not None
    return query_from_trunk(
        company.tenants["acme"], by, called=called, caller=caller, display="", listener="udp", source="192.0.2.1", at=at
    )
