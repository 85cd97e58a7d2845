"""Our `o=` line and its version (RFC 8866 §5.2, RFC 3264 §8)."""

from __future__ import annotations

from engine.sdp.description import parse_description
from engine.sdp.origin import OriginLine, next_origin, with_origin

SENT = parse_description(
    b"v=0\r\no=- 5 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"
)


def test_the_line_names_the_address_family() -> None:
    assert OriginLine(5, 1).line("192.0.2.1") == "o=- 5 1 IN IP4 192.0.2.1"
    assert OriginLine(5, 1).line("2001:db8::1") == "o=- 5 1 IN IP6 2001:db8::1"


def test_a_refresh_keeps_the_version() -> None:
    refreshed = with_origin(SENT, OriginLine(9, 9), "192.0.2.1")

    assert next_origin(OriginLine(5, 1), SENT, refreshed) == OriginLine(5, 1)


def test_a_change_in_media_or_session_raises_the_version_by_one() -> None:
    for old, new in ((b"m=audio 9", b"m=audio 11"), (b"s=-", b"s=x")):
        changed = parse_description(SENT.to_bytes().replace(old, new))

        assert next_origin(OriginLine(5, 1), SENT, changed) == OriginLine(5, 2)


def test_the_origin_is_replaced_in_place() -> None:
    assert with_origin(SENT, OriginLine(5, 2), "192.0.2.1").to_bytes() == SENT.to_bytes().replace(b"5 1", b"5 2")
