"""A `Plan` as JSON, and back: what the API sends, what CI keeps, what the command line renders. Fields are documented in docs/plan.md."""

from __future__ import annotations

import json
from typing import Final, TypeAlias

from engine.config.ref import ConfigRef, Origin, Revision
from reconciler.disruption import Disruption
from reconciler.field_diff import FieldChange
from reconciler.plan import Action, BlastRadius, Plan, PlannedChange, Standstill
from reconciler.safety import Breach
from reconciler.stakes import Help, Stakes, Toll

FORMAT: Final = 1

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


def plan_to_json(plan: Plan) -> dict[str, Json]:
    """Plain values; the same plan gives the same, in the same order."""
    return {
        "format": FORMAT,
        "digest": plan.digest,
        "before": plan.before,
        "after": plan.after,
        "disruption": plan.disruption.value,
        "counts": {action.value: count for action, count in plan.counts.items()},
        "blast_radius": {
            "extensions": plan.radius.extensions,
            "all_extensions": plan.radius.all_extensions,
            "numbers": plan.radius.numbers,
            "all_numbers": plan.radius.all_numbers,
        },
        "changes": [_change(change) for change in plan.changes],
        "breaches": [
            {
                "id": breach.id,
                "unit": breach.unit,
                "what": breach.what,
                "hint": breach.hint,
                "confirmable": breach.is_confirmable,
            }
            for breach in plan.breaches
        ],
        "held": [{"unit": one.unit, "problems": one.problems, "first": one.first} for one in plan.held],
        "emergency": [
            {
                "tenant": one.tenant,
                "extensions": one.extensions,
                "reaching": one.reaching,
                "numbers": list(one.numbers),
            }
            for one in plan.stakes.help
        ],
        "tolls": [
            {
                "tenant": one.tenant,
                "currency": one.currency,
                "before": one.before,
                "after": one.after,
                "budget": one.budget,
                "unpriced": list(one.unpriced),
            }
            for one in plan.stakes.tolls
        ],
        "data": dict(sorted(plan.data.items())),
    }


def plan_to_text(plan: Plan) -> str:
    """One document, two spaces of indent, a newline at its end."""
    return json.dumps(plan_to_json(plan), indent=2, ensure_ascii=False) + "\n"


def plan_from_json(shape: object) -> Plan:
    """ValueError for what is no plan of this format, or was changed after it was made."""
    try:
        plan = _plan(_mapping(shape))
        digest = _mapping(shape)["digest"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"this is no plan of format {FORMAT}: {type(error).__name__}: {error}") from None
    if plan.digest != digest:
        raise ValueError(
            "the plan does not have the digest that it carries: it was changed, or another version made it"
        )
    return plan


def _change(change: PlannedChange) -> Json:
    return {
        "tenant": change.ref.tenant or None,
        "kind": change.ref.kind,
        "name": change.ref.name,
        "action": change.action.value,
        "disruption": change.disruption.value,
        "origin": {"file": change.origin.file, "line": change.origin.line} if change.origin is not None else None,
        "fields": [{"path": field.path, "old": field.old, "new": field.new} for field in change.fields],
    }


def _plan(shape: dict[str, object]) -> Plan:
    if shape["format"] != FORMAT:
        raise ValueError(f"it has the format {shape['format']!r}")
    radius = _mapping(shape["blast_radius"])
    return Plan(
        before=Revision(_text(shape["before"])),
        after=Revision(_text(shape["after"])),
        changes=tuple(_change_of(_mapping(change)) for change in _list(shape["changes"])),
        radius=BlastRadius(
            *(_number(radius[name]) for name in ("extensions", "all_extensions", "numbers", "all_numbers"))
        ),
        breaches=tuple(
            Breach(
                id=_text(breach["id"]),
                unit=_text(breach["unit"]),
                what=_text(breach["what"]),
                hint=_text(breach["hint"]),
                is_confirmable=bool(breach["confirmable"]),
            )
            for breach in map(_mapping, _list(shape["breaches"]))
        ),
        held=tuple(
            Standstill(_text(one["unit"]), _number(one["problems"]), _text(one["first"]))
            for one in map(_mapping, _list(shape["held"]))
        ),
        stakes=Stakes(
            tuple(_help(_mapping(one)) for one in _list(shape.get("emergency", []))),
            tuple(_toll(_mapping(one)) for one in _list(shape.get("tolls", []))),
        ),
        data={name: _text(version) for name, version in _mapping(shape["data"]).items()},
    )


def _help(shape: dict[str, object]) -> Help:
    return Help(
        tenant=_text(shape["tenant"]),
        extensions=_number(shape["extensions"]),
        reaching=_number(shape["reaching"]),
        numbers=tuple(map(_text, _list(shape["numbers"]))),
    )


def _toll(shape: dict[str, object]) -> Toll:
    return Toll(
        tenant=_text(shape["tenant"]),
        currency=_text(shape["currency"]),
        before=_text_or_none(shape["before"]),
        after=_text_or_none(shape["after"]),
        budget=_text_or_none(shape["budget"]),
        unpriced=tuple(map(_text, _list(shape["unpriced"]))),
    )


def _change_of(shape: dict[str, object]) -> PlannedChange:
    origin = None if shape["origin"] is None else _mapping(shape["origin"])
    return PlannedChange(
        ref=ConfigRef(_text_or_none(shape["tenant"]) or "", _text(shape["kind"]), _text(shape["name"])),
        action=Action(_text(shape["action"])),
        disruption=Disruption(_text(shape["disruption"])),
        origin=Origin(_text(origin["file"]), _number(origin["line"])) if origin is not None else None,
        fields=tuple(
            FieldChange(_text(field["path"]), _text_or_none(field["old"]), _text_or_none(field["new"]))
            for field in map(_mapping, _list(shape["fields"]))
        ),
    )


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__} in place of a mapping")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"{type(value).__name__} in place of a list")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} in place of a text")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{type(value).__name__} in place of a number")
    return value
