"""Reading session descriptions: the vectors, the leniencies, the refusals, and fuzzing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.sdp.description import (
    _PLAIN,
    Connection,
    Direction,
    RtcpAddress,
    _read_lines,
    parse_connection,
    parse_description,
)
from engine.sdp.errors import SdpError
from engine.sdp.offer_answer import is_hold, streams
from engine.sip.errors import RemoteProtocolError

FOLDER = Path(__file__).parents[2] / "vectors" / "sdp"
VECTORS = sorted(path.stem for path in FOLDER.glob("*.sdp"))

# Per stream: kind, rtp host:port, rtcp host:port, direction, declined; then whether the whole is a hold.
READ: dict[str, tuple[list[str], bool]] = {
    "baresip-ice-mux": (["audio 192.0.2.28:31234 192.0.2.28:31235 sendrecv"], False),
    "browser-dtls-bundle": (
        ["audio 192.0.2.30:49203 0.0.0.0:9 sendrecv", "video 0.0.0.0:9 0.0.0.0:10 sendrecv"],
        False,
    ),
    "cisco-static-payloads": (["audio 192.0.2.24:17332 192.0.2.24:17333 sendrecv"], False),
    "fax-t38-beside-audio": (
        ["audio 192.0.2.34:6800 192.0.2.34:6801 sendrecv", "image 192.0.2.34:6802 192.0.2.34:6803 sendrecv"],
        False,
    ),
    "grandstream-audio-video": (
        ["audio 192.0.2.22:5004 192.0.2.22:5005 sendrecv", "video 192.0.2.22:5006 192.0.2.22:5007 sendrecv"],
        False,
    ),
    "hold-inactive": (["audio 192.0.2.33:30002 192.0.2.33:30003 inactive", "video declined"], True),
    "hold-zero-address": (["audio 0.0.0.0:11782 0.0.0.0:11783 sendrecv"], True),
    "hold-zero-address-in-media": (["audio 0.0.0.0:30000 0.0.0.0:30001 recvonly"], True),
    "ipv6": (["audio 2001:db8::35:40000 2001:db8::36:40005 sendrecv"], False),
    "linphone-avpf": (["audio 192.0.2.26:7078 192.0.2.26:7079 sendrecv"], False),
    "many-streams": (
        [
            "audio 192.0.2.38:8001 192.0.2.38:8002 sendrecv",
            "video 192.0.2.38:8003 192.0.2.38:8004 sendrecv",
            "text 192.0.2.38:8005 192.0.2.38:8006 sendrecv",
            "message 192.0.2.38:8007 192.0.2.38:8008 sendrecv",
        ],
        False,
    ),
    "pjsua-rtcp-elsewhere": (["audio 192.0.2.27:4000 192.0.2.77:4071 sendrecv"], False),
    "polycom-session-direction": (["audio 192.0.2.23:2252 192.0.2.23:2253 sendonly"], True),
    "snom-sdes": (["audio 192.0.2.29:60918 192.0.2.29:60919 sendrecv"], False),
    "untidy": (["audio 192.0.2.37:9000 192.0.2.37:9001 sendrecv"], False),
    "yealink-audio": (["audio 192.0.2.21:11782 192.0.2.21:11783 sendrecv"], False),
    "zoiper-rtcp-xr": (["audio 192.0.2.25:53794 192.0.2.25:53795 sendrecv"], False),
}


def load(name: str) -> bytes:
    return (FOLDER / f"{name}.sdp").read_bytes()


def test_every_vector_has_an_expectation() -> None:
    assert list(READ) == VECTORS


@pytest.mark.parametrize("name", VECTORS)
def test_streams_of_the_vectors(name: str) -> None:
    description = parse_description(load(name))
    shown = [
        f"{stream.kind} declined"
        if stream.declined
        else f"{stream.kind} {stream.rtp_host}:{stream.rtp_port} {stream.rtcp_host}:{stream.rtcp_port} {stream.direction.value}"
        for stream in streams(description)
    ]

    assert (shown, is_hold(description)) == READ[name]


@pytest.mark.parametrize("name", [name for name in VECTORS if name != "untidy"])
def test_a_tidy_description_is_written_byte_for_byte(name: str) -> None:
    assert parse_description(load(name)).to_bytes() == load(name)


def test_an_untidy_description_is_tidied() -> None:
    assert parse_description(load("untidy")).to_bytes() == (
        b"v=0\r\no=- 1 1 IN IP4 192.0.2.37\r\ns=\r\nc=IN IP4  192.0.2.37/127\r\n"
        b"m=audio 9000/2 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\nx=nobody knows this\r\ny=nor this\r\n"
    )


def test_parts_of_a_description() -> None:
    description = parse_description(load("grandstream-audio-video"))
    audio, video = description.media

    assert description.session_name == "SIP Call"
    assert description.connection == Connection("192.0.2.22")
    assert (audio.kind, audio.port, audio.port_count, audio.proto) == ("audio", 5004, 1, "RTP/AVP")
    assert audio.formats == ("0", "8", "18", "9", "101")
    assert audio.rtpmap["101"] == "telephone-event/8000"
    assert audio.fmtp == {"18": "annexb=no", "101": "0-15"}
    assert audio.attributes("ptime") == ["20"]
    assert audio.has("sendrecv")
    assert not audio.has("ptim")
    assert not audio.declined
    assert video.media_line == "m=video 5006 RTP/AVP 99"
    assert video.attributes("fmtp") == ["99 profile-level-id=42801f; packetization-mode=1"]


def test_keys_rtcp_and_session_attributes() -> None:
    assert len(parse_description(load("snom-sdes")).media[0].crypto) == 2
    assert parse_description(load("pjsua-rtcp-elsewhere")).media[0].rtcp == RtcpAddress(4071, "192.0.2.77")
    assert parse_description(load("linphone-avpf")).media[0].rtcp == RtcpAddress(7079, None)
    baresip = parse_description(load("baresip-ice-mux"))
    assert baresip.attributes("ice-ufrag") == ["k3Tq"]
    assert baresip.has("tool")


MINIMAL = b"v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 9 RTP/AVP 0\r\n"


def test_a_missing_session_name_reads_as_a_dash() -> None:
    assert parse_description(MINIMAL).session_name == "-"
    assert parse_description(load("untidy")).session_name == "-"


DIRECTIONS = [
    ("none", b"", b"", Direction.SENDRECV),
    ("session", b"a=recvonly\r\n", b"", Direction.RECVONLY),
    ("media", b"", b"a=inactive\r\n", Direction.INACTIVE),
    ("media over session", b"a=inactive\r\n", b"a=sendonly\r\n", Direction.SENDONLY),
    ("the last of two", b"", b"a=sendonly\r\na=recvonly\r\n", Direction.RECVONLY),
]


@pytest.mark.parametrize(
    ("session", "media", "direction"), [case[1:] for case in DIRECTIONS], ids=[case[0] for case in DIRECTIONS]
)
def test_direction_of_a_stream(session: bytes, media: bytes, direction: Direction) -> None:
    description = parse_description(MINIMAL.replace(b"m=", session + b"m=") + media)

    assert description.direction_of(description.media[0]) is direction


def test_a_declined_stream_needs_no_address() -> None:
    description = parse_description(b"v=0\r\nm=audio 0 RTP/AVP 0\r\n")

    assert description.media[0].declined
    assert description.connection_of(description.media[0]) is None
    assert streams(description)[0].declined
    assert not is_hold(description)


CONNECTIONS = [
    ("IN IP4 192.0.2.1", "192.0.2.1"),
    ("IN  IP4\t192.0.2.1", "192.0.2.1"),
    ("in ip4 192.0.2.1", "192.0.2.1"),
    ("IN IP4 192.0.2.1/127", "192.0.2.1"),
    ("IN IP6 2001:DB8:0::1", "2001:db8::1"),
    ("IN IP4 2001:db8::1", "2001:db8::1"),
    ("IN IP4 0.0.0.0", "0.0.0.0"),
]


@pytest.mark.parametrize(("text", "host"), CONNECTIONS)
def test_connection(text: str, host: str) -> None:
    connection = parse_connection(text)

    assert connection.host == host
    assert connection.is_unspecified is (host == "0.0.0.0")
    assert parse_connection(connection.line().removeprefix("c=")) == connection


REFUSED = [
    ("nothing", b"", 400),
    ("no version", b"o=- 1 1 IN IP4 192.0.2.1\r\n", 400),
    ("other version", MINIMAL.replace(b"v=0", b"v=1"), 400),
    ("no SDP at all", b"hello", 400),
    ("NUL", MINIMAL + b"a=\x00\r\n", 400),
    ("no address", b"v=0\r\nm=audio 9 RTP/AVP 0\r\n", 400),
    ("line without =", MINIMAL + b"nonsense\r\n", 400),
    ("port no number", MINIMAL.replace(b" 9 ", b" x "), 400),
    ("port negative", MINIMAL.replace(b" 9 ", b" -9 "), 400),
    ("port too large", MINIMAL.replace(b" 9 ", b" 65536 "), 400),
    ("port absurd", MINIMAL.replace(b" 9 ", b" " + b"9" * 5000 + b" "), 400),
    ("m= too short", MINIMAL.replace(b"m=audio 9 RTP/AVP 0", b"m=audio"), 400),
    ("rtcp no port", MINIMAL + b"a=rtcp:x\r\n", 400),
    ("rtcp port too large", MINIMAL + b"a=rtcp:65536\r\n", 400),
    ("rtcp without value", MINIMAL + b"a=rtcp\r\n", 400),
    ("rtcp multicast", MINIMAL + b"a=rtcp:9 IN IP4 224.0.0.1\r\n", 488),
    ("host name", MINIMAL.replace(b"192.0.2.1", b"a.example.com"), 488),
    ("zone", MINIMAL.replace(b"IP4 192.0.2.1", b"IP6 fe80::1%eth0"), 488),
    ("multicast", MINIMAL.replace(b"192.0.2.1", b"224.2.1.1/127"), 488),
    ("multicast 6", MINIMAL.replace(b"IP4 192.0.2.1", b"IP6 ff02::1"), 488),
    ("broadcast", MINIMAL.replace(b"192.0.2.1", b"255.255.255.255"), 488),
    ("no address in c=", MINIMAL.replace(b" 192.0.2.1", b""), 488),
    ("other net type", MINIMAL.replace(b"IN IP4", b"ATM NSAP"), 488),
    ("bad address of a declined stream", MINIMAL + b"m=video 0 RTP/AVP 99\r\nc=IN IP4 x\r\n", 488),
    ("bad address of the session", MINIMAL.replace(b"192.0.2.1", b"x") + b"c=IN IP4 192.0.2.1\r\n", 488),
    ("long c=", MINIMAL.replace(b"192.0.2.1", b"1" * 1000), 400),
    ("too many streams", MINIMAL + b"m=audio 9 RTP/AVP 0\r\n" * 64, 400),
    ("too many lines", MINIMAL + b"a=x\r\n" * 5000, 400),
]


@pytest.mark.parametrize(("data", "status"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_cannot_be_read_or_served_is_refused(data: bytes, status: int) -> None:
    with pytest.raises(SdpError) as refused:
        parse_description(data)

    assert isinstance(refused.value, RemoteProtocolError)
    assert refused.value.status_hint == status


PIECES = st.sampled_from(
    [MINIMAL, b"v=0\r\n", b"v=0\n", b"\r\n", b"\n", b"\r", b" ", b"=", b"m=", b"c=IN IP4 ", b"0.0.0.0", b"a=rtcp:", b"9",
     b"a=rtpmap:8", b" PCMA/8000", b"a=", b"o=", b"s=", b"t=", b"RTP/AVP", b"a=sendonly\r\n", b"\xff", b"\x00", b"::", b"IN"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(), st.lists(PIECES, max_size=20).map(b"".join), st.lists(PIECES).map(lambda p: MINIMAL + b"".join(p))
    )
)
def test_any_bytes_are_a_description_or_refused(data: bytes) -> None:
    try:
        description = parse_description(data)
    except SdpError:
        return
    again = parse_description(description.to_bytes())
    assert again == description
    _ = streams(description), is_hold(description), description.session_name, description.direction
    for media in description.media:
        _ = media.rtpmap, media.fmtp, media.crypto, media.rtcp, media.connection, media.direction


@pytest.mark.parametrize(
    "data", [b"v=0\n" + b" " * 64000, b"v=0\n" + b"a =" * 20000, b"v=0\nm=" + b"a " * 30000, b"\r" * 65000]
)
def test_hostile_descriptions_cost_linear_time(data: bytes) -> None:
    start = time.process_time()
    try:
        parse_description(data)
    except SdpError:
        pass
    assert time.process_time() - start < 0.5


@given(
    lines=st.lists(
        st.sampled_from(
            ["v=0", "c=IN IP4 192.0.2.1", "t=0 0", "m=audio 4 RTP/AVP 8", "a=x", "a=", "a= y", "é=1", "b=z ", ""]
        )
    ),
    ends=st.lists(st.sampled_from(["\r\n", "\r\n", "\r\n", "\n", "\r", "\r\r\n"]), min_size=1),
)
def test_plain_lines_are_read_as_the_long_way_does(lines: list[str], ends: list[str]) -> None:
    text = "".join([line + ends[i % len(ends)] for i, line in enumerate(lines)])
    try:
        read, pieces = _read_lines(text)
    except SdpError:
        assert _PLAIN.fullmatch(text) is None
        return
    if _PLAIN.fullmatch(text) is not None:
        assert read == text[:-2].split("\r\n")
        assert pieces == 2 * len(read) + 1
