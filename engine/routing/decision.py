"""The answer of routing: what to do with the call, and the trace that explains it in rule, file and line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from engine.cause import Cause
from engine.config.ref import ConfigRef, Origin
from engine.routing.facts import Fact


class Verdict(Enum):
    """What a step of the trace says of its rule."""

    MATCHED = "matched"
    MISSED = "missed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class TraceStep:
    """`rule`: the configuration value that spoke, None for a rule of the house; `why`: one sentence for people."""

    verdict: Verdict
    rule: ConfigRef | None
    origin: Origin | None
    why: str


@dataclass(frozen=True, slots=True)
class Trace:
    """Steps in the order taken, the nearest misses after them, and every live fact that was asked."""

    steps: tuple[TraceStep, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class ExtensionTarget:
    """All contacts of one extension."""

    tenant: str
    number: str


Target = ExtensionTarget


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring `targets` together for `ring_time_s`; the first to answer gets the call."""

    targets: tuple[Target, ...]
    ring_time_s: float
    trace: Trace


@dataclass(frozen=True, slots=True)
class Refuse:
    """End the call with `cause`."""

    cause: Cause
    trace: Trace


RouteDecision = Dial | Refuse
"""Closed; services (`Connect`) and redirections (`Redirect`) join with the first kind that needs them."""
