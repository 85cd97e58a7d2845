"""`Listener`: a socket on which SIP comes in. A system has one at least."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from schema.address import AdvertisedAddress, IpAddress
from schema.certificate import PeerCertificate
from schema.field_type import FieldType, refusal
from schema.nearest import one_of
from schema.not_yet import NotYet
from schema.problem import shown
from schema.resource import Manifest, Metadata, Spec
from schema.text import ResourceName
from schema.whole import Port

TransportName = Literal["udp", "tcp", "tls", "ws", "wss"]
TRANSPORTS: Final[tuple[TransportName, ...]] = ("udp", "tcp", "tls", "ws", "wss")
CARRIED_OUT: Final[tuple[TransportName, ...]] = ("udp", "tcp")
ENCRYPTED: Final[tuple[TransportName, ...]] = ("tls", "wss")
PORTS: Final[Mapping[TransportName, int]] = {"udp": 5060, "tcp": 5060, "tls": 5061, "ws": 5062, "wss": 10443}
"""A phone that changes to TCP for a large request uses the same port; 10080, WS elsewhere, is blocked by browsers."""


class _Transport(FieldType[TransportName]):
    def read(self, value: object) -> TransportName:
        """Return the transport."""
        for transport in TRANSPORTS:
            if value == transport:
                return transport
        hint = one_of(value.lower(), list(TRANSPORTS)) if isinstance(value, str) else f"write {', '.join(TRANSPORTS)}"
        raise refusal("transport", f"is {shown(value)}, not a transport", hint)

    def write(self, value: TransportName) -> str:
        """Return the transport."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Return the list of transports."""
        return {"type": "string", "enum": list(TRANSPORTS)}


Transport = Annotated[TransportName, _Transport()]


def _port(given: Mapping[str, object]) -> int:
    return next((PORTS[transport] for transport in TRANSPORTS if transport == given.get("transport")), PORTS["udp"])


class ListenerSpec(Spec):
    """Where a listener listens, and whom it serves."""

    transport: Annotated[
        Transport,
        NotYet(only=("tls", "ws", "wss")),
        Field(
            description="What SIP is carried by: udp, tcp, tls, ws or wss (WebSockets, for browsers); for several, a listener each. "
            "udp and tcp may share a port."
        ),
    ]
    address: Annotated[
        IpAddress | None, Field(description="The address to listen on; default: the machine's own --host.")
    ] = None
    port: Annotated[
        Port,
        Field(
            description="The port to listen on; default: 5060 for udp and tcp, 5061 for tls, 5062 for ws, 10443 for wss.",
            default_factory=_port,
        ),
    ]
    advertised_address: Annotated[
        AdvertisedAddress | None,
        Field(description="The address that phones are told to send SIP to; default: the one listened on."),
    ] = None
    tenant: Annotated[
        ResourceName | None,
        Field(description="The Tenant of requests that name no tenant's domain; default: such requests are refused."),
    ] = None
    tls: Annotated[
        PeerCertificate | None,
        NotYet(),
        Field(
            description="Who we are, for tls and wss; default: a certificate that we sign ourselves. A renewed file counts at once."
        ),
    ] = None

    @model_validator(mode="after")
    def _check_tls(self) -> Self:
        if self.tls is not None and self.transport not in ENCRYPTED:
            what = f"has tls, which {self.transport} does not speak"
            raise refusal("listener-tls", what, "remove it, or write transport: tls or wss")
        return self


class Listener(Manifest):
    """A socket on which SIP comes in. A system has one at least."""

    kind: Annotated[Literal["Listener"], Field(description="What sort of resource it is.")]
    metadata: Metadata
    spec: ListenerSpec
