"""A way to the outside: a carrier's or a gateway's SIP service, and how it is spoken with."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.config.declared import DeclaredField
from engine.config.dialling import DiallingConfig
from engine.config.header_rule import HeaderRuleConfig
from engine.config.ref import ConfigRef
from engine.config.secret import SecretRef


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """`host`: name or IP address; `port`: None = as RFC 3263 finds it (NAPTR, SRV, then 5060), or 5060 for an address."""

    host: str
    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialsConfig:
    """`user`: digest user name; they answer challenges (401, 407) to whatever we send to the trunk."""

    user: str
    password: SecretRef


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkRegistrationConfig:
    """`user`: the user part of the address of record; `expires_s`: what is asked for, seconds."""

    user: str
    expires_s: int = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkConfig:
    """`tenant`: whose it is, "" = shared; `tenants`: who may use a shared one, None = all.

    `servers`: in order of preference, the first is *the* server; `outbound_proxy`: where everything is sent instead; `transport`: `udp`
    or `tcp`; `domain`: host of the addresses that we write; `listener`: name of the Listener that it is spoken with over, None = the first
    of that transport. `registration`: None = authenticated by address. `addresses`: networks that calls are accepted from, as text, besides
    those that the servers' names stand for. `max_channels`: 0 = no limit. `number_format`: how numbers are sent: `e164` (+44...),
    `plain` (44...), `international` (0044...), `national` (0...), `dialled`. `dialling`: how numbers that come from it are read,
    if `is_dialling_own`; else as the tenant dials.
    `caller_id`: `extension` (the extension's outbound caller id, else `number`), `trunk` (always `number`) or `anonymous`.
    `options_interval_s`: 0 = not monitored. `is_same_network`: it is told the bound address, not the advertised one.
    """

    tenant: str
    name: str
    servers: tuple[ServerConfig, ...]
    enabled: bool = True
    tenants: tuple[str, ...] | None = None
    outbound_proxy: ServerConfig | None = None
    transport: str = "udp"
    domain: str = ""
    listener: str | None = None
    credentials: CredentialsConfig | None = None
    registration: TrunkRegistrationConfig | None = None
    addresses: tuple[str, ...] = ()
    max_channels: int = 0
    number_format: str = "e164"
    dialling: DiallingConfig = field(default_factory=DiallingConfig)
    is_dialling_own: bool = False
    caller_id: str = "extension"
    number: str = ""
    options_interval_s: float = 30.0
    is_same_network: bool = False
    outgoing: tuple[HeaderRuleConfig, ...] = ()
    incoming: tuple[HeaderRuleConfig, ...] = ()
    declared: tuple[DeclaredField, ...] = ()

    ref: ConfigRef = field(init=False, repr=False, compare=False)
    """Kept: each call asks for it several times."""
    key: str = field(init=False, repr=False, compare=False)
    """What facts and records call it: `tenant/name`, or `/name` for a shared one."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ref", ConfigRef(self.tenant, "Trunk", self.name))
        object.__setattr__(self, "key", f"{self.tenant}/{self.name}")

    def serves(self, tenant: str) -> bool:
        """Whether that tenant may use it."""
        return self.tenant == tenant or (not self.tenant and (self.tenants is None or tenant in self.tenants))
