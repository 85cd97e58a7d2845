"""`python -m bench [NAME...]`: runs these benches, or all, prints the conditions and one table, and writes `RESULTS.md`.

A missed target is no error, a bench that can't run is: the exit status is 1 then, and the reason stands below the table.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from bench import (
    beside,
    calls,
    conditions,
    deciding,
    fetching,
    in_form,
    inserting,
    memory,
    records,
    registration,
    relay,
    replaying,
    results,
    revisions,
    saving,
    starting,
    trunk_calls,
    validating,
)
from bench.place import apart
from bench.results import Result
from bench.row import Row, table

Measure = Callable[[argparse.Namespace], Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Bench:
    """`module`: where its text stands."""

    module: ModuleType
    measure: Measure


def _registration(given: argparse.Namespace) -> Sequence[Row]:
    return registration.measure(
        extensions=given.extensions, rate=given.registrations, seconds=given.seconds, runs=given.runs
    )


def _call(given: argparse.Namespace) -> Sequence[Row]:
    return calls.measure(extensions=given.extensions, rate=given.calls, seconds=given.seconds, runs=given.runs)


def _trunk_call(given: argparse.Namespace) -> Sequence[Row]:
    return trunk_calls.measure(extensions=given.extensions, rate=given.calls, seconds=given.seconds, runs=given.runs)


BENCHES: Mapping[str, Bench] = {
    "registration": Bench(registration, _registration),
    "call": Bench(calls, _call),
    "trunk-call": Bench(trunk_calls, _trunk_call),
    "relay": Bench(relay, lambda given: relay.rows(seconds=max(1, round(given.seconds)), repeat=given.runs)),
    "validate": Bench(validating, lambda given: validating.measure(runs=given.runs)),
    "decide": Bench(deciding, lambda given: in_form.measure("deciding", runs=given.runs)),
    "start": Bench(starting, lambda given: starting.measure(runs=given.runs)),
    "save": Bench(saving, lambda given: saving.measure(runs=given.runs)),
    "fetch": Bench(fetching, lambda given: fetching.measure(runs=given.runs)),
    "revisions": Bench(revisions, lambda given: revisions.measure()),
    "memory": Bench(memory, lambda given: memory.measure(runs=given.runs)),
    "replay": Bench(replaying, lambda given: in_form.measure("replaying", runs=given.runs)),
    "records": Bench(records, lambda given: records.measure(records=given.records)),
    "api": Bench(beside, lambda given: beside.measure(seconds=2 * given.seconds, runs=given.runs)),
    "insert": Bench(inserting, lambda given: inserting.measure(seconds=given.insert_seconds)),
}
QUICK = {"runs": 3, "seconds": 3.0, "insert_seconds": 20.0}
"""All rows in a quarter of an hour."""


def _run(given: argparse.Namespace) -> tuple[list[Row], list[str]]:
    """The rows, and why a bench has none."""
    described = conditions.describe()
    print(described, flush=True)
    if conditions.doubt():
        print(f"doubtful: {conditions.doubt()}")
    rows: list[Row] = []
    failures: list[str] = []
    texts = {name: bench.module.__doc__ or "" for name, bench in BENCHES.items()}
    for name in given.benches or BENCHES:
        print(f"... {name}", file=sys.stderr, flush=True)
        before, began = conditions.Moment.now(), time.monotonic()
        found: Sequence[Row] = ()
        problem = ""
        try:
            found = BENCHES[name].measure(given)
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            problem = str(error)
            failures.append(f"{name} could not run: {error}")
        weather = conditions.weather(before, conditions.Moment.now())
        print(f"    {time.monotonic() - began:.0f} s; {weather}", file=sys.stderr, flush=True)
        rows += found
        if given.results is not None:
            result = Result(
                at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
                commit=_commit(),
                conditions=[*described.splitlines(), f"weather  {weather}", f"options  {_options(given)}"],
                rows=found,
                problem=problem,
            )
            results.write(given.results, name, result, texts)
    return rows, failures


def _options(given: argparse.Namespace) -> str:
    names = ("extensions", "registrations", "calls", "seconds", "runs", "records", "insert_seconds")
    return ", ".join(f"{name} {getattr(given, name):,g}" for name in names)


def _commit() -> str:
    """Of this checkout, "" without git; with a plus if something was changed since."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except OSError:
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description="speed of Trunkline, in CPU time of its own process")
    parser.add_argument("benches", nargs="*", metavar="bench", help=f"which: {', '.join(BENCHES)}; without any, all")
    parser.add_argument("--quick", action="store_true", help="shorter runs: all of them in a quarter of an hour")
    parser.add_argument("--extensions", type=int, default=2_000, help="phones of the SIP benches (default %(default)s)")
    parser.add_argument("--registrations", type=float, default=registration.TARGET_RATE, help="a second (%(default)s)")
    parser.add_argument("--calls", type=float, default=calls.TARGET_RATE, help="a second (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=4.0, help="of a run (default %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="of which the median counts (default %(default)s)")
    parser.add_argument("--records", type=int, default=1_000_000, help="call records to search (default %(default)s)")
    parser.add_argument("--insert-seconds", type=float, default=60.0, help="of storing records (default %(default)s)")
    parser.add_argument(
        "--results",
        type=Path,
        default=results.FOLDER,
        help="the folder of RESULTS.md (default: this one)",
    )
    parser.add_argument("--no-results", dest="results", action="store_const", const=None, help="print only")
    if "--quick" in sys.argv[1:]:
        parser.set_defaults(**QUICK)
    given = parser.parse_args()
    unknown = [name for name in given.benches if name not in BENCHES]
    if unknown:
        parser.error(f"no bench {unknown[0]!r}; there are {', '.join(BENCHES)}")
    conditions.end_cleanly()
    with conditions.alone(), apart():
        rows, failures = _run(given)
    print("\n" + table(rows))
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
