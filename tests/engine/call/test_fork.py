"""A fork over legs that the test moves by hand: who wins, who is dropped and why, what the caller is told."""

from collections.abc import Iterable

import pytest

from engine.call.callee_leg import CalleeLeg
from engine.call.events import Answered, Ended, Progressed, Refused
from engine.call.fork import Fork
from engine.cause import (
    ANSWERED_ELSEWHERE,
    CANCELLED,
    NO_ANSWER,
    NO_PORTS,
    NORMAL_CALLEE,
    OFFLINE,
    Cause,
    Outcome,
    of_failed_leg,
)
from engine.identity import LegId
from engine.services.call_port import RingOutcome, RungAnswered, RungFailed


class HandLeg:
    """What a fork needs of a leg."""

    def __init__(self, number: int) -> None:
        self.id = LegId(f"call/{number}")
        self.ended_with: Cause | None = None

    def end(self, cause: Cause, now: float) -> None:
        self.ended_with = cause


class Fixture:
    def __init__(self, legs: int, people: int = 1) -> None:
        self.outcomes: list[RingOutcome] = []
        self.progress: list[int] = []
        self.lost: list[tuple[str, Cause]] = []
        self.fork = Fork(
            self.outcomes.append,
            lambda _, event, __: self.progress.append(event.status),
            lambda leg, cause, _: self.lost.append((leg.id, cause)),
        )
        self.legs: list[CalleeLeg] = [HandLeg(number) for number in range(legs)]  # type: ignore[misc]  # all that is used
        for number, leg in enumerate(self.legs):
            self.fork.add(leg, number % people)

    def refuse(self, statuses: Iterable[int]) -> None:
        for leg, status in zip(self.legs, statuses, strict=False):
            self.fork.on_event(leg, Refused(of_failed_leg(status)), 1.0)


def test_nobody_to_ring() -> None:
    f = Fixture(0)
    f.fork.begin()
    assert f.outcomes == [RungFailed(OFFLINE)]


def test_the_first_answer_wins_and_the_others_hear_of_it() -> None:
    f = Fixture(3)
    f.fork.begin()
    f.fork.on_event(f.legs[1], Answered(None), 1.0)
    assert f.outcomes == [RungAnswered(f.legs[1].id)]
    assert f.lost == [("call/0", ANSWERED_ELSEWHERE), ("call/2", ANSWERED_ELSEWHERE)]
    f.fork.on_event(f.legs[0], Answered(None), 1.0)
    f.fork.on_event(f.legs[1], Ended(NORMAL_CALLEE), 1.0)
    f.fork.time_out(2.0)
    f.fork.withdraw(CANCELLED, 2.0)
    assert len(f.outcomes) == 1
    assert len(f.lost) == 2


def test_progress_passes_until_it_is_over() -> None:
    f = Fixture(2)
    f.fork.on_event(f.legs[0], Progressed(180, None), 1.0)
    f.fork.withdraw(CANCELLED, 2.0)
    f.fork.on_event(f.legs[0], Progressed(183, None), 3.0)
    assert f.progress == [180]
    assert f.outcomes == []


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        ([486, 480], 486),
        ([480, 486], 486),
        ([404, 480], 480),
        ([488, 404], 488),
        ([404, 403], 403),
        ([480, 500], 480),
        ([487, 480], 480),
    ],
)
def test_the_failure_that_says_most(statuses: list[int], told: int) -> None:
    f = Fixture(2)
    f.refuse(statuses)
    (outcome,) = f.outcomes
    assert isinstance(outcome, RungFailed)
    assert outcome.cause.sip_status == told
    assert len(f.lost) == 2


@pytest.mark.parametrize("status", [600, 603, 604, 607])
def test_a_6xx_ends_it_for_all(status: int) -> None:
    f = Fixture(3)
    f.refuse([486, status])
    (outcome,) = f.outcomes
    assert isinstance(outcome, RungFailed)
    assert outcome.cause.sip_status == status
    assert [leg for leg, _ in f.lost] == ["call/0", "call/1", "call/2"]


def test_the_ring_time_is_over() -> None:
    f = Fixture(2)
    f.refuse([486])
    f.fork.time_out(30.0)
    f.fork.time_out(31.0)
    assert f.outcomes == [RungFailed(NO_ANSWER)]
    assert f.lost[1:] == [("call/1", NO_ANSWER)]


def test_legs_that_could_not_be_started_are_not_waited_for() -> None:
    f = Fixture(2)
    f.fork.fail(f.legs[0], NO_PORTS, 1.0)
    assert f.outcomes == []
    f.fork.begin()
    assert f.outcomes == []
    f.fork.on_event(f.legs[1], Refused(OFFLINE), 1.0)
    assert f.outcomes == [RungFailed(NO_PORTS)]


def test_none_could_be_started() -> None:
    f = Fixture(1)
    f.fork.fail(f.legs[0], NO_PORTS, 1.0)
    f.fork.begin()
    assert f.outcomes == [RungFailed(NO_PORTS)]


# Members of a ring group: each speaks for itself.


def test_who_declines_ends_its_own_phones_and_no_others() -> None:
    f = Fixture(4, people=2)
    f.fork.begin()
    f.fork.on_event(f.legs[0], Refused(of_failed_leg(603), 603), 1.0)
    assert [leg for leg, _ in f.lost] == ["call/0", "call/2"]
    assert f.outcomes == []
    f.fork.on_event(f.legs[1], Answered(None), 2.0)
    assert f.outcomes == [RungAnswered(f.legs[1].id)]


PEOPLE = [
    ((603, 486), Outcome.BUSY, 486),
    ((603, 603), Outcome.DECLINED, 603),
    ((480, 486), Outcome.BUSY, 486),
    ((404, 603), Outcome.DECLINED, 603),
    ((500, 404), Outcome.FAILED, 500),
    ((486, 408), Outcome.NO_ANSWER, 408),
]


@pytest.mark.parametrize(("statuses", "outcome", "status"), PEOPLE)
def test_what_is_said_of_people_who_failed_differently(
    statuses: tuple[int, int], outcome: Outcome, status: int
) -> None:
    f = Fixture(2, people=2)
    f.fork.begin()
    for leg, each in zip(f.legs, statuses, strict=True):
        f.fork.on_event(leg, Refused(of_failed_leg(each), each), 1.0)
    [found] = f.outcomes
    assert isinstance(found, RungFailed)
    assert (found.cause.outcome, found.status) == (outcome, status)
