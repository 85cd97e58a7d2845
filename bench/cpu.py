"""CPU time of a program, to the nanosecond: of all its threads, and of the processes it has begun."""

from __future__ import annotations

from pathlib import Path


def used_s(process: int) -> dict[str, float]:
    """Seconds used so far, by thread; a thread that ended meanwhile is left out."""
    used: dict[str, float] = {}
    for each in (process, *_below(process)):
        try:
            tasks = list(Path(f"/proc/{each}/task").iterdir())
        except OSError:
            continue
        for task in tasks:
            try:
                name = (task / "comm").read_text().strip()
                spent = int((task / "schedstat").read_text().split()[0]) / 1e9
            except (OSError, ValueError):
                continue
            used[f"{name} {task.name}"] = spent
    return used


def between(before: dict[str, float], after: dict[str, float]) -> float:
    """Seconds of all threads."""
    return sum(spent - before.get(thread, 0.0) for thread, spent in after.items())


def _below(process: int) -> list[int]:
    """Children, and theirs."""
    found: list[int] = []
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
    except OSError:
        return found
    for task in tasks:
        try:
            children = [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *_below(child)]
    return found
