"""`System.spec.network`: where the PBX stands, and the addresses that others reach it under."""

from typing import Annotated, Literal

from pydantic import Field

from schema.address import AdvertisedIpv4, AdvertisedIpv6
from schema.not_yet import NotYet
from schema.resource import Part


class NetworkProfile(Part):
    """Where the PBX stands. The same manifests serve elsewhere with these few lines changed."""

    profile: Annotated[
        Literal["lan", "public"],
        Field(
            description="lan: all phones are in networks of ours; public: some come over the internet, and what they are told has to be "
            "reachable from there."
        ),
    ] = "lan"
    advertised_ipv4: Annotated[
        AdvertisedIpv4 | None,
        NotYet(),
        Field(
            description="What phones are told by IPv4 where a listener or media say nothing else: behind 1:1 NAT, the outer one."
        ),
    ] = None
    advertised_ipv6: Annotated[
        AdvertisedIpv6 | None,
        NotYet(),
        Field(description="What phones are told by IPv6 where a listener or media say nothing else."),
    ] = None
    ipv6: Annotated[
        bool, NotYet(), Field(description="false: IPv4 alone; true: both, where a listener has an IPv6 address.")
    ] = True
