"""`InboundRule` to `InboundRuleConfig`."""

from __future__ import annotations

from engine.config.inbound_rule import InboundRuleConfig
from reconciler.compile.destination import destination, destination_or_none
from schema.kinds.inbound_rule import InboundRuleSpec
from schema.resource import ResourceRef


def compile_inbound_rule(ref: ResourceRef, spec: InboundRuleSpec) -> InboundRuleConfig:
    return InboundRuleConfig(
        tenant=ref.tenant or "",
        name=ref.name,
        enabled=spec.enabled,
        trunks=spec.trunks,
        dids=spec.match.did or (),
        cids=spec.match.cid or (),
        is_dialled=spec.match.as_dialled,
        hours=spec.hours,
        in_hours=destination(spec.in_hours),
        out_of_hours=destination_or_none(spec.out_of_hours),
    )
