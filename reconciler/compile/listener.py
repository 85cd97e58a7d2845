"""`Listener` to `ListenerConfig`."""

from __future__ import annotations

from engine.config.listener import ListenerConfig
from reconciler.compile.address import host
from schema.kinds.listener import ListenerSpec
from schema.resource import ResourceRef


def compile_listener(ref: ResourceRef, spec: ListenerSpec) -> ListenerConfig:
    return ListenerConfig(
        name=ref.name,
        transport=spec.transport,
        port=spec.port,
        address=host(spec.address),
        advertised_address=host(spec.advertised_address),
        tenant=spec.tenant,
    )
