"""A call on its way through Asterisk's dial plan: where it stands, and the small questions that its steps ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from schema.foreign.asterisk.arguments import split_arguments
from schema.foreign.asterisk.dial_plan import Exten, Step
from schema.foreign.digits import Digits, NeedsNumber
from schema.foreign.outcome import Ends, Failure, Outcome, Untold
from schema.mark import Mark
from schema.problem import shown

STATUS: Final = {Failure.NO_ANSWER: "NOANSWER", Failure.BUSY: "BUSY", Failure.OFFLINE: "CHANUNAVAIL"}
_DASH: Final = frozenset("-")


@dataclass(frozen=True, slots=True)
class Way:
    """`dialled`: for which of the numbers; `outcome`: None = each of them has its own. `callers`: masks of those for whom, () = all."""

    dialled: Digits
    outcome: Outcome | None
    callers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """Where a call stands. `exten`: what `${EXTEN}` is; `back`: where subroutines return to. `screens`: callers may be told apart, as
    it comes from a carrier and nothing was done with it yet."""

    context: str
    at: Exten
    exten: Digits
    priority: int
    dialled: Digits
    variables: Mapping[str, Digits]
    failed: Failure | None = None
    prompts: tuple[str, ...] = ()
    back: tuple[Call, ...] = ()
    screens: bool = False

    @property
    def step(self) -> Step | None:
        return self.at.steps.get(self.priority)

    @property
    def names(self) -> Mapping[str, Digits]:
        own = {"EXTEN": self.exten, "CONTEXT": Digits.of(self.context)}
        if self.failed is not None:
            own["DIALSTATUS"] = Digits.of(STATUS[self.failed])
        return {**self.variables, **own}


def without_dashes(exten: Digits) -> Digits:
    """Dashes are for the eye, in numbers and in patterns alike."""
    if not any(spot.chars == _DASH for spot in exten.spots):
        return exten
    return Digits(tuple(spot for spot in exten.spots if spot.chars != _DASH), exten.rest, exten.after)


def only(ways: Sequence[Way], mark: Mark) -> Outcome:
    """The one outcome of all numbers. NeedsNumber if each has its own."""
    if any(way.outcome is None for way in ways):
        raise NeedsNumber("it depends on the number that is dialled")
    if len(ways) == 1 and ways[0].outcome is not None:
        return ways[0].outcome
    return Untold("where it goes depends on the number", mark)


def only_or_none(ways: Sequence[Way], mark: Mark) -> Outcome | None:
    """None where nothing but the end comes."""
    outcome = only(ways, mark)
    return None if isinstance(outcome, Ends) else outcome


def ending(failed: Failure | None, otherwise: str) -> str:
    return {Failure.BUSY: "busy", Failure.NO_ANSWER: "unavailable", Failure.OFFLINE: "unavailable", None: otherwise}[
        failed
    ]


def priority_of(exten: Exten, text: str, now: int) -> int | None:
    text = text.strip()
    if text in exten.labels:
        return exten.labels[text]
    if text.isascii() and text.isdecimal() and len(text) < 9:
        return int(text)
    if text.lower() == "n":
        return now + 1
    return None


def seconds_of(text: str | None) -> int | None:
    text = (text or "").strip().partition(".")[0]
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 7 and int(text) > 0 else None


def at_question(text: str) -> tuple[str, str, str]:
    parts = split_arguments(text, "?")
    return parts[0], "?", "?".join(parts[1:])


def short(step: Step) -> str:
    text = step.arguments
    return shown(text)[1:-1]
