"""How a command prints its result."""

from __future__ import annotations

from enum import StrEnum


class Output(StrEnum):
    """`--output`."""

    TEXT = "text"
    JSON = "json"
