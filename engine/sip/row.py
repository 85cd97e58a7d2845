"""One row of a state machine's table, and the words that tables are written in.

HOUSE of the tables: `TABLE: Mapping[tuple[State, Input], Row]`. A pair that is not in the table is dropped and counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar


class Word(Enum):
    """A state, input or action, named as in the RFC's figure.

    Members are hashed by identity: Enum's own hash is a call into Python, twice for each message.
    """

    __hash__ = object.__hash__


S = TypeVar("S", bound=Word)
A = TypeVar("A", bound=Word)


@dataclass(frozen=True, slots=True)
class Row(Generic[S, A]):
    """Where to go, what to do in this order, and the RFC section that says so, as in "3261/17.1.1.2"."""

    state: S
    actions: tuple[A, ...]
    source: str
