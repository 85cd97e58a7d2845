"""`OutboundRule` to `OutboundRuleConfig`."""

from __future__ import annotations

from engine.config.outbound_rule import OutboundRouteConfig, OutboundRuleConfig
from schema.kinds.outbound_rule import OutboundRoute, OutboundRuleSpec
from schema.resource import ResourceRef


def compile_outbound_rule(ref: ResourceRef, spec: OutboundRuleSpec) -> OutboundRuleConfig:
    match = spec.match
    return OutboundRuleConfig(
        tenant=ref.tenant or "",
        name=ref.name,
        enabled=spec.enabled,
        order=spec.order,
        prefixes=match.prefixes,
        extensions=match.extensions,
        groups=match.groups,
        min_length=0 if match.length is None else match.length.min,
        max_length=0 if match.length is None else match.length.max,
        routes=tuple(map(_route, spec.routes)),
        failover_on=spec.failover_on,
        ring_time_s=spec.ring_time.total_seconds(),
    )


def _route(route: OutboundRoute) -> OutboundRouteConfig:
    return OutboundRouteConfig(
        trunk=route.trunk, strip=route.strip, prepend=route.prepend, caller_id=route.caller_id or ""
    )
