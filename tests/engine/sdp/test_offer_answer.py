"""Whether an answer fits its offer, and what hold is (RFC 3264)."""

from __future__ import annotations

import pytest

from engine.sdp.description import Direction, SessionDescription, parse_description
from engine.sdp.errors import SdpError
from engine.sdp.offer_answer import check_answer, complete, is_hold, streams

AUDIO = "m=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
VIDEO = "m=video 4002 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"


def sdp(media: str, session: str = "") -> SessionDescription:
    return parse_description(f"v=0\r\nc=IN IP4 192.0.2.1\r\n{session}{media}".encode())


FITTING = [
    ("the same", AUDIO, AUDIO),
    ("one codec", AUDIO, "m=audio 5000 RTP/AVP 0\r\n"),
    ("declined", AUDIO, "m=audio 0 RTP/AVP 8\r\n"),
    ("declined with another profile", AUDIO, "m=audio 0 RTP/SAVP 8\r\n"),
    ("video declined", AUDIO + VIDEO, AUDIO + "m=video 0 RTP/AVP 99\r\n"),
    ("offered declined and answered declined", "m=audio 0 RTP/AVP 8\r\n", "m=audio 0 RTP/AVP 8\r\n"),
    ("AVP for AVPF", "m=audio 4 RTP/AVPF 8\r\n", "m=audio 4 RTP/AVP 8\r\n"),
    ("AVPF for AVP", "m=audio 4 RTP/AVP 8\r\n", "m=audio 4 RTP/AVPF 8\r\n"),
    ("other payload number", VIDEO, "m=video 4 RTP/AVP 97\r\na=rtpmap:97 h264/90000\r\n"),
    (
        "static number with an rtpmap",
        "m=audio 4 RTP/AVP 8\r\n",
        "m=audio 4 RTP/AVP 110\r\na=rtpmap:110 PCMA/8000/1\r\n",
    ),
    ("fax", "m=image 4 udptl t38\r\n", "m=image 5 udptl t38\r\n"),
    ("video left out", AUDIO + VIDEO, AUDIO),
    ("kind in odd case", AUDIO, AUDIO.replace("audio", "Audio")),
]


@pytest.mark.parametrize(("offer", "answer"), [case[1:] for case in FITTING], ids=[case[0] for case in FITTING])
def test_an_answer_that_fits(offer: str, answer: str) -> None:
    check_answer(sdp(offer), sdp(answer))


def test_a_stream_left_out_is_put_back_as_declined() -> None:
    completed = complete(sdp(AUDIO), sdp(AUDIO + VIDEO))
    assert [(media.kind, media.declined) for media in completed.media] == [("audio", False), ("video", True)]
    assert complete(sdp(AUDIO + VIDEO), sdp(AUDIO)) == sdp(AUDIO + VIDEO)


UNFIT = [
    ("too many streams", AUDIO, AUDIO + VIDEO, "2 streams for 1"),
    ("another kind", AUDIO, VIDEO, "'audio'"),
    ("another order", AUDIO + VIDEO, VIDEO + AUDIO, "stream 1"),
    ("encrypted for plain", AUDIO, AUDIO.replace("AVP", "SAVP"), "'RTP/AVP'"),
    ("plain for encrypted", AUDIO.replace("AVP", "SAVP"), AUDIO, "'RTP/SAVP'"),
    ("no common format", AUDIO, "m=audio 4 RTP/AVP 9\r\n", "no format"),
    ("takes up a declined stream", "m=audio 0 RTP/AVP 8\r\n", AUDIO, "not offered"),
]


@pytest.mark.parametrize(("offer", "answer", "reason"), [case[1:] for case in UNFIT], ids=[case[0] for case in UNFIT])
def test_an_answer_that_does_not_fit(offer: str, answer: str, reason: str) -> None:
    with pytest.raises(SdpError, match=reason) as refused:
        check_answer(sdp(offer), sdp(answer))

    assert refused.value.status_hint == 488


HOLDS = [
    ("talking", AUDIO, "", False),
    ("sendonly", AUDIO + "a=sendonly\r\n", "", True),
    ("inactive", AUDIO + "a=inactive\r\n", "", True),
    ("recvonly", AUDIO + "a=recvonly\r\n", "", False),
    ("session sendonly", AUDIO, "a=sendonly\r\n", True),
    ("session sendonly, media sendrecv", AUDIO + "a=sendrecv\r\n", "a=sendonly\r\n", False),
    ("address 0.0.0.0", AUDIO + "c=IN IP4 0.0.0.0\r\n", "", True),
    ("address ::", AUDIO + "c=IN IP6 ::\r\n", "", True),
    ("audio held, video not", AUDIO + "a=sendonly\r\n" + VIDEO, "", False),
    ("audio held, video declined", AUDIO + "a=sendonly\r\nm=video 0 RTP/AVP 99\r\n", "", True),
    ("all declined", "m=audio 0 RTP/AVP 8\r\n", "", False),
    ("no streams", "", "", False),
]


@pytest.mark.parametrize(("media", "session", "hold"), [case[1:] for case in HOLDS], ids=[case[0] for case in HOLDS])
def test_hold(media: str, session: str, hold: bool) -> None:
    assert is_hold(sdp(media, session)) is hold


def test_streams_say_where_packets_go() -> None:
    audio, video = streams(sdp(AUDIO + "a=rtcp:4444 IN IP4 192.0.2.9\r\na=sendonly\r\nm=video 0 RTP/AVP 99\r\n"))

    assert audio == ("audio", "192.0.2.1", 4000, "192.0.2.9", 4444, Direction.SENDONLY, False, True)
    assert video == ("video", "", 0, "", 0, Direction.SENDRECV, True, False)


def test_rtcp_after_the_last_port_stays_a_port() -> None:
    assert streams(sdp("m=audio 65535 RTP/AVP 8\r\n"))[0].rtcp_port == 65535
