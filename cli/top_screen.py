"""What `trunkline top` shows: one screen of the given size, made of what is known. No IO, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.live_state import LiveState
from reconciler.render.checked import counted
from schema.problem import printable

Json = Mapping[str, object]

BARS: Final = "▁▂▃▄▅▆▇█"
NARROW: Final = 90
LOW: Final = 16
FEWEST_CALLS: Final = 3
MOST_PROBLEMS: Final = 5
MOST_STANDING: Final = 6
_RATES: Final = (("started", "cyan"), ("answered", "green"), ("failed", "red"), ("refused", "yellow"))
_GOOD: Final = frozenset({"up", "registered", "disabled"})


@dataclass(frozen=True, slots=True)
class Size:
    width: int
    height: int


def screen(state: LiveState, now: datetime, size: Size, *, scrolled: int = 0, notice: str = "") -> RenderableType:
    """`notice`: what is wrong with the connection; `scrolled`: how many calls are above the first one shown."""
    is_narrow, is_low = size.width < NARROW, size.height < LOW
    parts: list[RenderableType] = [_first(state), *(_low_rates(state) if is_low else _rates(state, size.width))]
    if notice:
        parts.append(_line(notice, "bold red"))
    parts += _problems(state, 1 if is_low else MOST_PROBLEMS)
    parts += _standing(state, is_narrow=is_narrow, only_trouble=is_low)
    if is_low:  # calls are what somebody looks for
        parts = parts[: max(1, size.height - FEWEST_CALLS - 2)]
    room = max(FEWEST_CALLS, size.height - len(parts) - 2)
    parts.append(_calls(state, now, room, scrolled, is_narrow=is_narrow))
    return Group(*parts)


def most_scrolled(state: LiveState) -> int:
    return max(0, len(state.lists["calls"]) - 1)


def sparkline(values: Sequence[float], width: int) -> str:
    """The last `width` values as bars, the highest one full; nothing is a blank."""
    shown = values[-width:]
    highest = max(shown, default=0)
    if highest <= 0:
        return " " * len(shown)
    return "".join(" " if value <= 0 else BARS[min(7, int(value * 8 / highest))] for value in shown)


def _first(state: LiveState) -> RenderableType:
    last = _last(state)
    first = Text(no_wrap=True, overflow="ellipsis")
    first.append(f"trunkline {state.version}", "bold")
    bans = len(state.lists["bans"])
    for name, value in (
        ("calls", last.get("calls", len(state.lists["calls"]))),
        ("registrations", last.get("registrations", "?")),
    ):
        first.append(f"   {value} ", "bold cyan").append(name)
    if bans:
        first.append(f"   {bans} ", "bold yellow").append("banned")
    return first


def _low_rates(state: LiveState) -> Iterable[RenderableType]:
    last = _last(state)
    yield Text.assemble(
        *((f"{name} {_number(last.get(name)):.0f}/s  ", style) for name, style in _RATES),
        no_wrap=True,
        overflow="ellipsis",
    )


def _rates(state: LiveState, width: int) -> Iterable[RenderableType]:
    rates, last = list(state.rates), _last(state)
    room = max(8, min(60, width // 2 - 20)) if width >= NARROW else max(8, min(40, width - 24))
    cells = []
    for name, style in _RATES:
        values = [_number(one.get(name)) for one in rates]
        cell = Text(no_wrap=True)
        cell.append(f"{name:>9} ").append(f"{_number(last.get(name)):3.0f}/s ", "bold")
        cell.append(sparkline(values, room).ljust(room), style)
        cells.append(cell)
    if width < NARROW:
        yield from cells
        return
    for left, right in ((cells[0], cells[1]), (cells[2], cells[3])):
        yield Text.assemble(left, right)


def _last(state: LiveState) -> Json:
    return state.rates[-1] if state.rates else {}


def _problems(state: LiveState, most: int) -> list[RenderableType]:
    found = [str(state.reconcile[name]) for name in ("source_problem", "state_problem") if state.reconcile.get(name)]
    units = state.reconcile.get("units")
    for unit in units if isinstance(units, list) else []:
        problems = unit.get("problems") or []
        found += [f"{one['file']}:{one['line']}:{one['column']}: {one['message']}" for one in problems]
        if not problems:
            found += [
                f"{unit['unit'] or 'system'}: {one['message']}"
                for one in unit.get("conditions", ())
                if one["type"] == "Ready" and not one["is_true"] and one["reason"] != "Disabled"
            ]
    shown: list[RenderableType] = [_line(f"! {text}", "red") for text in found[:most]]
    if len(found) > most:
        shown.append(_line(f"! and {len(found) - most} more: trunkline get status", "red"))
    return shown


def _standing(state: LiveState, *, is_narrow: bool, only_trouble: bool) -> list[RenderableType]:
    """Listeners and trunks: those with trouble first, the rest as far as there is room."""
    lines: list[tuple[bool, str]] = []
    for one in state.items("listeners"):
        told = f"listener {one['name']}  {one['transport']} {one['advertised']}"
        lines.append((one["problem"] is not None, f"{told}  {one['problem'] or ''}".rstrip()))
    for one in state.items("trunks"):
        owner = f"{one['tenant']}/" if one["tenant"] else ""
        most = one["max_channels"]
        calls = f"{one['channels']}/{most} calls" if most else counted(int(str(one["channels"])), "call")
        told = f"trunk {owner}{one['name']}  {one['state']}  {calls}"
        lines.append((one["state"] not in _GOOD, told if is_narrow else f"{told}  {one['reason']}"))
    lines.sort(key=lambda line: not line[0])
    if only_trouble:
        lines = [line for line in lines if line[0]]
    shown: list[RenderableType] = [_line(text, "red" if bad else "") for bad, text in lines[:MOST_STANDING]]
    if len(lines) > MOST_STANDING:
        shown.append(
            _line(f"and {len(lines) - MOST_STANDING} more: trunkline get listeners, trunkline get trunks", "dim")
        )
    return shown


def _calls(state: LiveState, now: datetime, room: int, scrolled: int, *, is_narrow: bool) -> RenderableType:
    calls = state.items("calls")
    if not calls:
        return Text("no calls", "dim")
    start = min(scrolled, max(0, len(calls) - 1))
    table = Table(box=None, pad_edge=False, expand=True, header_style="bold", show_edge=False)
    table.add_column("FOR", justify="right", no_wrap=True, min_width=5)
    if not is_narrow:
        table.add_column("TENANT", no_wrap=True, overflow="ellipsis", max_width=16)
    table.add_column("WHO", no_wrap=True, overflow="ellipsis", ratio=2)
    table.add_column("STATE", no_wrap=True, min_width=8)
    table.add_column("QUALITY", no_wrap=True, min_width=8)
    if not is_narrow:
        table.add_column("DECIDED BY", no_wrap=True, overflow="ellipsis", ratio=3)
    shown = calls[start : start + room]
    for call in shown:
        quality, style = quality_of(call)
        who = f"{call['caller']} -> {call['callee']}" + "".join(f" -> {step}" for step in _texts(call.get("onward")))
        cells = [
            Text(_duration(now, str(call.get("answered_at") or call["started_at"]))),
            Text(printable(str(call["tenant"]))),
            Text(printable(who)),
            Text(str(call["state"]), "green" if call["state"] == "answered" else "yellow"),
            Text(quality, style),
            Text(printable(str(call["decided_by"]) or "-")),
        ]
        table.add_row(*(cell for index, cell in enumerate(cells) if not is_narrow or index not in {1, 5}))
    hidden = len(calls) - len(shown)
    return Group(table, _line(f"{counted(hidden, 'more call')}: arrow keys", "dim")) if hidden else table


def quality_of(call: Json) -> tuple[str, str]:
    """The worst leg's lost packets and jitter, and how to show them."""
    legs = [leg for leg in _list(call.get("legs")) if isinstance(leg, dict)]
    if call["state"] != "answered" or not legs:
        return "-", ""
    came = [_number(leg["packets_in"]) for leg in legs]
    if min(came) == 0:
        return ("no audio", "red") if max(came) == 0 else ("one way", "red")
    lost = max(_number(leg["lost"]) * 100 / (_number(leg["packets_in"]) + _number(leg["lost"])) for leg in legs)
    jitter = max(_number(leg["jitter_ms"]) for leg in legs)
    style = "green" if lost < 1 and jitter < 30 else "yellow" if lost < 3 and jitter < 50 else "red"
    return f"{lost:.1f}% {jitter:.0f}ms", style


def _duration(now: datetime, since: str) -> str:
    seconds = max(0, int((now - datetime.fromisoformat(since)).total_seconds()))
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def _line(text: str, style: str) -> Text:
    return Text(printable(text), style, no_wrap=True, overflow="ellipsis")


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [str(one) for one in _list(value)]
