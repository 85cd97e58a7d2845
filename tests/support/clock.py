"""A clock in hand: time passes from one deadline to the next, at once."""

from collections.abc import Callable
from typing import Protocol


class Expiring(Protocol):
    """Whatever has alarms."""

    def expire(self, now: float) -> None: ...

    def deadline(self) -> float | None: ...


class Clock:
    """`now`: seconds; starts at an odd time, so that nothing works only at zero."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def run(self, until: float, *machines: Expiring, after_each: Callable[[], None] = lambda: None) -> None:
        """Let time pass to `until`, ringing what is due on its way; `after_each` is called after each stop."""
        for _ in range(100_000):
            due = [deadline for machine in machines if (deadline := machine.deadline()) is not None]
            if not due or min(due) > until:
                self.now = until
                return
            self.now = max(self.now, min(due))
            for machine in machines:
                machine.expire(self.now)
            after_each()
        raise AssertionError("100,000 deadlines passed and there is no end")
