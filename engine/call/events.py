"""The closed vocabulary between a leg and its call: no SIP message crosses this line (law 6).

Descriptions are session descriptions as the phone sent them; whoever sends one on has it anchored by the media session of the leg it
leaves by. `Transferring` joins with transfer. Beyond the vocabulary of HOUSE C4 there is `Informed`: the content of an INFO that is no
digit (a picture request, say), which one leg brings and the other takes unread.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.cause import Cause
from engine.sdp.description import SessionDescription


@dataclass(frozen=True, slots=True)
class Progressed:
    """A phone that we called rings (`status` 180-183), with early media if there is a description."""

    status: int
    description: SessionDescription | None


@dataclass(frozen=True, slots=True)
class Answered:
    """The peer agreed: to our first offer, or to a later one. Where we had offered nothing, `description` is the peer's offer."""

    description: SessionDescription | None


@dataclass(frozen=True, slots=True)
class Changed:
    """The peer asks to change the session; the leg waits for `accept` or `refuse_change`. None: it asks us for an offer."""

    description: SessionDescription | None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The peer takes back the change that it asked for, and has been told so."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The answer to an offer that we gave in a 200, come with the ACK."""

    description: SessionDescription


@dataclass(frozen=True, slots=True)
class Digit:
    """A DTMF digit by INFO (RFC 4733's pass as media, unseen here)."""

    digit: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Informed:
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """What we asked was refused: the leg never came up, or a change of the session was not accepted and all stays as it was.

    `status`: as the peer said it, 0 = it said nothing.
    """

    cause: Cause
    status: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """The leg is over."""

    cause: Cause


CallEvent = Progressed | Answered | Changed | Withdrawn | Acknowledged | Digit | Informed | Refused | Ended
