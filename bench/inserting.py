"""Call records from the journal into the database, a thousand a second for a minute, while the loop goes on.

The parts are the server's own, as `engine.runtime.storage` puts them together: a record is written to the journal on the loop, a task
takes batches to the database's thread, and what is stored leaves the journal. The journal is flushed each turn of 10 ms. *Late* is by how
much the loop came later than asked to each of these turns: what a phone would have waited, too.

What limits it: the interpreter is shared by the loop and the database's thread, so the lateness is the longest that SQLite's binding holds
it for a batch of 500; the rate itself ends where one thread is busy with making rows, far above the target. Syncing is by the clock, not
by the record, so that a slow disk costs delay and no rate.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from bench import conditions
from bench.row import Row

TARGET_RATE = 1_000.0
TARGET_LATE_MS = 20.0
_OFFERED = 1.02 * TARGET_RATE
_TURN_S = 0.01
_PATTERNS = 2_000
_DRAINS_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """`waiting`: records in the journal and not yet in the database, at most; `drained_s`: from the last one made to the last stored."""

    made: int
    stored: int
    took_s: float
    waiting: int
    drained_s: float
    late_ms: list[float]


def measure(*, seconds: float, rate: float = _OFFERED) -> list[Row]:
    """The rate that was stored, and how late the loop was meanwhile."""
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as place:
        command = [sys.executable, "-m", "bench.inserting", place, str(rate), str(seconds)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        conditions.prefer(process.pid)
        said, _ = process.communicate(timeout=seconds + 120)
    if process.returncode != 0:
        raise RuntimeError(f"storing records ended with status {process.returncode}; its log is above")
    found = Stored(**json.loads(said))
    if found.stored != found.made:
        raise RuntimeError(f"{found.stored:,} of {found.made:,} records were stored")
    late = sorted(found.late_ms)
    detail = (
        f"{found.made:,} records at {rate:,.0f}/s for {found.took_s:.0f} s, at most {found.waiting:,} waiting, "
        f"the last one stored {found.drained_s:.2f} s after it was made"
    )
    return [
        Row(
            bench="insert",
            quantity="records stored",
            unit="/s",
            target=TARGET_RATE,
            measured=found.stored / (found.took_s + found.drained_s),
            at_most=False,
            detail=detail,
            doubt=conditions.doubt(),
        ),
        Row(
            bench="insert",
            quantity="loop late meanwhile, p99",
            unit="ms",
            target=TARGET_LATE_MS,
            measured=late[int(0.99 * len(late))],
            at_most=True,
            detail=f"median {late[len(late) // 2]:.2f} ms, the latest {late[-1]:.1f} ms",
            doubt=conditions.doubt(),
        ),
    ]


async def _store(place: Path, rate: float, seconds: float) -> Stored:
    from bench.recorded import calls
    from engine.identity import CallId
    from engine.runtime.database.database import Database
    from engine.runtime.database.record_store import SqlRecordStore
    from engine.runtime.journal import Journal
    from engine.runtime.records import RecordWriter

    patterns = list(calls(_PATTERNS))
    journal = Journal(place / "journal")
    database = Database.open(place / "trunkline.db")
    writer = RecordWriter(journal, SqlRecordStore(database))
    task = asyncio.create_task(writer.run())
    late_ms: list[float] = []
    made = waiting = 0
    total = int(rate * seconds)
    clock = time.perf_counter
    began = clock()
    while made < total:
        due = min(total, int((clock() - began) * rate) + 1)
        for number in range(made, due):
            call_id = CallId(str(UUID(int=(7 << 76) | (2 << 62) | (number << 80))))
            journal.append_closed(replace(patterns[number % _PATTERNS], call_id=call_id))
        made = due
        journal.flush()
        waiting = max(waiting, journal.unconfirmed)
        asked = clock() + _TURN_S
        await asyncio.sleep(_TURN_S)
        late_ms.append(1000 * (clock() - asked))
    ended = clock()
    while journal.unconfirmed and clock() - ended < _DRAINS_S:
        await asyncio.sleep(_TURN_S)
    drained_s = clock() - ended
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await writer.drain(_DRAINS_S)
    stored = made - journal.unconfirmed
    journal.close()
    in_database = database.run_now(
        lambda connection: connection.exec_driver_sql("SELECT count(*) FROM cdr").scalar_one()
    )
    database.close()
    if in_database != stored:
        raise RuntimeError(f"the journal says {stored:,} records are stored, the database has {in_database:,}")
    return Stored(
        made=made,
        stored=stored,
        took_s=ended - began,
        waiting=waiting,
        drained_s=drained_s,
        late_ms=[round(each, 3) for each in late_ms],
    )


def main() -> None:
    from engine.native import protocol

    protocol.use()  # before anything of the engine is imported
    os.sched_setaffinity(0, {conditions.cores().server})
    import uvloop

    place, rate, seconds = sys.argv[1:]
    stored = uvloop.run(_store(Path(place), float(rate), float(seconds)))
    json.dump({name: getattr(stored, name) for name in Stored.__slots__}, sys.stdout)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
