"""`System` to `SystemConfig`."""

from __future__ import annotations

from engine.config.security import RateConfig, SecurityConfig
from engine.config.system import MediaConfig, NetworkConfig, SipConfig, SystemConfig
from engine.config.trunk import ServerConfig
from reconciler.compile.address import host
from schema.kinds.security import AddressRule, Security
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
        security=_security(spec.security),
        network=NetworkConfig(
            advertised_ipv4=host(spec.network.advertised_ipv4), advertised_ipv6=host(spec.network.advertised_ipv6)
        ),
        drain_s=spec.drain.total_seconds(),
        dns_servers=tuple(ServerConfig(host=server.host, port=server.port) for server in spec.dns.servers),
    )


def _security(security: Security) -> SecurityConfig:
    return SecurityConfig(
        automatic_bans=security.automatic_bans,
        period_s=security.period.total_seconds(),
        failed_authentications=security.failed_authentications,
        unanswered_challenges=security.unanswered_challenges,
        ban_s=security.ban.total_seconds(),
        level2=RateConfig(per_s=security.level2.rate, ban_s=security.level2.ban.total_seconds()),
        level1=RateConfig(per_s=security.level1.rate, ban_s=security.level1.ban.total_seconds()),
        allow=_networks(security.allow),
        deny=_networks(security.deny),
    )


def _networks(rules: tuple[AddressRule, ...]) -> tuple[str, ...]:
    """In one order, whatever that of the manifest: it means nothing."""
    return tuple(sorted(str(rule.network) for rule in rules))
