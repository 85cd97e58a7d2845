"""A plan as a comment of a pull request: GitHub's markdown, cut to what a comment may hold, with a line that says what was cut.

No value can act in it: each stands in `<code>` with every character that markdown knows as an entity, so nothing of it is markup, ends a
table's cell, links, or mentions anybody (GitHub looks for mentions everywhere but in code).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.plan import SHORT, Action, PlannedChange
from reconciler.render.checked import counted
from reconciler.render.planned import (
    MARKS,
    Planned,
    breaches_words,
    counts_words,
    cut,
    disturbs,
    drain_words,
    first_changes,
    help_words,
    live_words,
    others,
    radius_words,
    summary,
    toll_words,
    touched_words,
    unit_words,
    verdict,
)
from schema.problem import printable

MOST_BYTES: Final = 65_536
"""GitHub counts characters; bytes are never fewer."""
FEW: Final = 10
"""So many changes stand open; more are folded."""
MOST_FIELDS: Final = 20
LONGEST_CELL: Final = 400

_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,.-/")


def plan_markdown(planned: Planned) -> str:
    """The comment; at most `MOST_BYTES` of UTF-8."""
    plan = planned.plan
    head = "".join(f"{line}\n" for line in _head(planned))
    foot = "".join(f"{line}\n" for line in _foot(planned))
    shown, rest = first_changes(plan)
    body = _changes(planned, shown, rest)
    room = MOST_BYTES - len((head + foot).encode())
    while len(body.encode()) > room and shown:
        shown = shown[: len(shown) * 3 // 4]
        body = _changes(planned, shown, others(plan, shown))
    return head + body + foot


def _head(planned: Planned) -> Iterator[str]:
    plan = planned.plan
    yield f"### Trunkline plan: {summary(planned)}"
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| Revision | {_code(plan.before[:SHORT])} → {_code(plan.after[:SHORT])} |"
    if planned.commit is not None:
        for commit in (planned.commit, *planned.more_commits):
            yield f"| Commit | {_code(commit.words)} |"
    yield f"| Changes | {counts_words(plan)} |"
    yield f"| Disturbs | {disturbs(plan)} |"
    if not plan.is_empty:
        yield f"| Reach | {radius_words(plan)} |"
        yield from (f"| Help | {_code(line)} |" for line in cut(help_words(plan)))
        yield from (f"| Money | {_code(line)} |" for line in cut(toll_words(plan)))
    if planned.live is not None:
        use = planned.live.use
        words = live_words(use.registrations, use.calls) or "nothing touched"
        yield f"| Live | {' '.join(filter(None, (words, drain_words(planned.live))))} |"
    yield f"| Digest | {_code(plan.digest)} |"
    if plan.breaches:
        yield from _list(breaches_words(plan.breaches), [_code(str(breach)) for breach in plan.breaches])
    if plan.held:
        yield from _list(
            "Stay as they are for problems in their manifests:",
            [f"{_code(unit_words(one))} ({counted(one.problems, 'problem')}): {_code(one.first)}" for one in plan.held],
        )
    if planned.live is not None and planned.live.use.touched:
        touched = [f"{_code(str(one.ref))}: {touched_words(one)}" for one in planned.live.use.touched]
        yield from _list("Live now:", touched)
    yield ""


def _list(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield ""
    yield f"**{title}**"
    yield ""
    for line in cut(lines):
        yield f"- {line}"


def _changes(planned: Planned, shown: Sequence[PlannedChange], rest: str) -> str:
    if planned.plan.is_empty:
        return ""
    is_folded = len(planned.plan.changes) > FEW
    lines = [f"<details><summary>{counted(len(planned.plan.changes), 'change')}</summary>", ""] if is_folded else []
    lines += ["| | Resource | Where | Disturbs | Fields |", "|---|---|---|---|---|"]
    lines += [_row(change) for change in shown]
    if rest:
        lines += ["", f"{rest}; `trunkline plan --output json` has all."]
    lines += ["", "</details>", ""] if is_folded else [""]
    return "".join(f"{line}\n" for line in lines)


def _row(change: PlannedChange) -> str:
    place = _code(str(change.origin)) if change.origin is not None else ""
    fields = ""
    if change.action is Action.UPDATE:
        told = [f"{_code(f.path)}: {_value(f.old)} → {_value(f.new)}" for f in change.fields]
        fields = "<br>".join(cut(told, MOST_FIELDS))
    return f"| `{MARKS[change.action]}` | {_code(str(change.ref))} | {place} | {change.disruption.value} | {fields} |"


def _foot(planned: Planned) -> Iterator[str]:
    if words := verdict(planned):
        yield _code(words) if planned.waiting or planned.suspended else words
        yield ""
    if planned.next_command and planned.suspended is None and (planned.mode == "approved" or planned.plan.breaches):
        yield f"{planned.proviso}to apply it:" if planned.proviso else "To apply it:"
        yield ""
        yield _code(planned.next_command, most=4000)
        yield ""


def _value(text: str | None) -> str:
    return "not set" if text is None else _code(text)


def _code(text: str, most: int = LONGEST_CELL) -> str:
    """The text as code, whatever is in it."""
    text = printable(text)
    if len(text) > most:
        text = f"{text[: most - 1]}…"
    return f"<code>{''.join(c if c in _PLAIN or not c.isascii() else f'&#{ord(c)};' for c in text)}</code>"
