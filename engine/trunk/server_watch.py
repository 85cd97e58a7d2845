"""How one server of a trunk stands: the memory for dead servers (RFC 3263 §4.3), fed by calls, registrations and OPTIONS.

No RFC has a figure for it. Any answer says that the server is there, a 404 or 405 to OPTIONS too: carriers answer what they like to
requests that they don't expect; only 503 says that it wants no work (RFC 3261 §21.5.4). One unanswered OPTIONS makes a server suspect,
which changes nothing for calls but is looked at sooner; the second makes it down. A call or a REGISTER that found no answer makes it down
at once: whoever comes next must not wait for it as long. A server that is down is asked every few seconds, and is up with its first
answer; where OPTIONS are switched off, it is tried again after a while.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.sip.row import Row, Word


class State(Word):
    UNKNOWN = "unknown"
    UP = "up"
    SUSPECT = "suspect"
    DOWN = "down"


class Input(Word):
    ANSWERED = "answered"
    MISSED = "OPTIONS not answered"
    SILENT = "request not answered"
    UNAVAILABLE = "503"
    RESTED = "rested"


class Action(Word):
    NOTE = "since when and why"
    REST = "rest a while"
    REST_AS_ASKED = "rest as long as it asks for"


TABLE: Final[Mapping[tuple[State, Input], Row[State, Action]]] = {
    (State.UNKNOWN, Input.ANSWERED): Row(State.UP, (Action.NOTE,), "3263/4.3"),
    (State.UNKNOWN, Input.MISSED): Row(State.SUSPECT, (), "house"),
    (State.UNKNOWN, Input.SILENT): Row(State.DOWN, (Action.NOTE, Action.REST), "3263/4.3"),
    (State.UNKNOWN, Input.UNAVAILABLE): Row(State.DOWN, (Action.NOTE, Action.REST_AS_ASKED), "3261/21.5.4"),
    (State.UP, Input.ANSWERED): Row(State.UP, (), "house"),
    (State.UP, Input.MISSED): Row(State.SUSPECT, (), "house"),
    (State.UP, Input.SILENT): Row(State.DOWN, (Action.NOTE, Action.REST), "3263/4.3"),
    (State.UP, Input.UNAVAILABLE): Row(State.DOWN, (Action.NOTE, Action.REST_AS_ASKED), "3261/21.5.4"),
    (State.SUSPECT, Input.ANSWERED): Row(State.UP, (), "house"),
    (State.SUSPECT, Input.MISSED): Row(State.DOWN, (Action.NOTE, Action.REST), "house"),
    (State.SUSPECT, Input.SILENT): Row(State.DOWN, (Action.NOTE, Action.REST), "3263/4.3"),
    (State.SUSPECT, Input.UNAVAILABLE): Row(State.DOWN, (Action.NOTE, Action.REST_AS_ASKED), "3261/21.5.4"),
    (State.DOWN, Input.ANSWERED): Row(State.UP, (Action.NOTE,), "house"),
    (State.DOWN, Input.MISSED): Row(State.DOWN, (Action.REST,), "house"),
    (State.DOWN, Input.SILENT): Row(State.DOWN, (Action.REST,), "3263/4.3"),
    (State.DOWN, Input.UNAVAILABLE): Row(State.DOWN, (Action.REST_AS_ASKED,), "3261/21.5.4"),
    (State.DOWN, Input.RESTED): Row(State.UNKNOWN, (Action.NOTE,), "3263/4.3"),
}

ENTRY: Final[Row[State, Action]] = Row(State.UNKNOWN, (), "house")

REST_S: Final = 60.0
"""How long a dead server is let be where no OPTIONS tell when it is back."""
LONGEST_REST_S: Final = 600.0


@dataclass(slots=True)
class ServerWatch:
    """`since`: monotonic, of the last change between up and down; `rests_until`: see `heed_rest`; `busy_until`: by its own Retry-After,
    until then other answers do not make it up."""

    since: float
    state: State = ENTRY.state
    reason: str = "not asked yet"
    rests_until: float = 0.0
    busy_until: float = 0.0
    is_up: bool = False
    """Whether it answered when it was last known; a suspect one still is."""

    @property
    def is_down(self) -> bool:
        return self.state is State.DOWN

    def answered(self, now: float) -> None:
        """Any answer but 503, to anything."""
        if now < self.busy_until or self.state is State.UP:  # which it is only by an answer
            return
        self._run(Input.ANSWERED, "answers", 0.0, now)

    def missed(self, now: float) -> None:
        """No answer to OPTIONS."""
        self._run(Input.MISSED, "OPTIONS are not answered", 0.0, now)

    def silent(self, why: str, now: float) -> None:
        """No answer to a call or a REGISTER, or it could not be sent."""
        self._run(Input.SILENT, why, 0.0, now)

    def unavailable(self, retry_after_s: float | None, now: float) -> None:
        """503; `retry_after_s`: as it asks, None if it does not say."""
        rest_s = REST_S if retry_after_s is None else min(retry_after_s, LONGEST_REST_S)
        self.busy_until = now if retry_after_s is None else now + rest_s
        self._run(Input.UNAVAILABLE, "answers 503", rest_s, now)

    def heed_rest(self, now: float, *, is_asked: bool) -> None:
        """Take a server that nobody asks by OPTIONS for alive again, once it has rested."""
        if not is_asked and self.state is State.DOWN and now >= self.rests_until:
            self._run(Input.RESTED, "tried again", 0.0, now)

    def _run(self, what: Input, why: str, rest_s: float, now: float) -> None:
        row = TABLE.get((self.state, what))
        if row is None:
            return
        self.state = row.state
        if row.state is not State.SUSPECT:
            self.is_up = row.state is State.UP
        for action in row.actions:
            match action:
                case Action.NOTE:
                    self.since = now
                case Action.REST:
                    self.rests_until = now + REST_S
                case Action.REST_AS_ASKED:
                    self.rests_until = now + rest_s
        if row.state in (State.UP, State.DOWN) or Action.NOTE in row.actions:
            self.reason = why
