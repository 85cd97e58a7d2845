"""A plan as the running server tells it, and what live things a plan that was made here would touch."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import httpx

from cli.client import ClientError, ask, tell
from engine.config.ref import ConfigRef
from reconciler.live_use import LiveUse, Touched
from reconciler.plan_json import plan_from_json
from reconciler.render.planned import Live, Planned, Suspension
from reconciler.source.commit import GitCommit

MOST_OF_A_REQUEST: Final = 1000
DEFAULT_DATA: Final = Path("data")


def served_plan(client: httpx.Client, path: str, command: str) -> Planned:
    """What `GET` on this path answers. `command`: applies it, without digest and names."""
    answer = ask(client, path, {})
    try:
        return Planned(
            plan=plan_from_json(answer["plan"]),
            live=_live([answer["live"]]),
            mode=str(answer["mode"]),
            waiting=None if answer["waiting"] is None else str(answer["waiting"]),
            suspended=_suspension(answer["suspended"]),
            command=command,
            commit=GitCommit.from_json(answer["commit"]),
            more_commits=_commits(answer["more_commits"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ClientError(f"the server's plan is not understood ({error}); is it of another version?") from None


def live_of(client: httpx.Client, refs: Sequence[ConfigRef]) -> Live:
    """What uses these resources now. Asked for in several requests, one thing may be counted in each of them."""
    answers = [
        tell(client, "/v1/live", {"changes": [_ref_json(ref) for ref in refs[first : first + MOST_OF_A_REQUEST]]})
        for first in range(0, len(refs) or 1, MOST_OF_A_REQUEST)
    ]
    try:
        return _live(answers)
    except (KeyError, TypeError, ValueError) as error:
        raise ClientError(f"the server's answer is not understood ({error}); is it of another version?") from None


def with_data(command: str, data: Path) -> str:
    """The command as it has to be typed for a server on that data folder."""
    return command if data == DEFAULT_DATA else f"{command} --data {shlex.quote(str(data))}"


def _commits(shapes: object) -> tuple[GitCommit, ...]:
    if not isinstance(shapes, list):
        raise TypeError(f"{type(shapes).__name__} in place of commits")
    return tuple(commit for shape in shapes if (commit := GitCommit.from_json(shape)) is not None)


def _ref_json(ref: ConfigRef) -> Mapping[str, str | None]:
    return {"tenant": ref.tenant or None, "kind": ref.kind, "name": ref.name}


def _live(shapes: Iterable[object]) -> Live:
    registrations = calls = 0
    drain_s = 0.0
    touched: list[Touched] = []
    for shape in map(_mapping, shapes):
        registrations += _count(shape["registrations"])
        calls += _count(shape["calls"])
        drain_s = max(drain_s, float(str(shape["drain_s"])))
        listed = shape["touched"]
        if not isinstance(listed, list):
            raise TypeError("touched is no list")
        touched += map(_touched, map(_mapping, listed))
    return Live(LiveUse(registrations, calls, tuple(touched)), drain_s)


def _touched(shape: Mapping[str, object]) -> Touched:
    ref = ConfigRef(str(shape["tenant"] or ""), str(shape["kind"]), str(shape["name"]))
    return Touched(ref, _count(shape["registrations"]), _count(shape["calls"]))


def _suspension(shape: object) -> Suspension | None:
    if shape is None:
        return None
    found = _mapping(shape)
    return Suspension(str(found["by"]), str(found["at"]), str(found["reason"]))


def _mapping(shape: object) -> Mapping[str, object]:
    if not isinstance(shape, dict):
        raise TypeError(f"{type(shape).__name__} in place of a mapping")
    return shape


def _count(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{type(value).__name__} in place of a number")
    return value
