"""`Listener`: a socket on which SIP comes in. A system has one at least."""

from typing import Annotated, Final, Literal

from pydantic import Field

from schema.address import AdvertisedAddress, IpAddress
from schema.field_type import FieldType, refusal
from schema.problem import shown
from schema.resource import Manifest, Metadata, Spec
from schema.text import ResourceName
from schema.whole import Port

TRANSPORTS: Final = ("udp", "tcp")
TRANSPORTS_TO_COME: Final = ("tls", "ws", "wss")
_HINT: Final = 'write "udp" or "tcp"'


class _Transport(FieldType[Literal["udp", "tcp"]]):
    def read(self, value: object) -> Literal["udp", "tcp"]:
        """Return the transport; those to come are told apart from mistakes."""
        if value == "udp":
            return "udp"
        if value == "tcp":
            return "tcp"
        if value in TRANSPORTS_TO_COME:
            raise refusal("not-supported-yet", f"is {shown(value)}, which is not supported yet", _HINT)
        raise refusal("transport", f"is {shown(value)}, not a transport", _HINT)

    def write(self, value: Literal["udp", "tcp"]) -> str:
        """Return the transport."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Return the list of transports."""
        return {"type": "string", "enum": list(TRANSPORTS)}


Transport = Annotated[Literal["udp", "tcp"], _Transport()]


class ListenerSpec(Spec):
    """Where a listener listens, and whom it serves."""

    transport: Annotated[
        Transport,
        Field(description="What SIP is carried by: udp or tcp; for both, two listeners, on one port if you like."),
    ]
    address: Annotated[
        IpAddress | None, Field(description="The address to listen on; default: the machine's own --host.")
    ] = None
    port: Annotated[Port, Field(description="The port to listen on.")] = 5060
    advertised_address: Annotated[
        AdvertisedAddress | None,
        Field(description="The address that phones are told to send SIP to; default: the one listened on."),
    ] = None
    tenant: Annotated[
        ResourceName | None,
        Field(description="The Tenant of requests that name no tenant's domain; default: such requests are refused."),
    ] = None


class Listener(Manifest):
    """A socket on which SIP comes in. A system has one at least."""

    kind: Annotated[Literal["Listener"], Field(description="What sort of resource it is.")]
    metadata: Metadata
    spec: ListenerSpec
