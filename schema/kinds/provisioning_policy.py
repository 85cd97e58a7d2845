"""`ProvisioningPolicy`: how phones get their settings (feature E1). The system has one."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from schema.duration import Duration
from schema.kinds.system import SystemMetadata
from schema.resource import Manifest, Spec
from schema.whole import Port


class ProvisioningPolicySpec(Spec):
    """How phones get their settings."""

    enabled: Annotated[bool, Field(description="false: no phone gets settings from here.")] = True
    plug_and_play: Annotated[
        bool,
        Field(
            description="true: phones that ask in the network (multicast SUBSCRIBE, ua-profile) are told the URL of their settings; needs "
            "a Listener for UDP at port 5060 in the same subnet."
        ),
    ] = True
    protocol: Annotated[Literal["http", "https"], Field(description="How settings are fetched.")] = "http"
    port: Annotated[Port, Field(description="At which port.")] = 8899
    option66: Annotated[
        Literal["none", "url", "tftp"],
        Field(
            description="What is to stand in option 66 of DHCP: nothing, the URL, or an address of TFTP, for old phones (Cisco 7940, 7960)."
        ),
    ] = "url"
    refresh: Annotated[
        timedelta,
        Duration(timedelta(minutes=10), timedelta(hours=168)),
        Field(description="After how long a phone asks again whether its settings have changed."),
    ] = timedelta(hours=24)


class ProvisioningPolicy(Manifest):
    """How phones get their settings."""

    kind: Annotated[Literal["ProvisioningPolicy"], Field(description="What sort of resource it is.")]
    metadata: SystemMetadata
    spec: ProvisioningPolicySpec
