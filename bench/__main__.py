"""`python -m bench [NAME...]`: runs these benches, or all, and prints the conditions and one table.

A missed target is no error, a bench that can't run is: the exit status is 1 then, and the reason stands below the table.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from bench import (
    calls,
    conditions,
    deciding,
    memory,
    records,
    registration,
    relay,
    replaying,
    revisions,
    saving,
    starting,
    trunk_calls,
    validating,
)
from bench.row import Row, table

Bench = Callable[[argparse.Namespace], Sequence[Row]]


def _registration(given: argparse.Namespace) -> Sequence[Row]:
    return registration.measure(
        extensions=given.extensions, rate=given.registrations, seconds=given.seconds, runs=given.runs
    )


def _call(given: argparse.Namespace) -> Sequence[Row]:
    return calls.measure(extensions=given.extensions, rate=given.calls, seconds=given.seconds, runs=given.runs)


def _trunk_call(given: argparse.Namespace) -> Sequence[Row]:
    return trunk_calls.measure(extensions=given.extensions, rate=given.calls, seconds=given.seconds, runs=given.runs)


def _relay(given: argparse.Namespace) -> Sequence[Row]:
    return relay.rows(seconds=round(given.seconds), repeat=given.runs)


def _validate(given: argparse.Namespace) -> Sequence[Row]:
    return validating.measure(runs=given.runs)


def _decide(given: argparse.Namespace) -> Sequence[Row]:
    return deciding.measure(runs=given.runs)


def _start(given: argparse.Namespace) -> Sequence[Row]:
    return starting.measure(runs=given.runs)


def _save(given: argparse.Namespace) -> Sequence[Row]:
    return saving.measure(runs=given.runs)


def _memory(given: argparse.Namespace) -> Sequence[Row]:
    return memory.measure(runs=given.runs)


def _revisions(_: argparse.Namespace) -> Sequence[Row]:
    return revisions.measure()


def _replay(given: argparse.Namespace) -> Sequence[Row]:
    return replaying.measure(runs=given.runs)


def _records(given: argparse.Namespace) -> Sequence[Row]:
    return records.measure(records=given.records)


BENCHES: dict[str, Bench] = {
    "registration": _registration,
    "call": _call,
    "trunk-call": _trunk_call,
    "relay": _relay,
    "validate": _validate,
    "decide": _decide,
    "start": _start,
    "save": _save,
    "revisions": _revisions,
    "memory": _memory,
    "replay": _replay,
    "records": _records,
}


def _run(given: argparse.Namespace) -> tuple[list[Row], list[str]]:
    """The rows, and why a bench has none."""
    isolated = conditions.isolate()
    print(conditions.describe(isolated=isolated), flush=True)
    if conditions.doubt():
        print(f"doubtful: {conditions.doubt()}")
    rows: list[Row] = []
    failures: list[str] = []
    for name in given.benches or BENCHES:
        print(f"... {name}", file=sys.stderr, flush=True)
        try:
            rows += BENCHES[name](given)
        except (RuntimeError, OSError) as error:
            failures.append(f"{name} could not run: {error}")
    return rows, failures


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description="speed of Trunkline, in CPU time of its own process")
    parser.add_argument("benches", nargs="*", metavar="bench", help=f"which: {', '.join(BENCHES)}; without any, all")
    parser.add_argument("--extensions", type=int, default=2_000, help="phones of the SIP benches (default %(default)s)")
    parser.add_argument("--registrations", type=float, default=registration.TARGET_RATE, help="a second (%(default)s)")
    parser.add_argument("--calls", type=float, default=calls.TARGET_RATE, help="a second (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=4.0, help="of a run (default %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="of which the median counts (default %(default)s)")
    parser.add_argument("--records", type=int, default=200_000, help="call records to search (default %(default)s)")
    given = parser.parse_args()
    unknown = [name for name in given.benches if name not in BENCHES]
    if unknown:
        parser.error(f"no bench {unknown[0]!r}; there are {', '.join(BENCHES)}")
    with conditions.alone():
        rows, failures = _run(given)
    print("\n" + table(rows))
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
