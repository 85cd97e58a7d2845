"""Counts within a period, held against a list of all that ever happened."""

from hypothesis import example, given
from hypothesis import strategies as st

from engine.guard.tally import SLOTS, Tally

PERIOD_S = 10.0
SLOT_S = PERIOD_S / SLOTS


class Remembered:
    """All of it, for ever."""

    def __init__(self) -> None:
        self.events: list[tuple[str, int]] = []

    def count(self, source: str, now: float) -> int:
        slot = int(now // SLOT_S)
        return sum(of == source and at > slot - SLOTS for of, at in self.events)

    def add(self, source: str, now: float) -> int:
        self.events.append((source, int(now // SLOT_S)))
        return self.count(source, now)

    def take_back(self, source: str, now: float) -> None:
        if self.count(source, now):
            last = max(index for index, (of, _) in enumerate(self.events) if of == source)
            del self.events[last]

    def forget(self, source: str) -> None:
        self.events = [event for event in self.events if event[0] != source]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "add", "take_back", "forget", "count"]),
        st.sampled_from("abc"),
        st.one_of(st.just(0.0), st.floats(0, 3), st.floats(0, 40)),
    ),
    max_size=80,
)


@given(STEPS)
def test_it_counts_as_who_remembers_everything(steps: list[tuple[str, str, float]]) -> None:
    tally, model, now = Tally(PERIOD_S), Remembered(), 1000.0
    for what, source, pause in steps:
        now += pause
        match what:
            case "add":
                assert tally.add(source, now) == model.add(source, now)
            case "take_back":
                tally.take_back(source, now)
                model.take_back(source, now)
            case "forget":
                tally.forget(source)
                model.forget(source)
        assert [tally.count(one, now) for one in "abc"] == [model.count(one, now) for one in "abc"]


@given(st.lists(st.floats(0, PERIOD_S), max_size=30), st.floats(0, 1000))
@example([1.02], 0.01)
@example([0.0], 0.0)
@example([0.0], 0.999)
def test_what_is_counted_is_nine_tenths_of_the_period_at_least_and_the_period_at_most(
    times: list[float], begin: float
) -> None:
    tally = Tally(PERIOD_S)
    at = sorted(begin + time for time in times)
    for time in at:
        tally.add("a", time)
    now = begin + PERIOD_S
    counted = tally.count("a", now)
    assert sum(now - time < 0.9 * PERIOD_S - 1e-6 for time in at) <= counted
    assert counted <= sum(now - time < PERIOD_S + 1e-6 for time in at)


def test_memory_is_bounded_whoever_sends() -> None:
    tally = Tally(PERIOD_S, kept=100)
    for number in range(5000):
        tally.add(f"source {number}", number * 0.002)
    assert len(tally) <= 100 * SLOTS
    assert tally.uncounted == 5000 - len(tally)
    assert tally.add("source 9999", 9.999) == 0
    assert tally.add("source 4500", 9.999) == 2, "who is known is counted on"
