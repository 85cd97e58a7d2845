"""What calls add up to since the start, by tenant: cheap arithmetic at the events of a call, read by who shows figures.

A call is counted where it begins (refused ones too: each has a record), where it first rings, where it is answered and where it ends.
"""

from __future__ import annotations

from typing import Final

from engine.cdr import CallDetailRecord
from engine.histogram import Histogram

SETUP_BOUNDS_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0)


class CallFigures:
    """`started`, `answered` by tenant; `ended` by tenant, outcome and party; `ringing`, `answering`: seconds since the INVITE came."""

    __slots__ = ("answered", "answering", "ended", "ringing", "started")

    def __init__(self) -> None:
        self.started: dict[str, int] = {}
        self.answered: dict[str, int] = {}
        self.ended: dict[tuple[str, str, str], int] = {}
        self.ringing = Histogram(SETUP_BOUNDS_S)
        self.answering = Histogram(SETUP_BOUNDS_S)

    def begin(self, tenant: str) -> None:
        self.started[tenant] = self.started.get(tenant, 0) + 1

    def ring(self, after_s: float) -> None:
        """For the first time."""
        self.ringing.observe(after_s)

    def answer(self, tenant: str, after_s: float) -> None:
        self.answered[tenant] = self.answered.get(tenant, 0) + 1
        self.answering.observe(after_s)

    def end(self, record: CallDetailRecord) -> None:
        cause = record.cause
        key = (record.tenant, cause.outcome.value, cause.party.value)
        self.ended[key] = self.ended.get(key, 0) + 1
