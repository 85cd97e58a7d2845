"""Two transaction layers on a wire that may delay, drop, double and reorder."""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import count, cycle

from engine.sip.flow import Flow
from engine.sip.transactions import TransactionLayer
from tests.support.clock import Clock

LEFT_PORT = 5060
RIGHT_PORT = 5070
TO_RIGHT = Flow("left", "udp", "127.0.0.1", RIGHT_PORT)
TO_LEFT = Flow("right", "udp", "127.0.0.1", LEFT_PORT)

Fate = tuple[float, ...]
"""Of one datagram: seconds until each of its copies arrives; empty: it is lost."""


class Link:
    """`fates`: of the datagrams in the order they are sent, over and over."""

    def __init__(self, clock: Clock, left: TransactionLayer, right: TransactionLayer, fates: list[Fate]) -> None:
        self.sent: list[tuple[float, bytes]] = []
        self._clock = clock
        self._ends = {RIGHT_PORT: (right, TO_LEFT), LEFT_PORT: (left, TO_RIGHT)}
        self._fates: Iterator[Fate] = cycle(fates)
        self._order = count()
        self._flying: list[tuple[float, int, int, bytes]] = []

    def pump(self) -> None:
        """Put on the wire what the layers want sent."""
        for layer, _ in self._ends.values():
            for data, flow in layer.take_outgoing():
                self.sent.append((self._clock.now, data))
                for delay in next(self._fates):
                    heappush(self._flying, (self._clock.now + delay, next(self._order), flow.port, data))

    def deadline(self) -> float | None:
        return self._flying[0][0] if self._flying else None

    def expire(self, now: float) -> None:
        """Deliver what has arrived."""
        while self._flying and self._flying[0][0] <= now:
            _, _, port, data = heappop(self._flying)
            layer, source = self._ends[port]
            layer.receive(data, source, now)

    def run(self, seconds: float, *others: "Actor") -> None:
        """Let time pass at both ends."""
        self.pump()
        layers = [layer for layer, _ in self._ends.values()]
        self._clock.run(self._clock.now + seconds, self, *layers, *others, after_each=self.pump)


class Actor:
    """Does things at their time, as a person with a phone does."""

    def __init__(self) -> None:
        self._plan: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = count()

    def at(self, when: float, act: Callable[[float], None]) -> None:
        heappush(self._plan, (when, next(self._order), act))

    def deadline(self) -> float | None:
        return self._plan[0][0] if self._plan else None

    def expire(self, now: float) -> None:
        while self._plan and self._plan[0][0] <= now:
            heappop(self._plan)[2](now)
