"""`Tenant` to `TenantConfig`."""

from __future__ import annotations

from engine.config.tenant import BillingConfig, QuotaConfig, RetentionConfig, TenantConfig, TollsConfig
from reconciler.compile.blocked import compile_blocked
from reconciler.compile.countries import compile_countries
from reconciler.compile.dialling import dialling
from reconciler.compile.time_zone import time_zone
from reconciler.compile.webhook import compile_webhooks
from schema.kinds.tenant import TenantSpec
from schema.resource import ResourceRef


def compile_tenant(ref: ResourceRef, spec: TenantSpec) -> TenantConfig:
    return TenantConfig(
        name=ref.name,
        domain=spec.domain,
        enabled=spec.enabled,
        display_name=spec.display_name or "",
        quotas=QuotaConfig(
            max_extensions=spec.quotas.max_extensions,
            max_concurrent_calls=spec.quotas.max_concurrent_calls,
            max_ring_groups=spec.quotas.max_ring_groups,
            max_outside_calls=spec.quotas.max_outside_calls,
            max_outside_calls_per_minute=spec.quotas.max_outside_calls_per_minute,
        ),
        zone=time_zone(spec.time_zone),
        office_hours=spec.office_hours,
        dialling=dialling(spec.dialling),
        retention=RetentionConfig(cdrs_days=spec.retention.cdrs),
        webhooks=compile_webhooks(spec.webhooks),
        blocked=tuple(map(compile_blocked, spec.blocked)),
        countries=compile_countries(spec.countries),
        tolls=TollsConfig(
            rates=spec.tolls.rates or "",
            budget="" if spec.tolls.budget is None else f"{spec.tolls.budget:f}",
            currency=spec.profile.currency if spec.tolls.rates else TollsConfig().currency,
        ),
        billing=BillingConfig(outgoing=spec.billing.outgoing, incoming=spec.billing.incoming),
        may_change=tuple(sorted(set(spec.may_change))),
    )
