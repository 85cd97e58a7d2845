"""Two parties and a media backend that joins them."""

from __future__ import annotations

from collections.abc import Callable

from engine.media.backend import MediaBackend, RemoteMedia
from tests.support.rtp_party import Party, loopback_host

BIND_HOST = loopback_host(1)


class Call:
    """Alice and Bob, each with a stream of ours that knows what they announced, paired."""

    def __init__(
        self, backend: MediaBackend, parties: Callable[..., Party], *, host: str = "", our_host: str = BIND_HOST
    ) -> None:
        self.backend = backend
        self.alice, self.bob = parties(host or loopback_host(2)), parties(host or loopback_host(3))
        one, other = backend.allocate(), backend.allocate()
        self.to_alice, self.to_bob = one.handle, other.handle
        self.alice_rtp, self.alice_rtcp = (our_host, one.rtp_port), (our_host, one.rtcp_port)
        self.bob_rtp, self.bob_rtcp = (our_host, other.rtp_port), (our_host, other.rtcp_port)
        backend.set_remote(one.handle, RemoteMedia(rtp=self.alice.rtp, signalling_host=self.alice.host))
        backend.set_remote(other.handle, RemoteMedia(rtp=self.bob.rtp, signalling_host=self.bob.host))
        backend.pair(one.handle, other.handle)
