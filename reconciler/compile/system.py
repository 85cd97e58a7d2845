"""`System` to `SystemConfig`."""

from __future__ import annotations

from engine.config.system import MediaConfig, SipConfig, SystemConfig
from reconciler.compile.address import host
from schema.kinds.system import SystemSpec
from schema.resource import ResourceRef


def compile_system(ref: ResourceRef, spec: SystemSpec) -> SystemConfig:
    media, sip = spec.media, spec.sip
    return SystemConfig(
        media=MediaConfig(
            address=host(media.address),
            advertised_address=host(media.advertised_address),
            first_port=media.ports.first,
            last_port=media.ports.last,
            inactivity_timeout_s=media.inactivity_timeout.total_seconds(),
        ),
        sip=SipConfig(
            min_expires_s=int(sip.min_expires.total_seconds()),
            max_expires_s=int(sip.max_expires.total_seconds()),
            default_expires_s=int(sip.default_expires.total_seconds()),
            nonce_lifetime_s=sip.nonce_lifetime.total_seconds(),
            user_agent=sip.user_agent,
        ),
        drain_s=spec.drain.total_seconds(),
    )
