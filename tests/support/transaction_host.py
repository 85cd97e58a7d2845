"""What stands around a transaction in its own tests: remembers what it is told, with the time."""

from collections import Counter
from collections.abc import Mapping
from typing import TypeVar

from engine.sip.flow import Flow
from engine.sip.message import SipRequest, SipResponse
from engine.sip.row import Row, Word
from engine.sip.timers import RFC_TIMERS, Timers
from engine.sip.transactions import ClientTransaction, ServerTransaction
from engine.wheel import Wheel
from tests.support.clock import Clock
from tests.support.sip_message import first_line


class RecordingHost:
    """Host and owner in one. `log`: (seconds since the start, what)."""

    def __init__(self, timers: Timers = RFC_TIMERS) -> None:
        self.timers = timers
        self.wheel = Wheel()
        self.counters: Counter[str] = Counter()
        self.clock = Clock()
        self.started_at = self.clock.now
        self.log: list[tuple[float, str]] = []

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.run(self.clock.now + seconds, self.wheel)

    def said(self) -> list[str]:
        """What happened, without times; empties the log."""
        said = [what for _, what in self.log]
        self.log.clear()
        return said

    def times(self, what: str) -> list[float]:
        """When something happened."""
        return [at for at, said in self.log if said == what]

    def _note(self, what: str) -> None:
        self.log.append((round(self.clock.now - self.started_at, 3), what))

    def send(self, data: bytes, flow: Flow) -> None:
        self._note(first_line(data))

    def send_cancel(self, invite: SipRequest, flow: Flow, reason: str | None, now: float) -> None:
        self._note("cancel" if reason is None else f"cancel {reason}")

    def forget_client(self, transaction: ClientTransaction) -> None:
        self._note("end")

    def pass_ack(self, request: SipRequest, flow: Flow, now: float) -> None:
        self._note("ack to user")

    def pass_server_error(self, transaction: ServerTransaction, now: float) -> None:
        self._note("error")

    def forget_server(self, transaction: ServerTransaction) -> None:
        self._note("end")

    def on_response(self, transaction: ClientTransaction, response: SipResponse, flow: Flow, now: float) -> None:
        self._note(f"{response.status} to user")

    def on_timeout(self, transaction: ClientTransaction, now: float) -> None:
        self._note("timeout")

    def on_transport_error(self, transaction: ClientTransaction, now: float) -> None:
        self._note("error")

    def on_cancel(self, now: float) -> None:
        self._note("cancelled")


S = TypeVar("S", bound=Word)
W = TypeVar("W", bound=Word)
A = TypeVar("A", bound=Word)


def rows_of(table: Mapping[tuple[S, W], Row[S, A]]) -> list[str]:
    """The table as text, a line a row: state, input, next state, actions, source."""
    return sorted(
        f"{state.value} | {what.value} | {row.state.value} | {', '.join(a.value for a in row.actions)} | {row.source}"
        for (state, what), row in table.items()
    )


def figure(text: str) -> list[str]:
    """The lines of a figure typed as rows, blanks around the bars not meant."""
    return sorted(" | ".join(cell.strip() for cell in line.split("|")) for line in text.strip().splitlines())


def can_reach(table: Mapping[tuple[S, W], Row[S, A]], last: S) -> set[S]:
    """The states from which `last` can be reached, itself included."""
    reached = {last}
    while True:
        more = {state for (state, _), row in table.items() if row.state in reached} - reached
        if not more:
            return reached
        reached |= more
