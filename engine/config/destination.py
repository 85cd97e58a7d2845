"""Where a call may be sent: one type for all rules that name a destination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

EXTENSION: Final = "extension"
RING_GROUP: Final = "ringGroup"
RECEPTIONIST: Final = "receptionist"
QUEUE: Final = "queue"
CONFERENCE: Final = "conference"
VOICEMAIL: Final = "voicemail"
EXTERNAL: Final = "external"
HANG_UP: Final = "hangUp"


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationConfig:
    """`kind`: one of the words above; `value`: the number of the extension (or of whose voicemail it is), the name of the RingGroup,
    Queue..., what is dialled outside, or how it ends.

    How it ends: `declined`, `busy`, `unavailable` or `notFound`. One dataclass for all, so that a value that holds one stays flat.
    """

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"
