"""Recorded calls that would go elsewhere, for people: how many, from where to where, an example of each, and what that rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.replay import MOST_SHOWN, Group, Replay
from schema.problem import printable

MOST_GROUPS: Final = 20
SHORT: Final = 12


def replay_text(done: Replay, *, what: str, source: str, revision: str) -> str:
    """The lines, each ended by a newline. `what`: which calls, as "calls of the last 7 days"."""
    return "".join(f"{line}\n" for line in _lines(done, what, source, revision))


def _lines(done: Replay, what: str, source: str, revision: str) -> Iterator[str]:
    if done.elsewhere:
        minutes = f" ({done.talk_s / 60:,.0f} min)"
        yield f"{what} that would go elsewhere: {done.elsewhere:,} of {done.compared:,}{minutes}"
    else:
        yield f"{what}: all {done.compared:,} would go where they went"
    for group in done.groups[:MOST_GROUPS]:
        yield from _group(group)
    if len(done.groups) > MOST_GROUPS:
        rest = sum(group.count for group in done.groups[MOST_GROUPS:])
        yield f"  and {rest:,} in {len(done.groups) - MOST_GROUPS:,} more groups; --output json has them all"
    if done.assumed:
        yield (
            f"{done.assumed:,} of them rest on what was not recorded: a phone that nobody asked for then is taken to be "
            "registered once, a trunk to be up, and nothing else to be going on"
        )
    for reason, count in done.left_out:
        yield f"not compared: {count:,} that {reason}"
    yield f"decided by {source}, revision {revision[:SHORT]}"


def _group(group: Group) -> Iterator[str]:
    who = ", ".join(group.who or ())
    dialled = list(group.dialled or ())
    called = ", ".join(dialled[:MOST_SHOWN]) + (", ..." if len(dialled) > MOST_SHOWN else "")
    yield f"{group.count:>6,}  {printable(who)} -> {printable(called)}   {printable(group.before)}  ->  {printable(group.after)}"
    example = group.example
    if example is not None:
        yield f"        e.g. {example.at:%Y-%m-%d %H:%M}  {printable(example.caller)} -> {printable(example.dialled)}  {example.call_id}"
        declared = (
            "" if example.rule is None else f"  {example.rule}" + (f" ({example.origin})" if example.origin else "")
        )
        yield printable(f"        {example.because}{declared}")
