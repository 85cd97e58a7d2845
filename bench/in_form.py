"""A bench that runs in its own process, once in each form of the protocol modules, by turns: for what has no server of its own.

Usage as a module: python -m bench.in_form MODULE; prints its rows as JSON. It is a child because a process has one form.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib import import_module

from bench import conditions
from bench.row import Row
from bench.server import PLAIN, forms
from engine.native import protocol


def measure(module: str, *, runs: int) -> list[Row]:
    """The medians of so many runs in each form."""
    found: dict[str, list[list[Row]]] = {form: [] for form in forms()}
    for _ in range(runs):
        for form, each in found.items():
            each.append(_once(module, form))
    serving, *others = found.values()
    from_source = [_medians(rows) for rows in others]
    return [
        replace(
            row,
            measured=measured,
            plain=from_source[0][place] if from_source else None,
            detail=f"{row.detail}; {runs} runs of each form, {_range(serving, place)}".removeprefix("; "),
            doubt=conditions.doubt(),
        )
        for place, (row, measured) in enumerate(zip(serving[-1], _medians(serving), strict=True))
    ]


def _medians(runs: Sequence[Sequence[Row]]) -> list[float]:
    return [statistics.median(run[place].measured for run in runs) for place in range(len(runs[0]))]


def _range(runs: Sequence[Sequence[Row]], place: int) -> str:
    every = [run[place].measured for run in runs]
    return f"{min(every):,.4g}-{max(every):,.4g} {runs[0][place].unit}"


def _once(module: str, form: str) -> list[Row]:
    environment = {**os.environ, **({protocol.SWITCH: "0"} if form == PLAIN else {})}
    command = [sys.executable, "-m", "bench.in_form", module]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True, start_new_session=True)
    conditions.prefer(process.pid)
    said, _ = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"bench.{module} ended with status {process.returncode}; its log is above")
    return [Row(**shape) for shape in json.loads(said)]


def main() -> None:
    os.sched_setaffinity(0, {conditions.cores().server})
    protocol.use()  # before anything of the engine is imported
    bench = import_module(f"bench.{sys.argv[1]}")
    json.dump([asdict(row) for row in bench.measure(runs=1)], sys.stdout)


if __name__ == "__main__":
    main()
