"""What a person has set, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cli.instant import to_the_second

Json = Mapping[str, object]
TITLES = {"doNotDisturb": "status", "forwarding": "forwarding", "greeting": "greeting", "queueLogin": "queues"}
"""By what `mayChange` calls each."""


def preference_lines(shape: object) -> Iterator[str]:
    """A line for each thing that is set: what, since when, by whom, and what of it counts for nothing."""
    if not isinstance(shape, dict):
        return
    for one in _list(shape.get("set")):
        title = TITLES.get(str(one.get("preference")), str(one.get("preference")))
        told = (
            f"{title + ':':<12}{value_words(shape, title)}  since {_instant(one.get('since'))}, set by {one.get('by')}"
        )
        note = str(one.get("note") or "")
        yield told if not note else f"{told}  ({'' if one.get('counts') else 'without effect: '}{note})"


def _instant(value: object) -> str:
    return to_the_second(value).removesuffix("Z").replace("T", " ")


def value_words(shape: Json, title: str) -> str:
    value = shape.get(title)
    match title:
        case "forwarding":
            return ", ".join(map(_entry, _list(value))) or ("to nowhere" if value is not None else "-")
        case "queues":
            pairs = value.items() if isinstance(value, dict) else ()
            return ", ".join(f"{name} {'on' if is_in else 'off'}" for name, is_in in pairs) or "-"
        case _:
            return str(value) if value else "-"


def set_words(shape: Json) -> str:
    """All that is set, in one cell."""
    titles = [TITLES.get(str(one.get("preference")), "") for one in _list(shape.get("set"))]
    return "; ".join(f"{title} {value_words(shape, title)}" for title in titles if title) or "-"


def note_words(shape: Json) -> str:
    """What of it has no effect, and why."""
    return "; ".join(str(one.get("note")) for one in _list(shape.get("set")) if one.get("note")) or "-"


def _entry(entry: Json) -> str:
    to = entry.get("to")
    where = " ".join(f"{kind} {value}" for kind, value in to.items()) if isinstance(to, dict) else "-"
    hours = {"in": " in hours", "out": " out of hours"}.get(str(entry.get("hours")), "")
    return f"{entry.get('when')}{hours} -> {where}"


def _list(value: object) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
