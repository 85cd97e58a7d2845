"""What a foreign dial plan does with a call, as far as it means something here: a closed set of outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from schema.foreign.digits import Digits
from schema.foreign.moment import Moment
from schema.mark import Mark


class Failure(StrEnum):
    """Why somebody who was rung did not take the call."""

    NO_ANSWER = "noAnswer"
    BUSY = "busy"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Rings:
    """Phones, by their names there, all at once. `seconds`: None = as long as the caller waits; `then`: what comes after a failure."""

    phones: tuple[str, ...]
    seconds: int | None
    then: Mapping[Failure, Outcome]
    mark: Mark = field(compare=False)
    is_paging: bool = False

    @property
    def after(self) -> Outcome:
        """What comes when nobody answers."""
        return self.then[Failure.NO_ANSWER]


@dataclass(frozen=True, slots=True)
class Outside:
    """`number`: what is sent; `then`: what comes if that carrier fails."""

    carrier: str
    number: Digits
    then: Outcome | None
    mark: Mark = field(compare=False)


@dataclass(frozen=True, slots=True)
class Queues:
    """`seconds`: how long at most, then `then`."""

    queue: str
    seconds: int | None
    then: Outcome | None
    mark: Mark = field(compare=False)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A message for this box."""

    box: str
    mark: Mark = field(compare=False)


@dataclass(frozen=True, slots=True)
class Listens:
    """Messages are listened to."""

    mark: Mark = field(compare=False)


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu, by its key in `ForeignPbx.menus`."""

    key: str
    mark: Mark = field(compare=False)


@dataclass(frozen=True, slots=True)
class Room:
    """A conference room."""

    name: str
    mark: Mark = field(compare=False)


@dataclass(frozen=True, slots=True)
class Ends:
    """`how`: as Destination's hangUp."""

    how: str
    mark: Mark = field(compare=False)


@dataclass(frozen=True, slots=True)
class ByHours:
    """One at these times, the other at all others."""

    when: Moment
    at: Outcome
    otherwise: Outcome
    mark: Mark = field(compare=False)


@dataclass(frozen=True, slots=True)
class Untold:
    """It can't be carried over, or not be told beforehand: why, and where that stands."""

    why: str
    mark: Mark = field(compare=False)


@dataclass(frozen=True, slots=True)
class Nobody:
    """It leads to a phone or number that there is not."""

    why: str
    mark: Mark = field(compare=False)


Outcome: TypeAlias = Rings | Outside | Queues | Mailbox | Listens | Menu | Room | Ends | ByHours | Untold | Nobody
