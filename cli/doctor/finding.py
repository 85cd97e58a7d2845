"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """problem: calls fail, or will; warning: they may; unknown: it can't be found out from here."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """`what`: what is, with the value; `do`: what to do, "" where nothing is."""

    level: Level
    what: str
    do: str = ""


def ok(what: str) -> Finding:
    return Finding(Level.OK, what)


def warning(what: str, do: str) -> Finding:
    return Finding(Level.WARNING, what, do)


def problem(what: str, do: str) -> Finding:
    return Finding(Level.PROBLEM, what, do)


def unknown(what: str, do: str = "") -> Finding:
    return Finding(Level.UNKNOWN, what, do)
