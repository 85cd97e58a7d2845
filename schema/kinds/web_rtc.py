"""`WebRtc`: calls in browsers (feature E3). Which ports they come by is said by Listeners for ws and wss. The system has one."""

from typing import Annotated, Literal

from pydantic import Field

from schema.kinds.system import SystemMetadata
from schema.resource import Manifest, Spec
from schema.server_address import ServerAddress


class WebRtcSpec(Spec):
    """How browsers call."""

    enabled: Annotated[bool, Field(description="false: browsers are refused.")] = True
    softphone: Annotated[
        bool,
        Field(
            description="true: a page with a telephone is served: log in with extension, password and the tenant's domain; call, answer, "
            "hold, transfer, DTMF, video."
        ),
    ] = True
    stun_servers: Annotated[
        tuple[ServerAddress, ...],
        Field(description="Servers that tell a browser its own address (RFC 8489).", strict=False, max_length=4),
    ] = ()


class WebRtc(Manifest):
    """Calls in browsers."""

    kind: Annotated[Literal["WebRtc"], Field(description="What sort of resource it is.")]
    metadata: SystemMetadata
    spec: WebRtcSpec
