"""`Trunk` to `TrunkConfig`."""

from __future__ import annotations

from engine.config.dialling import DiallingConfig
from engine.config.header_rule import HeaderRuleConfig
from engine.config.trunk import CredentialsConfig, ServerConfig, TrunkConfig, TrunkRegistrationConfig
from reconciler.compile.dialling import dialling
from reconciler.compile.secret import secret_ref
from schema.header_rule import HeaderRule
from schema.kinds.trunk import TrunkSpec
from schema.resource import ResourceRef
from schema.server_address import Server


def compile_trunk(ref: ResourceRef, spec: TrunkSpec) -> TrunkConfig:
    credentials, registration = spec.credentials, spec.registration
    return TrunkConfig(
        tenant=ref.tenant or "",
        name=ref.name,
        servers=(_server(spec.host), *map(_server, spec.backup_hosts)),
        enabled=spec.enabled,
        tenants=spec.tenants,
        outbound_proxy=None if spec.outbound_proxy is None else _server(spec.outbound_proxy),
        transport=spec.transport,
        domain=spec.domain or spec.host.host,
        listener=spec.listener,
        credentials=None
        if credentials is None
        else CredentialsConfig(user=credentials.user, password=secret_ref(credentials.password)),
        registration=None
        if registration is None
        else TrunkRegistrationConfig(user=registration.user, expires_s=int(registration.expires.total_seconds())),
        addresses=tuple(map(str, spec.addresses)),
        max_channels=spec.max_channels,
        number_format=spec.number_format,
        dialling=DiallingConfig() if spec.dialling is None else dialling(spec.dialling),
        is_dialling_own=spec.dialling is not None,
        caller_id=spec.caller_id.policy,
        number=spec.caller_id.number or "",
        options_interval_s=spec.options_interval.total_seconds(),
        is_same_network=spec.same_network,
        outgoing=tuple(map(_header_rule, spec.header_rules.outgoing)),
        incoming=tuple(map(_header_rule, spec.header_rules.incoming)),
    )


def _server(server: Server) -> ServerConfig:
    return ServerConfig(host=server.host, port=server.port)


def _header_rule(rule: HeaderRule) -> HeaderRuleConfig:
    if rule.remove:
        return HeaderRuleConfig(header=rule.header, remove=True)
    return HeaderRuleConfig(header=rule.header, part=rule.set or "user", source=rule.to or "text", text=rule.text or "")
