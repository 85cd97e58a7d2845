"""What a peer announced, checked and canonical."""

from __future__ import annotations

import socket

import pytest

from engine.media.backend import Address, RemoteMedia
from engine.media.errors import AddressRefused
from engine.media.remote import canonical_remote, family_of

CASES = [
    pytest.param(RemoteMedia(rtp=None), None, None, id="no-media"),
    pytest.param(RemoteMedia(rtp=("192.0.2.1", 0)), None, None, id="port-0-is-no-media"),
    pytest.param(RemoteMedia(rtp=("0.0.0.0", 4000)), ("0.0.0.0", 4000), ("0.0.0.0", 4001), id="old-hold"),
    pytest.param(
        RemoteMedia(rtp=("192.0.2.1", 4000)), ("192.0.2.1", 4000), ("192.0.2.1", 4001), id="rtcp-is-the-next-port"
    ),
    pytest.param(RemoteMedia(rtp=("192.0.2.1", 65535)), ("192.0.2.1", 65535), None, id="no-port-after-the-last"),
    pytest.param(
        RemoteMedia(rtp=("192.0.2.1", 4000), rtcp=("192.0.2.9", 7)), ("192.0.2.1", 4000), ("192.0.2.9", 7), id="a=rtcp"
    ),
]


@pytest.mark.parametrize(("remote", "rtp", "rtcp"), CASES)
def test_announcements(remote: RemoteMedia, rtp: Address | None, rtcp: Address | None) -> None:
    canonical = canonical_remote(remote, socket.AF_INET)
    assert (canonical.rtp, canonical.rtcp) == (rtp, rtcp)


def test_ipv6_text_becomes_the_kernels() -> None:
    remote = RemoteMedia(rtp=("2001:DB8:0:0::1", 4000), signalling_host="2001:db8:0::2")
    canonical = canonical_remote(remote, socket.AF_INET6)
    assert (canonical.rtp, canonical.signalling_host) == (("2001:db8::1", 4000), "2001:db8::2")


@pytest.mark.parametrize("host", ["", "phone.example.com", "1.2.3", "192.0.2.1%eth0", "\udc80"])
def test_a_signalling_host_that_is_no_address_matches_nothing(host: str) -> None:
    remote = RemoteMedia(rtp=("192.0.2.1", 4000), signalling_host=host)
    assert canonical_remote(remote, socket.AF_INET).signalling_host == ""


@pytest.mark.parametrize("host", ["", "localhost", "256.1.1.1", "fe80::1%eth0", "::1::"])
def test_a_bind_host_must_be_numeric(host: str) -> None:
    with pytest.raises(AddressRefused, match="not a numeric IP address"):
        family_of(host)
