"""One PBX of the many on a machine."""

from __future__ import annotations

from dataclasses import dataclass, field

from dialing.time_zone import UTC, TimeZone
from engine.config.blocked import BlockedConfig
from engine.config.countries import CountriesConfig
from engine.config.declared import DeclaredField
from engine.config.dialling import DiallingConfig
from engine.config.ref import ConfigRef
from engine.config.webhook import NO_WEBHOOKS, WebhooksConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaConfig:
    """How much a tenant may use; 0 = no limit. `max_extensions` and `max_ring_groups` are kept by the manifests' rules, the rest by the
    engine; calls to emergency numbers are exempt.
    """

    max_extensions: int = 0
    max_concurrent_calls: int = 0
    max_ring_groups: int = 0
    max_outside_calls: int = 0
    max_outside_calls_per_minute: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionConfig:
    """For how many days what is recorded is kept; 0 = for ever."""

    cdrs_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TollsConfig:
    """What calls outside cost, and may cost. `rates`: name of the RateTable, "" = none; `budget`: of the worst hour, for plans and proofs,
    decimal digits, "" = none; `currency`: ISO 4217.
    """

    rates: str = ""
    budget: str = ""
    currency: str = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingConfig:
    """Which calls over trunks are paid for; what they cost says the table that `TollsConfig.rates` names."""

    outgoing: bool = False
    incoming: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantConfig:
    """`domain`: the realm and the right-hand side of every address, lower case; `enabled`: False refuses every request of it.

    `office_hours`: name of the OfficeHours of those who have none of their own, None = always in hours. `dialling`: how its people dial.
    `may_change`: what they may set without a manifest, where their extension says nothing of it.
    """

    name: str
    domain: str
    enabled: bool = True
    display_name: str = ""
    quotas: QuotaConfig = field(default_factory=QuotaConfig)
    zone: TimeZone = UTC
    office_hours: str | None = None
    dialling: DiallingConfig = field(default_factory=DiallingConfig)
    retention: RetentionConfig = field(default_factory=RetentionConfig)
    webhooks: WebhooksConfig = NO_WEBHOOKS
    blocked: tuple[BlockedConfig, ...] = ()
    declared: tuple[DeclaredField, ...] = ()
    countries: CountriesConfig = field(default_factory=CountriesConfig)
    tolls: TollsConfig = field(default_factory=TollsConfig)
    billing: BillingConfig = field(default_factory=BillingConfig)
    may_change: tuple[str, ...] = ()

    @property
    def ref(self) -> ConfigRef:
        return ConfigRef(self.name, "Tenant", self.name)
