"""`Trunk`: a way to the outside, a carrier's or a gateway's SIP service. Of a tenant, or, without `metadata.tenant`, shared."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from schema.address import Domain
from schema.dialling import Dialling
from schema.duration import Duration
from schema.field_type import refusal
from schema.header_rule import HeaderRule
from schema.network import CarrierNetwork
from schema.not_yet import NotYet
from schema.number_mask import FullNumber
from schema.preset import GENERIC
from schema.preset_name import PresetName
from schema.presets import PRESETS
from schema.resource import Manifest, Part, SharedMetadata, Spec
from schema.secret_source import SecretSource
from schema.server_address import ServerAddress
from schema.text import AuthUser, ResourceName
from schema.whole import Whole


class Registration(Part):
    """How we register with the carrier. Without it the carrier knows us by our address."""

    user: Annotated[AuthUser, Field(description="The user part of our address there, as the carrier gave it.")]
    expires: Annotated[
        timedelta,
        Duration(timedelta(seconds=60), timedelta(hours=24)),
        Field(description="For how long we ask to be registered; refreshed in time, whatever the carrier grants."),
    ] = timedelta(minutes=10)


class Credentials(Part):
    """What we answer the carrier's challenges with."""

    user: Annotated[AuthUser, Field(description="The user name of digest authentication.")]
    password: Annotated[SecretSource, Field(description="Where the password is found; never the password.")]


class CallerIdPolicy(Part):
    """Which number the carrier is shown."""

    policy: Annotated[
        Literal["extension", "trunk", "anonymous"],
        Field(
            description="extension: the outbound caller id of the extension that calls, or the number below if it has none; "
            "trunk: always the number below; anonymous: none (RFC 3323)."
        ),
    ] = "extension"
    number: Annotated[FullNumber | None, Field(description="The trunk's own number, with + and country code.")] = None


class HeaderRules(Part):
    """Changes of header fields of INVITEs, in order."""

    outgoing: Annotated[
        tuple[HeaderRule, ...], Field(description="Of those that we send.", strict=False, max_length=32)
    ] = ()
    incoming: Annotated[
        tuple[HeaderRule, ...],
        Field(description="Of those that come, before anything is decided.", strict=False, max_length=32),
    ] = ()

    @model_validator(mode="after")
    def _check_incoming(self) -> Self:
        if any(rule.header == "Contact" for rule in self.incoming):
            what = "changes the Contact of calls that come, which says only where the carrier is reached"
            raise refusal(
                "header-rule", what, "change From, To, Request-URI or P-Asserted-Identity, or remove the rule"
            )
        return self


def _host_or_preset(shape: JsonDict) -> None:
    """In the JSON Schema: a preset may have the host."""
    del shape["required"]  # of which the host is the only one
    shape["anyOf"] = [{"required": ["host"]}, {"required": ["preset"]}]


class TrunkSpec(Spec):
    """What a trunk is."""

    model_config = ConfigDict(json_schema_extra=_host_or_preset)

    preset: Annotated[
        PresetName,
        Field(
            description="The carrier, where its settings are known here: they are filled in and locked (docs/trunks.md lists all). "
            "generic: any other."
        ),
    ] = GENERIC
    enabled: Annotated[bool, Field(description="false: nothing goes over it, nothing is accepted from it.")] = True
    host: Annotated[
        ServerAddress,
        Field(
            description="The carrier's server: a name or an IP address, perhaps with a port. Without one it is found by DNS (RFC 3263). "
            "Left out where the preset has it."
        ),
    ]
    backup_hosts: Annotated[
        tuple[ServerAddress, ...],
        Field(
            description="Servers that are used when the first can't be reached, in order.", strict=False, max_length=8
        ),
    ] = ()
    outbound_proxy: Annotated[
        ServerAddress | None, Field(description="The proxy that everything is sent to instead.")
    ] = None
    transport: Annotated[
        Literal["udp", "tcp", "tls"],
        NotYet(only=("tls",)),
        Field(description="How SIP is carried; nothing goes over a trunk with tls yet."),
    ] = "udp"
    domain: Annotated[
        Domain | None, Field(description="The domain of the addresses that we write; default: the host.")
    ] = None
    listener: Annotated[
        ResourceName | None,
        Field(
            description="The Listener that the carrier is spoken with over; default: the first one of that transport."
        ),
    ] = None
    registration: Annotated[
        Registration | None,
        Field(description="How we register with the carrier; default: not at all, it knows us by our address."),
    ] = None
    credentials: Annotated[Credentials | None, Field(description="What we answer the carrier's challenges with.")] = (
        None
    )
    addresses: Annotated[
        tuple[CarrierNetwork, ...],
        Field(
            description="Networks that its calls may come from, besides the addresses of its servers. Calls from elsewhere are refused.",
            strict=False,
            max_length=256,
        ),
    ] = ()
    same_network: Annotated[
        bool,
        Field(
            description="true: a gateway or PBX in our own network; it is told our bound address, not the advertised one."
        ),
    ] = False
    tenants: Annotated[
        tuple[ResourceName, ...] | None,
        Field(description="Who may use a shared trunk; default: all tenants.", strict=False, max_length=10_000),
    ] = None
    max_channels: Annotated[
        int, Whole(0, 100_000), Field(description="How many calls it carries at once, both ways; 0: as many as come.")
    ] = 0
    number_format: Annotated[
        Literal["e164", "plain", "international", "national", "dialled"],
        Field(
            description="How numbers are sent: e164: +442079460100; plain: 442079460100; international: 00442079460100; "
            "national: 02079460100 where the country is the trunk's own, else international; dialled: as they were dialled."
        ),
    ] = "e164"
    dialling: Annotated[
        Dialling | None, Field(description="How numbers that come from it are read; default: as the tenant dials.")
    ] = None
    caller_id: Annotated[
        CallerIdPolicy, Field(description="Which number the carrier is shown.", default_factory=CallerIdPolicy)
    ]
    options_interval: Annotated[
        timedelta,
        Duration(timedelta(0), timedelta(hours=1)),
        Field(description="How often its servers are asked by OPTIONS whether they are there; 0s: never."),
    ] = timedelta(seconds=30)
    header_rules: Annotated[
        HeaderRules, Field(description="Changes of header fields of INVITEs.", default_factory=HeaderRules)
    ]

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, written: object) -> object:
        name = written.get("preset") if isinstance(written, dict) else None
        preset = PRESETS.get(name) if isinstance(name, str) else None
        return written if preset is None or not isinstance(written, dict) else preset.filled(written)

    @model_validator(mode="after")
    def _check_credentials(self) -> Self:
        if self.caller_id.policy == "trunk" and self.caller_id.number is None:
            what = "shows the trunk's number (callerId.policy: trunk), but callerId.number is missing"
            raise refusal("trunk-number", what, "add callerId.number")
        if self.registration is not None and self.credentials is None:
            what = "registers, but has no credentials: anybody could take its calls"
            raise refusal("trunk-credentials", what, "add credentials: {user: ..., password: {file: ...}}")
        return self


class Trunk(Manifest):
    """A way to the outside: a carrier's or a gateway's SIP service."""

    kind: Annotated[Literal["Trunk"], Field(description="What sort of resource it is.")]
    metadata: SharedMetadata
    spec: TrunkSpec
