"""Our own `o=` line: one session id for the life of a leg, a version that counts changes.

RFC 8866 §5.2, RFC 3264 §8 (a repeated version promises that nothing changed).
"""

from __future__ import annotations

from typing import NamedTuple

from engine.sdp.description import Media, SessionDescription


class OriginLine(NamedTuple):
    """`session_id` and `version` are non-negative; both are ours, never the other leg's."""

    session_id: int
    version: int

    def next(self) -> OriginLine:
        """For a description that differs from the one sent before."""
        return OriginLine(self.session_id, self.version + 1)

    def line(self, address: str) -> str:
        """The line, with the address we advertise."""
        family = "IP6" if ":" in address else "IP4"
        return f"o=- {self.session_id} {self.version} IN {family} {address}"


def next_origin(origin: OriginLine, sent: SessionDescription, new: SessionDescription) -> OriginLine:
    """The origin for `new` where `sent` went to the same leg under `origin`: the next one if anything but `o=` differs.

    A refresh that changes nothing thus keeps its version, and changes nothing at the other end.
    """
    return origin if _without_origin(sent) == _without_origin(new) else origin.next()


def with_origin(description: SessionDescription, origin: OriginLine, address: str) -> SessionDescription:
    """The same description under another `o=` line."""
    line = origin.line(address)
    lines = tuple([line if old.startswith("o=") else old for old in description.lines])
    return SessionDescription(lines, description.media)


def _without_origin(description: SessionDescription) -> tuple[list[str], tuple[Media, ...]]:
    return [line for line in description.lines if not line.startswith("o=")], description.media
