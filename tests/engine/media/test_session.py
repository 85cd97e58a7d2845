"""One leg's media over a backend in memory: ports taken and returned, descriptions rewritten, silence reported."""

import pytest

from engine.media.backend import Silent
from engine.media.errors import AddressRefused, PortsExhausted
from engine.media.session import LocalMedia, MediaRouter, MediaSession
from engine.sdp.description import SessionDescription, parse_description
from tests.support.media_backend import MemoryBackend
from tests.support.pbx import sdp

OURS = "192.0.2.1"
PHONE = "198.51.100.1"
VIDEO = b"m=video 7000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"


class Fixture:
    def __init__(self, limit: int = 100) -> None:
        self.backend = MemoryBackend(limit)
        self.router = MediaRouter()
        self.session = MediaSession(LocalMedia(self.backend, self.router, OURS), PHONE, 7)


def described(data: bytes) -> SessionDescription:
    return parse_description(data)


def test_a_description_goes_out_with_our_address_and_port() -> None:
    media = Fixture()
    sent = media.session.outgoing(described(sdp(4000, PHONE)))
    (stream,) = sent.media
    assert stream.port == next(iter(media.backend.in_use.values()))
    assert PHONE.encode() not in sent.to_bytes()
    assert f"o=- 7 1 IN IP4 {OURS}".encode() in sent.to_bytes()


def test_the_same_description_keeps_its_version_and_its_ports_and_another_does_not() -> None:
    media = Fixture()
    first = media.session.outgoing(described(sdp()))
    again = media.session.outgoing(described(sdp()))
    assert first.to_bytes() == again.to_bytes()
    held = media.session.outgoing(described(sdp(direction="sendonly")))
    assert b"o=- 7 2 IN" in held.to_bytes()
    assert held.media[0].port == first.media[0].port
    assert len(media.backend.in_use) == 1


def test_streams_keep_their_place_when_others_go() -> None:
    media = Fixture()
    both = media.session.outgoing(described(sdp() + VIDEO))
    without = media.session.outgoing(described(sdp().replace(b"m=audio 4000", b"m=audio 0") + VIDEO))
    assert [stream.port for stream in without.media] == [0, both.media[1].port]
    back = media.session.outgoing(described(sdp() + VIDEO))
    assert [stream.port for stream in back.media] == [stream.port for stream in both.media]


def test_what_cannot_be_relayed_takes_no_port() -> None:
    media = Fixture()
    sent = media.session.outgoing(described(sdp() + b"m=image 5000 udptl t38\r\n"))
    assert [stream.port > 0 for stream in sent.media] == [True, False]
    assert len(media.backend.in_use) == 1


def test_ports_reserved_are_those_used_later() -> None:
    media = Fixture()
    (reserved,) = media.session.reserve(described(sdp()))
    assert reserved is not None
    assert media.session.outgoing(described(sdp())).media[0].port == reserved.rtp
    assert len(media.backend.in_use) == 1


def test_no_ports() -> None:
    media = Fixture(limit=1)
    with pytest.raises(PortsExhausted):
        media.session.outgoing(described(sdp() + VIDEO))
    media.session.release()
    assert media.backend.in_use == {}


def test_packets_go_where_the_phone_says_however_it_is_told_first() -> None:
    for incoming_first in (True, False):
        media = Fixture()
        if incoming_first:
            media.session.incoming(described(sdp(4000, PHONE)))
        media.session.outgoing(described(sdp()))
        if not incoming_first:
            media.session.incoming(described(sdp(4000, PHONE)))
        (remote,) = media.backend.remotes.values()
        assert (remote.rtp, remote.signalling_host) == ((PHONE, 4000), PHONE)


def test_a_declined_stream_is_told_as_no_media() -> None:
    media = Fixture()
    media.session.outgoing(described(sdp()))
    media.session.incoming(described(sdp(0)))
    (remote,) = media.backend.remotes.values()
    assert remote.rtp is None


def test_an_address_of_the_other_family_is_no_media() -> None:
    media = Fixture()
    set_remote = media.backend.set_remote
    told = []

    def refusing(handle: object, remote: object, *, relearn: bool = False) -> None:
        told.append(remote)
        if getattr(remote, "rtp", None) is not None:
            raise AddressRefused("IPv6 on IPv4 ports")
        set_remote(handle, remote)  # type: ignore[arg-type]  # as the session calls it

    media.backend.set_remote = refusing  # type: ignore[method-assign]  # a backend that refuses
    media.session.outgoing(described(sdp()))
    media.session.incoming(described(sdp()))
    (remote,) = media.backend.remotes.values()
    assert remote.rtp is None


def test_an_answer_that_does_not_fit_changes_nothing() -> None:
    media = Fixture()
    assert not media.session.accept_answer(described(sdp()))
    media.session.outgoing(described(sdp()))
    assert not media.session.accept_answer(described(sdp() + VIDEO))
    assert media.backend.remotes == {}
    assert media.session.accept_answer(described(sdp(4321, PHONE)))
    assert [remote.rtp for remote in media.backend.remotes.values()] == [(PHONE, 4321)]


def test_release_returns_all_ports_once() -> None:
    media = Fixture()
    media.session.outgoing(described(sdp() + VIDEO))
    assert not media.router.is_empty
    account = media.session.release()
    assert media.session.release() == account == media.session.account()
    assert media.backend.in_use == {}
    assert media.router.is_empty


def test_a_router_is_in_use_while_a_session_without_ports_is() -> None:
    """Its backend must not be closed under a call that asks for ports only when it is answered."""
    media = Fixture()
    assert media.backend.in_use == {}
    assert not media.router.is_empty
    media.session.release()
    assert media.router.is_empty


FLOWING = [
    (sdp(), True),
    (sdp(direction="sendonly"), False),
    (sdp(direction="recvonly"), False),
    (sdp(direction="inactive"), False),
    (sdp(host="0.0.0.0"), False),
    (sdp(0), False),
    (sdp().replace(b"m=audio", b"m=video"), False),
]


@pytest.mark.parametrize(("description", "flowing"), FLOWING)
def test_what_counts_as_flowing(description: bytes, flowing: bool) -> None:
    media = Fixture()
    media.session.incoming(described(description))
    assert media.session.is_flowing(0) is flowing
    assert not media.session.is_flowing(1)


# Silence.


def test_silence_reaches_who_watches_once() -> None:
    media = Fixture()
    reported: list[tuple[float, float]] = []
    media.session.on_silent = lambda silent_s, now: reported.append((silent_s, now))
    media.session.outgoing(described(sdp()))
    event = media.backend.silent(0, 120.0)
    media.router.on_silent(event, 7.0)
    assert reported == []
    media.session.watch(0, 120.0)
    media.router.on_silent(event, 8.0)
    media.router.on_silent(event, 9.0)
    assert reported == [(120.0, 8.0)]


def test_silence_found_before_the_watch_ended_is_not_reported() -> None:
    media = Fixture()
    media.session.on_silent = lambda *_: pytest.fail("reported")
    media.session.outgoing(described(sdp()))
    media.session.watch(0, 120.0)
    event = media.backend.silent(0, 120.0)
    media.session.watch(0, None)
    media.router.on_silent(event, 1.0)
    media.session.watch(0, 120.0)
    media.session.release()
    media.router.on_silent(event, 2.0)


def test_a_stream_that_nobody_has_is_watched_by_nobody() -> None:
    media = Fixture()
    media.session.watch(3, 120.0)
    media.router.on_silent(Silent(handle=MemoryBackend().allocate().handle, silent_s=1.0), 1.0)
    assert media.backend.watches == {}
