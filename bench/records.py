"""Call records in a large database: a page by each filter, and an export of all of them while the server answers phones.

The pages are asked for as the server asks, but without it, and then over the API by TCP with all other lists: the longest of all but a
hundredth counts. The export is the command itself,
with a server; its memory and the server's have to be the same however many records there are, and the loop has to answer OPTIONS meanwhile.

What limits it: SQLite reads a page by an index for each filter; what nothing has an index for walks through all (said beside the row).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bench import conditions, listing
from bench.by_tcp import api_of
from bench.manifests import Manifests
from bench.options import Probed
from bench.recorded import DAYS, START, fill
from bench.row import Row
from bench.trunkline import Serve, environment
from engine.cause import Outcome
from engine.cdr import Direction
from engine.cdr_filter import CdrFilter, How, PartyFilter
from engine.runtime.database.database import Database
from engine.runtime.database.record_search import page

TARGET_PAGE_MS = 50.0
TARGET_GROWTH_MIB = 16.0
TARGET_RATIO = 1.1
TARGET_ECHO_MS = 20.0
_PAGES = 20
_PORT = 5060
_RATE = 200.0
MOST_EXPORTED = 200_000
"""So many are enough to see that an export's memory does not follow them."""
_FEW = timedelta(hours=6)
MIDDLE = START + timedelta(days=49)
ALONE = {
    "all": CdrFilter(),
    "tenant": CdrFilter(tenant="beta"),
    "number": CdrFilter(number="101"),
    "caller exact": CdrFilter(caller=PartyFilter(How.EXACT, "101")),
    "caller prefix": CdrFilter(caller=PartyFilter(How.PREFIX, "12")),
    "callee prefix": CdrFilter(callee=PartyFilter(How.PREFIX, "+4420")),
    "caller external": CdrFilter(caller=PartyFilter(How.EXTERNAL)),
    "callee internal": CdrFilter(callee=PartyFilter(How.INTERNAL)),
    "answered": CdrFilter(outcome=Outcome.ANSWERED),
    "a rare outcome": CdrFilter(outcome=Outcome.WRONG_NUMBER),
    "an outcome that never was": CdrFilter(outcome=Outcome.INTERRUPTED),
    "inbound": CdrFilter(direction=Direction.INBOUND),
    "a rare trunk": CdrFilter(trunk="backup"),
    "long talks": CdrFilter(min_talk_s=900),
    "a day": CdrFilter(since=MIDDLE, until=MIDDLE + timedelta(days=1)),
}


def measure(*, records: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as place, conditions.generating() as cores:
        manifests = Manifests(Path(place, "manifests"), Path(place, "data"), 1, 100)
        manifests.write(_PORT)
        file = manifests.data / "trunkline.db"
        fill(file, records)
        rows = [_pages(file, records)]
        with Serve(manifests.root, manifests.data, _PORT, cores.server, api=True) as server:
            server.wait_said("ready")
            rows += listing.rows(api_of(server, manifests.data), records)
            rows += _export(server, manifests.data, Path(place), cores, records)
        return rows


def _pages(file: Path, records: int) -> Row:
    database = Database.open(file)
    times = {name: list(_times_ms(database, wanted)) for name, wanted in ALONE.items()}
    walk_ms = max(_times_ms(database, CdrFilter(callee=PartyFilter(How.CONTAINS, "zzz"))))
    database.close()
    every = sorted(time_ms for some in times.values() for time_ms in some)
    slowest = max(times, key=lambda name: max(times[name]))
    return Row(
        bench="records",
        quantity="page of 100 by any one filter, p99",
        unit="ms",
        target=TARGET_PAGE_MS,
        measured=every[int(0.99 * len(every))],
        at_most=True,
        detail=f"{records:,} records; median {every[len(every) // 2]:.1f} ms, the longest {every[-1]:.1f} ms ({slowest}); "
        f"a walk through all for what is not there {walk_ms:.0f} ms",
    )


def _times_ms(database: Database, wanted: CdrFilter) -> Iterator[float]:
    asked = wanted
    for _ in range(_PAGES):
        began = time.perf_counter()
        found = database.run_now(lambda connection, asked=asked: page(connection, asked))  # type: ignore[misc]  # a default binds it
        yield 1000 * (time.perf_counter() - began)
        asked = replace(wanted, after=found[-1].place) if len(found) == wanted.limit else wanted


def _export(server: Serve, data: Path, place: Path, cores: conditions.Cores, records: int) -> list[Row]:
    few = str((START + _FEW).isoformat())
    little_mib, _ = _command(data, place / "few.jsonl", cores.generator, "--until", few)
    before_mib = server.resident_mib
    probing = _probing(min(records, MOST_EXPORTED), cores)
    many = min(records, MOST_EXPORTED)
    until = START + timedelta(days=DAYS) * (many / records)
    much_mib, took_s = _command(data, place / "all.jsonl", cores.generator, "--until", until.isoformat())
    growth_mib = server.resident_mib - before_mib
    said, _ = probing.communicate(timeout=120)
    probed = Probed.parse(said)
    with (place / "all.jsonl").open("rb") as lines:
        count = sum(1 for _ in lines)
    if abs(count - many) > 1:  # an instant between two records is rounded
        raise RuntimeError(f"{count:,} records were exported of {many:,}")
    size_mib = (place / "all.jsonl").stat().st_size / 2**20
    return [
        Row(
            bench="records",
            quantity="server's memory for an export",
            unit="MiB",
            target=TARGET_GROWTH_MIB,
            measured=max(0.0, growth_mib),
            at_most=True,
            detail=f"{count:,} records, {size_mib:,.0f} MiB, in {took_s:.1f} s: {count / took_s:,.0f}/s",
        ),
        Row(
            bench="records",
            quantity="command's memory, all against few",
            unit="x",
            target=TARGET_RATIO,
            measured=much_mib / little_mib,
            at_most=True,
            detail=f"{much_mib:.1f} MiB at most for {count:,} records, {little_mib:.1f} MiB for a few hundred",
        ),
        Row(
            bench="records",
            quantity="OPTIONS during an export, p99",
            unit="ms",
            target=TARGET_ECHO_MS,
            measured=probed.time_ms(0.99),
            at_most=True,
            detail=f"{len(probed.times_ms)} answers, median {probed.time_ms(0.5):.2f} ms, the longest {probed.time_ms(1):.1f} ms, "
            f"{probed.lost} lost",
        ),
    ]


def _seconds(records: int) -> float:
    """Of probing: about as long as an export takes."""
    return max(2.0, records / 25_000)


def _probing(records: int, cores: conditions.Cores) -> subprocess.Popen[str]:
    arguments = ["--port", str(_PORT), "--rate", str(_RATE), "--seconds", str(_seconds(records))]
    command = [sys.executable, "-m", "bench.options", *arguments, "--core", str(cores.generator)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment(), text=True)


def _command(data: Path, file: Path, core: int, *more: str) -> tuple[float, float]:
    """The export as people run it: its peak of memory in MiB, and the seconds it took."""
    command = [sys.executable, "-m", "cli.main", "export", "cdrs", "--data", str(data), "-o", str(file), *more]
    began = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment())
    os.sched_setaffinity(process.pid, {core})
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"trunkline export cdrs ended with status {process.returncode}")
    return usage.ru_maxrss / 1024, time.perf_counter() - began
