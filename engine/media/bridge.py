"""Two legs' media joined: relayed both ways, and watched for silence."""

from __future__ import annotations

from engine.media.session import MediaSession


def join_media(a: MediaSession, b: MediaSession) -> None:
    """Relay between all streams that both sides have; what either was joined to before is left alone."""
    a.join(b)


def part_media(a: MediaSession, b: MediaSession) -> None:
    """Stop relaying what `b` takes part in; `a`, if joined to somebody else meanwhile, goes on."""
    b.part()


def supervise_silence(a: MediaSession, b: MediaSession, timeout_s: float) -> None:
    """Watch both directions of each audio stream, unless either side holds it or a direction is inactive (feature A11)."""
    watched = timeout_s if timeout_s > 0 else None
    for index in range(max(len(a.handles()), len(b.handles()))):
        flowing = a.is_flowing(index) and b.is_flowing(index)
        for side in (a, b):
            side.watch(index, watched if flowing else None)
