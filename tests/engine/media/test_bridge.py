"""Two legs' media joined: which streams are paired, and when silence is a sign of trouble (feature A11)."""

import pytest

from engine.media.bridge import join_media, part_media, supervise_silence
from engine.media.session import LocalMedia, MediaRouter, MediaSession
from engine.sdp.description import parse_description
from tests.support.media_backend import MemoryBackend
from tests.support.pbx import sdp

VIDEO = b"m=video 7000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"


class Two:
    """Two sessions of one machine; each was told the other's description."""

    def __init__(self, of_a: bytes, of_b: bytes) -> None:
        self.backend = MemoryBackend()
        self.router = MediaRouter()
        self.local = LocalMedia(self.backend, self.router, "192.0.2.1")
        self.a, self.b = self.session(), self.session()
        self.agree(of_a, of_b)

    def session(self) -> MediaSession:
        return MediaSession(self.local, "198.51.100.1", 7)

    def agree(self, of_a: bytes, of_b: bytes) -> None:
        a, b = parse_description(of_a), parse_description(of_b)
        self.b.outgoing(a)
        self.a.outgoing(b)
        self.a.incoming(a)
        self.b.incoming(b)
        join_media(self.a, self.b)
        supervise_silence(self.a, self.b, 120.0)


def test_all_streams_that_both_have_are_paired() -> None:
    two = Two(sdp() + VIDEO, sdp() + VIDEO)
    assert len(two.backend.paired_ports()) == 2


def test_a_stream_that_one_declined_is_paired_with_nothing() -> None:
    two = Two(sdp() + VIDEO, sdp() + VIDEO.replace(b"7000", b"0"))
    assert len(two.backend.in_use) == 3
    assert len(two.backend.paired_ports()) == 1


def test_parting_leaves_who_was_joined_to_another_meanwhile() -> None:
    two = Two(sdp(), sdp())
    third = two.session()
    third.outgoing(parse_description(sdp()))
    join_media(two.a, third)
    part_media(two.a, two.b)
    assert len(two.backend.paired_ports()) == 1
    part_media(two.a, third)
    assert two.backend.paired_ports() == set()


def test_both_directions_of_audio_are_watched_and_video_is_not() -> None:
    assert len(Two(sdp() + VIDEO, sdp() + VIDEO).backend.watches) == 2


@pytest.mark.parametrize("direction", ["sendonly", "recvonly", "inactive"])
@pytest.mark.parametrize("holder", ["a", "b", "both"])
def test_no_watch_while_either_side_holds_and_again_after(direction: str, holder: str) -> None:
    two = Two(sdp(), sdp())
    held = sdp(direction=direction)
    two.agree(held if holder != "b" else sdp(), held if holder != "a" else sdp())
    assert two.backend.watches == {}
    assert len(two.backend.paired_ports()) == 1
    two.agree(sdp(), sdp())
    assert len(two.backend.watches) == 2


def test_the_old_hold_by_address_is_not_watched() -> None:
    assert Two(sdp(host="0.0.0.0"), sdp()).backend.watches == {}


def test_a_stream_that_is_taken_out_is_not_watched_any_more() -> None:
    two = Two(sdp() + sdp()[sdp().index(b"m=") :], sdp() + sdp()[sdp().index(b"m=") :])
    assert len(two.backend.watches) == 4
    out = sdp() + sdp(0)[sdp(0).index(b"m=") :]
    two.agree(out, out)
    assert len(two.backend.watches) == 2


@pytest.mark.parametrize("timeout_s", [0.0, -1.0])
def test_no_time_out_no_watch(timeout_s: float) -> None:
    two = Two(sdp(), sdp())
    supervise_silence(two.a, two.b, timeout_s)
    assert two.backend.watches == {}
