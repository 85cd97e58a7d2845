"""`IpRule` to `IpRuleConfig`."""

from __future__ import annotations

from engine.config.ip_rule import IpRuleConfig
from schema.kinds.ip_rule import IpRuleSpec
from schema.resource import ResourceRef


def compile_ip_rule(ref: ResourceRef, spec: IpRuleSpec) -> IpRuleConfig:
    return IpRuleConfig(
        name=ref.name,
        network=str(spec.network),
        is_allowed=spec.action == "allow",
        expires_at=None if spec.expires is None else spec.expires.timestamp(),
    )
