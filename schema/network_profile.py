"""`System.spec.network`: where the PBX stands, and the addresses that others reach it under."""

from ipaddress import IPv4Address, IPv6Address
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
        Field(
            description="What phones are told by IPv4 where a listener or media say nothing else: behind 1:1 NAT, the outer one."
        ),
    ] = None
    advertised_ipv6: Annotated[
        AdvertisedIpv6 | None,
        Field(description="What phones are told by IPv6 where a listener or media say nothing else."),
    ] = None
    ipv6: Annotated[
        bool, NotYet(), Field(description="false: IPv4 alone; true: both, where a listener has an IPv6 address.")
    ] = True

    def advertised(self, bound: IPv4Address | IPv6Address | None) -> IPv4Address | IPv6Address | None:
        """Return what phones are told of a socket at that address, if not the address; None: which it is, only the machine knows."""
        if bound is None or bound.is_loopback:
            return None
        return self.advertised_ipv4 if bound.version == 4 else self.advertised_ipv6
