"""`RingGroup` to `RingGroupConfig`."""

from __future__ import annotations

from engine.config.ring_group import RingGroupConfig
from reconciler.compile.destination import destination_or_none
from schema.kinds.ring_group import RingGroupSpec
from schema.resource import ResourceRef


def compile_ring_group(ref: ResourceRef, spec: RingGroupSpec) -> RingGroupConfig:
    return RingGroupConfig(
        tenant=ref.tenant or "",
        name=ref.name,
        number=spec.number,
        display_name=spec.display_name or "",
        enabled=spec.enabled,
        members=spec.members,
        strategy=spec.strategy,
        ring_time_s=spec.ring_time.total_seconds(),
        member_ring_time_s=spec.member_ring_time.total_seconds(),
        no_answer=destination_or_none(spec.no_answer),
    )
