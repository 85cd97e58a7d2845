"""Recorded calls that would go elsewhere as one JSON object, for scripts and CI."""

from __future__ import annotations

import json
from collections.abc import Mapping

from reconciler.replay import Example, Group, Replay


def replay_json(done: Replay, *, what: str, source: str, revision: str) -> str:
    """Its fields by name (docs/replay.md), indented, ended by a newline."""
    shape = {
        "source": source,
        "revision": revision,
        "calls_of": what,
        "calls": done.calls,
        "compared": done.compared,
        "elsewhere": done.elsewhere,
        "assumed": done.assumed,
        "talk_s": round(done.talk_s, 3),
        "left_out": [{"reason": reason, "count": count} for reason, count in done.left_out],
        "groups": [_group(group) for group in done.groups],
    }
    return json.dumps(shape, indent=2) + "\n"


def _group(group: Group) -> Mapping[str, object]:
    return {
        "before": group.before,
        "after": group.after,
        "count": group.count,
        "assumed": group.assumed,
        "talk_s": round(group.talk_s, 3),
        "callers": list(group.who or ()),
        "dialled": list(group.dialled or ()),
        "example": None if group.example is None else _example(group.example),
    }


def _example(example: Example) -> Mapping[str, object]:
    return {
        "call_id": example.call_id,
        "tenant": example.tenant,
        "at": example.at.isoformat().replace("+00:00", "Z"),
        "caller": example.caller,
        "dialled": example.dialled,
        "because": example.because,
        "rule": example.rule,
        "origin": example.origin,
    }
