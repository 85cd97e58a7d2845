"""What the other leg gets: our addresses, and everything that does not end at us byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.sdp.anchor import MediaPorts, anchor, is_relayable, unsupported_streams
from engine.sdp.description import DIRECTION_LINES, SessionDescription, parse_description
from engine.sdp.offer_answer import is_hold, streams
from engine.sdp.origin import OriginLine
from engine.sip.errors import LocalProtocolError

FOLDER = Path(__file__).parents[2] / "vectors" / "sdp"
VECTORS = sorted(path.stem for path in FOLDER.glob("*.sdp"))
OURS = "198.51.100.1"
ORIGIN = OriginLine(77, 3)
UNSUPPORTED = {"browser-dtls-bundle": [0, 1], "fax-t38-beside-audio": [1], "many-streams": [3]}


def load(name: str) -> SessionDescription:
    return parse_description((FOLDER / f"{name}.sdp").read_bytes())


def anchored(received: SessionDescription, address: str = OURS) -> SessionDescription:
    ports = [MediaPorts(20000 + 2 * index, 20001 + 2 * index) for index in range(len(received.media))]
    return anchor(received, address=address, ports=ports, origin=ORIGIN)


WHOLE = {
    "yealink-audio": """v=0
o=- 77 3 IN IP4 198.51.100.1
s=SDP data
c=IN IP4 198.51.100.1
t=0 0
m=audio 20000 RTP/AVP 9 0 8 18 101
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=fmtp:101 0-15
a=rtpmap:101 telephone-event/8000
a=ptime:20
a=sendrecv
""",
    "baresip-ice-mux": """v=0
o=- 77 3 IN IP4 198.51.100.1
s=-
c=IN IP4 198.51.100.1
t=0 0
a=tool:baresip 1.1.0
m=audio 20000 RTP/AVP 96 0 8 101
b=AS:125
a=rtpmap:96 opus/48000/2
a=fmtp:96 stereo=1;sprop-stereo=1
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=rtcp-rsize
a=sendrecv
a=label:1
a=ssrc:305419896 cname:sip:bob@example.com
a=ptime:20
""",
    "many-streams": """v=0
o=- 77 3 IN IP4 198.51.100.1
s=SIP Call
i=three streams and a chat
u=http://www.example.com/
e=alice@example.com
c=IN IP4 198.51.100.1
b=CT:1500
t=0 0
r=7d 1h 0 25h
k=clear:x
m=audio 20000 RTP/AVP 8
i=microphone
a=mid:1
m=video 20002 RTP/AVP 99
a=mid:2
a=rtpmap:99 H264/90000
a=content:slides
m=text 20004 RTP/AVP 98
a=rtpmap:98 t140/1000
m=message 0 TCP/MSRP *
""",
    "hold-zero-address": """v=0
o=- 77 3 IN IP4 198.51.100.1
s=SDP data
c=IN IP4 198.51.100.1
t=0 0
m=audio 20000 RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=sendonly
""",
    "hold-zero-address-in-media": """v=0
o=- 77 3 IN IP4 198.51.100.1
s=-
c=IN IP4 198.51.100.1
t=0 0
a=sendrecv
m=audio 20000 RTP/AVP 0
a=inactive
""",
    "untidy": """v=0
o=- 77 3 IN IP4 198.51.100.1
s=-
c=IN IP4 198.51.100.1
t=0 0
m=audio 20000 RTP/AVP 0 8 101
a=rtpmap:101 telephone-event/8000
x=nobody knows this
y=nor this
""",
}


@pytest.mark.parametrize("name", WHOLE)
def test_the_whole_description_for_the_other_leg(name: str) -> None:
    assert anchored(load(name)).to_bytes().decode().replace("\r\n", "\n") == WHOLE[name]


@pytest.mark.parametrize("name", VECTORS)
def test_no_address_of_the_peer_remains(name: str) -> None:
    text = anchored(load(name)).to_bytes()

    assert b"192.0.2." not in text
    assert b"2001:db8" not in text
    assert b"0.0.0.0" not in text


@pytest.mark.parametrize("name", VECTORS)
def test_the_other_leg_can_read_it_and_sends_to_us(name: str) -> None:
    out = anchored(load(name))
    again = parse_description(out.to_bytes())

    assert again == out
    for index, stream in enumerate(streams(again)):
        if not stream.declined:
            assert (stream.rtp_host, stream.rtp_port) == (OURS, 20000 + 2 * index)
            assert (stream.rtcp_host, stream.rtcp_port) == (OURS, 20001 + 2 * index)


@pytest.mark.parametrize("name", VECTORS)
def test_what_the_formats_mean_passes_untouched(name: str) -> None:
    received = load(name)
    out = anchored(received)

    assert [(media.kind, media.proto, media.formats) for media in out.media] == [
        (media.kind, media.proto, media.formats) for media in received.media
    ]
    for old, new in zip(received.media, out.media, strict=True):
        if not new.declined:
            for name_ in ("rtpmap", "fmtp", "ptime", "crypto", "ssrc", "rtcp-fb", "rtcp-xr"):
                assert new.attributes(name_) == old.attributes(name_)


@pytest.mark.parametrize("name", VECTORS)
def test_hold_and_directions_pass(name: str) -> None:
    received = load(name)
    out = anchored(received)

    if name not in UNSUPPORTED:
        assert is_hold(out) is is_hold(received)
    if not name.startswith("hold-zero"):
        for old, new in zip(received.media, out.media, strict=True):
            if not new.declined:
                assert [line for line in new.lines if line in DIRECTION_LINES] == [
                    line for line in old.lines if line in DIRECTION_LINES
                ]
        assert out.direction is received.direction


@pytest.mark.parametrize("name", VECTORS)
def test_streams_we_cannot_relay_are_named_and_declined(name: str) -> None:
    received = load(name)
    out = anchored(received)

    assert unsupported_streams(received) == UNSUPPORTED.get(name, [])
    for index, media in enumerate(out.media):
        assert media.declined is (index in UNSUPPORTED.get(name, []) or received.media[index].declined)
        if media.declined:
            assert media.lines == ()


RELAYABLE = [
    ("RTP/AVP", "", True),
    ("RTP/AVPF", "", True),
    ("rtp/avp", "", True),
    ("RTP/SAVP", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n", True),
    ("RTP/SAVPF", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n", True),
    ("RTP/SAVP", "", False),
    ("RTP/SAVPF", "a=fingerprint:sha-256 00\r\n", False),
    ("UDP/TLS/RTP/SAVPF", "", False),
    ("TCP/RTP/AVP", "", False),
    ("udptl", "", False),
]


@pytest.mark.parametrize(("proto", "lines", "good"), RELAYABLE)
def test_what_is_relayable(proto: str, lines: str, good: bool) -> None:
    text = f"v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 9 {proto} 0\r\n{lines}"

    assert is_relayable(parse_description(text.encode()).media[0]) is good


def test_a_stream_without_ports_of_ours_is_declined() -> None:
    out = anchor(load("grandstream-audio-video"), address=OURS, ports=[MediaPorts(20000, 20001), None], origin=ORIGIN)

    assert out.media[1].media_line == "m=video 0 RTP/AVP 99"
    assert out.media[1].lines == ()


def test_rtcp_is_named_only_where_it_is_not_the_next_port() -> None:
    received = load("pjsua-rtcp-elsewhere")

    assert not anchored(received).media[0].has("rtcp")
    out = anchor(received, address=OURS, ports=[MediaPorts(20000, 20011)], origin=ORIGIN)
    assert out.media[0].attributes("rtcp") == ["20011"]


def test_an_ipv6_side_gets_ipv6_lines() -> None:
    out = anchored(load("yealink-audio"), "2001:db8:1::1")

    assert out.lines[:4] == (
        "v=0",
        "o=- 77 3 IN IP6 2001:db8:1::1",
        "s=SDP data",
        "c=IN IP6 2001:db8:1::1",
    )


def test_lines_of_unknown_type_pass_at_session_level_too() -> None:
    received = parse_description(b"v=0\r\nc=IN IP4 192.0.2.1\r\nx=y\r\na=tool:z\r\nm=audio 9 RTP/AVP 0\r\n")

    assert anchored(received).lines[-2:] == ("x=y", "a=tool:z")


def test_ports_are_one_entry_per_stream() -> None:
    with pytest.raises(LocalProtocolError):
        anchor(load("yealink-audio"), address=OURS, ports=[], origin=ORIGIN)


@settings(deadline=None)
@given(st.sampled_from(VECTORS), st.data())
def test_anchoring_twice_is_anchoring_once(name: str, data: st.DataObject) -> None:
    received = load(name)
    ports = [
        data.draw(st.one_of(st.none(), st.integers(1024, 65000).map(lambda port: MediaPorts(port, port + 1))))
        for _ in received.media
    ]
    once = anchor(received, address=OURS, ports=ports, origin=ORIGIN)

    assert anchor(once, address=OURS, ports=ports, origin=ORIGIN) == once
