"""A plan for people: what changes, where it stands, whom it disturbs, what holds it up, and the command that applies it.

The same plan gives the same text. What manifests and phones brought in can't act on the terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.disruption import Disruption
from reconciler.field_diff import FieldChange
from reconciler.plan import SHORT, Action, PlannedChange
from reconciler.render.checked import counted
from reconciler.render.planned import (
    MARKS,
    Planned,
    breaches_words,
    cut,
    drain_words,
    first_changes,
    help_words,
    radius_words,
    summary,
    toll_words,
    touched_words,
    unit_words,
    verdict,
)
from reconciler.render.problems_text import BOLD, DIM, GREEN, PLAIN, RED, YELLOW
from schema.problem import printable

WIDEST: Final = 72
COLOURS: Final = {Action.CREATE: GREEN, Action.UPDATE: YELLOW, Action.DELETE: RED}
INDENT: Final = "    "


def plan_text(planned: Planned, *, coloured: bool = False) -> str:
    """All of it; each line ended by a newline."""
    return "".join(f"{line}\n" for line in _lines(planned, _Paint(coloured)))


class _Paint:
    def __init__(self, coloured: bool) -> None:
        self._coloured = coloured

    def __call__(self, colour: str, text: str) -> str:
        return f"{colour}{text}{PLAIN}" if self._coloured and text else text


def _lines(planned: Planned, paint: _Paint) -> Iterator[str]:
    plan = planned.plan
    head = f"{plan.before[:SHORT]} -> {plan.after[:SHORT]}   {summary(planned)}"
    yield paint(BOLD, head) + f"      digest {plan.digest[:SHORT]}"
    if planned.commit is not None:
        for commit in (planned.commit, *planned.more_commits):
            yield printable(f"commit {commit.words}")
    shown, rest = first_changes(plan)
    yield from _changes(shown, paint)
    if rest:
        yield f"{rest}; --output json has all"
    if planned.live is not None and planned.live.use.touched:
        yield "Live now:"
        touched = [f"{printable(str(one.ref))}: {touched_words(one)}" for one in planned.live.use.touched]
        yield from _indented(touched)
        if words := drain_words(planned.live):
            yield words
    if not plan.is_empty:
        yield radius_words(plan)
        yield from map(printable, cut(help_words(plan)))
        yield from map(printable, cut(toll_words(plan)))
    if plan.held:
        yield paint(YELLOW, "Stay as they are for problems in their manifests:")
        yield from _indented(
            [f"{unit_words(one)} ({counted(one.problems, 'problem')}): {printable(one.first)}" for one in plan.held]
        )
    if plan.breaches:
        yield paint(RED, breaches_words(plan.breaches))
        yield from _indented([printable(str(breach)) for breach in plan.breaches])
    if words := verdict(planned):
        yield printable(words)
    if planned.suspended is None and (planned.waiting or planned.mode == "approved" or plan.breaches):
        yield from _next(planned, paint)


def _next(planned: Planned, paint: _Paint) -> Iterator[str]:
    if planned.next_command:
        yield f"{planned.proviso}to apply it:" if planned.proviso else "To apply it:"
        yield INDENT + paint(BOLD, planned.next_command)


def _changes(changes: Sequence[PlannedChange], paint: _Paint) -> Iterator[str]:
    widest = max((len(_name(change)) for change in changes), default=0)
    width = min(widest, WIDEST)
    places = [_place(change) for change in changes]
    place_width = min(max((len(place) for place in places), default=0), WIDEST)
    for change, place in zip(changes, places, strict=True):
        told = _disturbs(change)
        columns = f"{_name(change).ljust(width)}   {place.ljust(place_width) if told else place}"
        mark = paint(COLOURS[change.action], MARKS[change.action])
        yield f"{mark} {columns}{'   ' if told else ''}{paint(RED, told)}".rstrip()
        if change.action is Action.UPDATE:
            for field in change.fields:
                yield _field(field, paint)


def _name(change: PlannedChange) -> str:
    return printable(str(change.ref))


def _place(change: PlannedChange) -> str:
    return printable(str(change.origin)) if change.origin is not None else ""


def _disturbs(change: PlannedChange) -> str:
    quiet = change.disruption.rank <= Disruption.NEW_CALLS.rank
    return "" if quiet else change.disruption.value


def _field(field: FieldChange, paint: _Paint) -> str:
    return (
        f"{INDENT}{printable(field.path)}: {paint(RED, _value(field.old))} {paint(DIM, '->')} "
        f"{paint(GREEN, _value(field.new))}"
    )


def _value(text: str | None) -> str:
    return "not set" if text is None else printable(text)


def _indented(lines: Sequence[str]) -> Iterator[str]:
    for line in cut(lines):
        yield INDENT + line
