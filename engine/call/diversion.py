"""The Diversion header: who sent a call on, and why, for the phone that it comes to (RFC 5806).

The header of the last hop stands first. Each says who (the forwarding extension's or group's number at the tenant's domain), why, and that
it was one hop. `privacy` and `screen` are left out, and so is History-Info (RFC 7044), which few phones show. RFC 5806 is Historic; phones
and carriers go by it all the same.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.cause import Outcome
from engine.sip.headers import NameAddr
from engine.sip.uri import make_uri

_REASONS: Final = {
    Outcome.NO_ANSWER: "no-answer",
    Outcome.BUSY: "user-busy",
    Outcome.OFFLINE: "unavailable",
    Outcome.UNAVAILABLE: "do-not-disturb",
    Outcome.DECLINED: "do-not-disturb",
}


class Diversion(NamedTuple):
    """One hop: `number` sent the call on. `outcome`: how ringing had ended there, None if nothing was rung (it forwards always)."""

    number: str
    display: str
    outcome: Outcome | None

    @property
    def reason(self) -> str:
        return "unconditional" if self.outcome is None else _REASONS.get(self.outcome, "unknown")

    def header(self, domain: str) -> str:
        """The value of its header."""
        return f"{NameAddr(self.display, str(make_uri(self.number, domain)))};reason={self.reason};counter=1"
