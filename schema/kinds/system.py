"""`System`: what holds for the whole PBX. At most one; what it leaves out, or its absence, means the defaults."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schema.address import AdvertisedAddress, IpAddress, PortRange, Ports
from schema.congestion import Congestion
from schema.duration import Duration
from schema.field_type import refusal
from schema.kinds.security import Security
from schema.log_settings import LogSettings
from schema.network_profile import NetworkProfile
from schema.not_yet import NotYet
from schema.reserved_number import ReservedNumber
from schema.resource import Manifest, Metadata, Part, Spec
from schema.rule_settings import RuleSettings
from schema.server_address import NameServer
from schema.session_timer import SessionTimer
from schema.sip_authentication import SipAuthentication
from schema.text import SystemName, UserAgent
from schema.web_server import WebServer
from schema.whole import Whole

Percent = Annotated[int, Whole(0, 100)]
Minimum = Annotated[int, Whole(1, 1_000_000)]


class Media(Part):
    """Where audio comes in and goes out."""

    address: Annotated[
        IpAddress | None,
        Field(description="The address that media ports are bound to; default: the machine's own --host."),
    ] = None
    advertised_address: Annotated[
        AdvertisedAddress | None,
        Field(description="The address that phones are told to send audio to; default: the bound one."),
    ] = None
    ports: Annotated[Ports, Field(description="The UDP ports for audio, two for each side of a call.")] = PortRange(
        33000, 65000
    )
    inactivity_timeout: Annotated[
        timedelta,
        Duration(timedelta(seconds=5), timedelta(hours=24)),
        Field(description="A call whose audio has been silent for so long is hung up, unless it is on hold."),
    ] = timedelta(seconds=120)
    built_in: Annotated[
        bool,
        NotYet(),
        Field(
            description="false: audio goes through MediaServers alone, and straight from phone to phone where none is enabled."
        ),
    ] = True


class Conferences(Part):
    """Where rooms of conferences are."""

    built_in: Annotated[
        bool,
        NotYet(),
        Field(description="false: rooms are on ConferenceServers alone; where none is enabled, there are none."),
    ] = True


class Presence(Part):
    """Who says who is there."""

    mode: Annotated[
        Literal["server", "peer-to-peer"],
        NotYet(),
        Field(
            description="server: phones tell us (PUBLISH) and we tell others; peer-to-peer: phones ask each other through us."
        ),
    ] = "server"


class Sip(Part):
    """How SIP is spoken with phones."""

    min_expires: Annotated[
        timedelta,
        Duration(timedelta(seconds=10), timedelta(hours=1)),
        Field(description="A phone that wants to be registered for a shorter time is told this one (423)."),
    ] = timedelta(seconds=60)
    default_expires: Annotated[
        timedelta,
        Duration(timedelta(seconds=10), timedelta(hours=24)),
        Field(description="How long a phone is registered that does not say for how long."),
    ] = timedelta(seconds=600)
    max_expires: Annotated[
        timedelta,
        Duration(timedelta(seconds=10), timedelta(hours=24)),
        Field(description="The longest time that a phone is registered for; who asks for more gets this."),
    ] = timedelta(seconds=3600)
    nonce_lifetime: Annotated[
        timedelta,
        Duration(timedelta(seconds=10), timedelta(hours=1)),
        Field(description="How long a digest challenge may be answered before a new one is asked for."),
    ] = timedelta(minutes=5)
    user_agent: Annotated[
        UserAgent, Field(description="What we call ourselves in the Server and User-Agent header fields.")
    ] = "Trunkline"
    authentication: Annotated[
        SipAuthentication,
        Field(description="What a phone has to prove, and what is let pass.", default_factory=SipAuthentication),
    ]
    prack: Annotated[
        bool, NotYet(), Field(description="true: provisional answers are made sure of where a phone can (RFC 3262).")
    ] = False
    outbound: Annotated[
        bool,
        NotYet(),
        Field(description="true: a phone is called through the connection that it registered over (RFC 5626)."),
    ] = False
    session_timer: Annotated[
        SessionTimer,
        Field(description="How calls whose phones have vanished are noticed (RFC 4028).", default_factory=SessionTimer),
    ]

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if not self.min_expires <= self.default_expires <= self.max_expires:
            times = (self.min_expires, self.default_expires, self.max_expires)
            told = ", ".join(f"{int(time.total_seconds())}s" for time in times)
            what = f"has minExpires, defaultExpires and maxExpires of {told}, which do not grow in this order"
            raise refusal("expires-order", what, "write minExpires <= defaultExpires <= maxExpires")
        return self


class Dns(Part):
    """Whom we ask where trunks' servers are."""

    servers: Annotated[
        tuple[NameServer, ...],
        Field(
            description="IP addresses of resolvers, perhaps with a port, in order; default: this machine's own, and its /etc/hosts.",
            strict=False,
            max_length=8,
        ),
    ] = ()


class Safety(Part):
    """How much one change may take away before it has to be confirmed by name."""

    max_deleted_percent: Annotated[
        Percent,
        Field(
            description="The share of a tenant's, or of all, resources, extensions and numbers that may be deleted at once."
        ),
    ] = 30
    max_changed_percent: Annotated[Percent, Field(description="The share of them that may be changed at once.")] = 50
    minimum: Annotated[
        Minimum, Field(description="Where fewer than so many run, shares say nothing and are not looked at.")
    ] = 10


class SystemSpec(Spec):
    """What holds for the whole PBX."""

    apply: Annotated[
        Literal["auto", "approved"] | None,
        Field(
            description="auto: a valid change is applied at once; approved: it waits until its plan is approved "
            "(trunkline apply --digest). Default: auto for a folder, approved for what is fetched from a git server."
        ),
    ] = None
    safety: Annotated[
        Safety,
        Field(
            description="How much one change may take away before it has to be confirmed by name.",
            default_factory=Safety,
        ),
    ]
    drain: Annotated[
        timedelta,
        Duration(timedelta(0), timedelta(days=7)),
        Field(
            description="How long calls may go on with what a change has removed under them: an extension, a tenant, a listener "
            "or its port, media ports. Then they are hung up."
        ),
    ] = timedelta(hours=4)
    media: Annotated[Media, Field(description="Where audio comes in and goes out.", default_factory=Media)]
    sip: Annotated[Sip, Field(description="How SIP is spoken with phones.", default_factory=Sip)]
    dns: Annotated[Dns, Field(description="Whom we ask where trunks' servers are.", default_factory=Dns)]
    security: Annotated[
        Security, Field(description="Bans for those who guess passwords or flood us.", default_factory=Security)
    ]
    network: Annotated[
        NetworkProfile,
        Field(
            description="Where the PBX stands, and the addresses that others reach it under.",
            default_factory=NetworkProfile,
        ),
    ]
    congestion: Annotated[
        Congestion,
        Field(description="When new requests are refused so that calls go on.", default_factory=Congestion),
    ]
    presence: Annotated[Presence, Field(description="Who says who is there.", default_factory=Presence)]
    conferences: Annotated[
        Conferences, Field(description="Where rooms of conferences are.", default_factory=Conferences)
    ]
    web: Annotated[
        WebServer, Field(description="Where the API and its page are served to browsers.", default_factory=WebServer)
    ]
    logging: Annotated[
        LogSettings, Field(description="How much the server tells of itself.", default_factory=LogSettings)
    ]
    reserved_numbers: Annotated[
        tuple[ReservedNumber, ...],
        Field(
            description="Numbers that services of the system answer under, in every tenant, and nobody else.",
            strict=False,
            max_length=100,
        ),
    ] = ()
    rules: Annotated[
        RuleSettings,
        Field(
            description="Which rules are asked, and which are switched off for what reason.",
            default_factory=RuleSettings,
        ),
    ]


class SystemMetadata(Metadata):
    """Who the System is."""

    name: Annotated[SystemName, Field(description='Always "system": there is only one.')]


class System(Manifest):
    """What holds for the whole PBX: media ports, registration times. At most one; all fields have defaults."""

    kind: Annotated[Literal["System"], Field(description="What sort of resource it is.")]
    metadata: SystemMetadata
    spec: Annotated[SystemSpec, Field(default_factory=SystemSpec)]
