"""A plan with what stands beside it: the value that all renderers of plans take, and the words that they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.live_use import LiveUse, Touched
from reconciler.plan import SHORT, Action, Plan, PlannedChange, Standstill
from reconciler.plan_json import Json, plan_to_json
from reconciler.render.checked import counted
from reconciler.safety import Breach
from reconciler.source.commit import GitCommit
from reconciler.stakes import Toll
from reconciler.toll.words import unpriced_words

MOST_CHANGES: Final = 200
"""A plan of more is shown by the first changes of each action, and counts."""
FIRST_OF_EACH: Final = 20
MOST_LISTED: Final = 20
"""How many live things, held tenants and breaches are shown."""
MARKS: Final[Mapping[Action, str]] = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-"}
MINUTE_S: Final = 60
HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Live:
    """What uses what a plan takes away. `drain_s`: how long calls may go on at most, 0 = until they end."""

    use: LiveUse
    drain_s: float


@dataclass(frozen=True, slots=True)
class Suspension:
    """Following rests: who said so, when, why."""

    by: str
    at: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """`live`: None = no server was asked; `mode`: who applies, `auto` or `approved`; `waiting`: why it is not applied.

    `commit`: that it leads to, where git knows it; `more_commits`: besides, of tenants' own sources.
    `command`: the words of the command that applies this plan, without digest and names; empty if there is none. `proviso`: what has to be
    before it can be given.
    """

    plan: Plan
    live: Live | None = None
    mode: str = "auto"
    waiting: str | None = None
    suspended: Suspension | None = None
    command: str = ""
    proviso: str = ""
    commit: GitCommit | None = None
    more_commits: tuple[GitCommit, ...] = ()

    @property
    def next_command(self) -> str:
        """The exact command that applies this plan; empty if there is none, or none is needed."""
        plan = self.plan
        if not self.command or plan.is_empty or not all(breach.is_confirmable for breach in plan.breaches):
            return ""
        confirmed = "".join(f" --confirm {breach.id}" for breach in plan.breaches)
        return f"{self.command} --digest {plan.digest[:SHORT]}{confirmed}"


def planned_json(planned: Planned) -> dict[str, Json]:
    """The shape of `GET /v1/plan`, wherever the plan was made."""
    live, suspended = planned.live, planned.suspended
    return {
        "plan": plan_to_json(planned.plan),
        "live": None if live is None else _live_json(live),
        "mode": planned.mode,
        "waiting": planned.waiting,
        "suspended": None
        if suspended is None
        else {"by": suspended.by, "at": suspended.at, "reason": suspended.reason},
        "commit": None if planned.commit is None else {**planned.commit.to_json()},
        **({"more_commits": [{**commit.to_json()} for commit in planned.more_commits]} if planned.more_commits else {}),
    }


def _live_json(live: Live) -> Json:
    return {
        "registrations": live.use.registrations,
        "calls": live.use.calls,
        "drain_s": live.drain_s,
        "touched": [
            {
                "tenant": one.ref.tenant or None,
                "kind": one.ref.kind,
                "name": one.ref.name,
                "registrations": one.registrations,
                "calls": one.calls,
            }
            for one in live.use.touched
        ],
    }


# Words


def summary(planned: Planned) -> str:
    """`3 changes, drops registrations, nothing live touched`."""
    plan = planned.plan
    if plan.is_empty:
        return "no changes"
    words = [counted(len(plan.changes), "change"), disturbs(plan)]
    if planned.live is not None:
        words.append(live_words(planned.live.use.registrations, planned.live.use.calls) or "nothing live touched")
    return ", ".join(words)


def disturbs(plan: Plan) -> str:
    value = plan.disruption.value
    return "disturbs nothing" if value == "none" else value


def live_words(registrations: int, calls: int) -> str:
    """`2 registrations dropped, 1 call goes on`; empty if there is neither."""
    words = []
    if registrations:
        words.append(f"{counted(registrations, 'registration')} dropped")
    if calls:
        words.append(f"{counted(calls, 'call')} {'goes' if calls == 1 else 'go'} on")
    return ", ".join(words)


def drain_words(live: Live) -> str:
    """How long the calls may go on; empty if none is concerned."""
    if not live.use.calls:
        return ""
    if live.drain_s <= 0:
        return "Calls go on until they end."
    return f"Calls go on for at most {duration(live.drain_s)}."


def duration(seconds: float) -> str:
    whole = round(seconds)
    for unit, name in ((HOUR_S, "h"), (MINUTE_S, "min")):
        if whole >= unit and whole % unit == 0:
            return f"{whole // unit} {name}"
    return f"{whole} s"


def touched_words(one: Touched) -> str:
    return live_words(one.registrations, one.calls)


def radius_words(plan: Plan) -> str:
    radius = plan.radius
    if not radius.extensions and not radius.numbers:
        return "Reaches no extension."
    return (
        f"Reaches {radius.extensions:,} of {radius.all_extensions:,} extensions, "
        f"{radius.numbers:,} of {radius.all_numbers:,} numbers."
    )


def help_words(plan: Plan) -> list[str]:
    """Who reaches help after the change, a line for each tenant that changes and can call outside at all."""
    many = len(plan.stakes.help) > 1
    return [
        f"Emergency{f' in {one.tenant}' if many else ''}: {one.reaching:,} of {one.extensions:,} extensions reach "
        f"{' and '.join(one.numbers)}."
        for one in plan.stakes.help
    ]


def toll_words(plan: Plan) -> list[str]:
    """The worst hour of calls outside in money, before and after, a line for each tenant that has rates."""
    many = len(plan.stakes.tolls) > 1
    return [f"Toll exposure{f' of {one.tenant}' if many else ''}: {_toll(one)}" for one in plan.stakes.tolls]


def _toll(one: Toll) -> str:
    after = "unknown" if one.after is None else one.after
    change = after if one.before == one.after else f"{'unknown' if one.before is None else one.before} -> {after}"
    unpriced = f"; no rate is known for {unpriced_words(one.unpriced)}" if one.unpriced else ""
    budget = f" (budget {one.budget})" if one.budget is not None else ""
    return f"{change} {one.currency}/h{budget}{unpriced}"


def unit_words(held: Standstill) -> str:
    return f"Tenant {held.unit}" if held.unit else "The system"


def breaches_words(breaches: Sequence[Breach]) -> str:
    if all(breach.is_confirmable for breach in breaches):
        return "Has to be confirmed by name:"
    return "Can't be applied like this:"


def verdict(planned: Planned) -> str:
    """What becomes of the plan, in a sentence; empty if there is nothing to say."""
    plan = planned.plan
    if plan.is_empty:
        return "Nothing would change."
    if planned.suspended is not None:
        return f"Following is suspended{_by(planned.suspended)}; it goes on with: trunkline resume"
    if planned.waiting:
        return f"Not applied: {planned.waiting.splitlines()[0]}"
    if not planned.command or plan.breaches:
        return ""
    if planned.mode != "auto":
        return "It is applied when it is approved."
    if planned.proviso:
        return "It is applied by itself as soon as the server's manifests say this."
    return "It is applied by itself with the next look at the manifests."


def _by(suspended: Suspension) -> str:
    who = f" by {suspended.by}" if suspended.by else ""
    return f"{who} ({suspended.reason})" if suspended.reason else who


# What is shown of many


def first_changes(plan: Plan) -> tuple[Sequence[PlannedChange], str]:
    """The changes to show, and a line about the others; all of them and "" if they are few."""
    if len(plan.changes) <= MOST_CHANGES:
        return plan.changes, ""
    shown: list[PlannedChange] = []
    for action in Action:
        shown += [change for change in plan.changes if change.action is action][:FIRST_OF_EACH]
    return sorted(shown, key=lambda change: change.ref), others(plan, shown)


def others(plan: Plan, shown: Sequence[PlannedChange]) -> str:
    """`and 1,234 more: 1,000 Extension to create, ...`."""
    left = Counter((change.ref.kind, change.action) for change in plan.changes)
    left.subtract((change.ref.kind, change.action) for change in shown)
    told = [
        f"{number:,} {kind} to {action.value}"
        for (kind, action), number in sorted(
            left.items(), key=lambda pair: (pair[0][0], list(Action).index(pair[0][1]))
        )
        if number
    ]
    return f"and {len(plan.changes) - len(shown):,} more: {', '.join(told)}" if told else ""


def counts_words(plan: Plan) -> str:
    """`1 to create, 2 to delete`."""
    told = [f"{count:,} to {action.value}" for action, count in plan.counts.items() if count]
    return ", ".join(told) or "none"


def cut(lines: Sequence[str], most: int = MOST_LISTED) -> Iterator[str]:
    """The first of them, and how many more there are."""
    yield from lines[:most]
    if len(lines) > most:
        yield f"and {len(lines) - most:,} more"
