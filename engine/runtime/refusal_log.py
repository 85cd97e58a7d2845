"""Says in the log who was refused, for people and for what reads logs (fail2ban): one line for each source at most
every ten seconds.

A flood of guesses must not become a flood of lines: what is not said is counted into the source's next line.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from engine.call.admission import Refusal

log = logging.getLogger("trunkline.refused")

_EVERY_S: Final = 10.0
_SOURCES_KEPT: Final = 10_000


class RefusalLog:
    """`note` after each turn."""

    __slots__ = ("_said",)

    def __init__(self) -> None:
        self._said: dict[str, tuple[float, int]] = {}
        """Source host: when it was said last, and how many refusals were not said since."""

    def note(self, refusals: Iterable[Refusal], now: float) -> None:
        for refusal in refusals:
            said_at, unsaid = self._said.get(refusal.flow.host, (-_EVERY_S, 0))
            if now - said_at < _EVERY_S:
                self._said[refusal.flow.host] = (said_at, unsaid + 1)
                continue
            if len(self._said) >= _SOURCES_KEPT:
                self._said.clear()
            self._said[refusal.flow.host] = (now, 0)
            # ascii: a user name comes from a stranger, and must neither forge a line nor reach a terminal as it is.
            log.warning(
                "source=%s port=%d method=%s user=%s why=%r more=%d",
                refusal.flow.host,
                refusal.flow.port,
                refusal.method,
                ascii(refusal.user[:64]),
                refusal.why,
                unsaid,
            )
