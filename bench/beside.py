"""The API in use beside calls: set-up with 50 requests a second and 20 readers of the event stream, against set-up without them, by turns.

The server is `trunkline serve` on its own core; requests go round all lists, the status and a page of call records, by TCP with a
token. Each reader gets every event of every call. What counts is what the API adds to the 99th percentile of set-up, from the INVITE with
digest to the 200.

What limits it: the loop that answers phones makes the lists and encodes an event once for all readers; a list is made in slices, so that it
is a burst of events, not a list, that a call waits for.
"""

from __future__ import annotations

import statistics
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path

from bench import conditions
from bench.by_tcp import api_of
from bench.calls import CallLoad
from bench.manifests import Manifests
from bench.reading import Read, Reading
from bench.registration import Phones
from bench.row import Row
from bench.server import DOMAIN, free_port
from bench.sip_generator import Lane, Outcome, Person, Tally, play
from bench.trunkline import Serve

TARGET_ADDED_MS = 5.0
REQUESTS = 50.0
STREAMS = 20
CALLS = 100.0
EXTENSIONS = 200
_SETTLES_S = 2.0


def measure(*, seconds: float, runs: int, calls: float = CALLS) -> list[Row]:
    """A row for what it adds, and one for what the API itself takes meanwhile. RuntimeError if a request or a stream failed."""
    alone: list[Outcome] = []
    beside: list[Outcome] = []
    read: list[Read] = []
    with ExitStack() as open_:
        cores = open_.enter_context(conditions.generating())
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="trunkline-bench-")))
        manifests = Manifests(folder / "manifests", folder / "data", 1, EXTENSIONS)
        port = free_port()
        manifests.write(port)
        server = open_.enter_context(Serve(manifests.root, manifests.data, port, cores.server, api=True))
        server.wait_said("ready")
        api = api_of(server, manifests.data)
        callers, called = (open_.enter_context(closing(Lane(port))) for _ in range(2))
        phones = Phones(EXTENSIONS, called)
        phones.register_once()
        numbers = [person.number for person in phones.people]
        half = EXTENSIONS // 2
        people = [Person(i, "INVITE", f"sip:{numbers[half + i]}@{DOMAIN}") for i in range(half)]

        def once(run: int) -> Outcome:
            tally = Tally()
            return play(CallLoad(callers, called, people, numbers[half:], run, tally), tally, calls, seconds)

        once(1)  # what only the first calls cost
        for run in range(runs):
            alone.append(once(10 + 2 * run))
            reading = Reading(api, REQUESTS, STREAMS, seconds + _SETTLES_S, cores.generator)
            try:
                reading.wait_begun()
                beside.append(once(11 + 2 * run))
                read.append(reading.finish())
            finally:
                reading.kill()
    return _rows(alone, beside, read, seconds, calls)


def _rows(alone: list[Outcome], beside: list[Outcome], read: list[Read], seconds: float, calls: float) -> list[Row]:
    failed = sum(each.failed for each in read)
    if failed:
        raise RuntimeError(
            f"{failed} requests or streams failed, of {sum(each.asked for each in read)} and {STREAMS} a run"
        )
    without, with_ = (statistics.median(each.time_ms(0.99) for each in some) for some in (alone, beside))
    whole, quiet = Outcome.of(beside), Outcome.of(alone)
    kilobytes = sum(each.event_bytes for each in read) / 1024 / len(read)
    return [
        Row(
            bench="api",
            quantity="added to set-up, p99",
            unit="ms",
            target=TARGET_ADDED_MS,
            measured=with_ - without,
            at_most=True,
            detail=(
                f"{len(read)} runs of {seconds:g} s each way at {calls:g} calls/s; without p50 {quiet.time_ms(0.5):.2f}, "
                f"p99 {without:.2f} ms, {quiet.failed} of {quiet.begun} failed; with p50 {whole.time_ms(0.5):.2f}, p99 {with_:.2f} ms, "
                f"{whole.failed} of {whole.begun} failed"
            ),
            doubt=conditions.doubt() or whole.doubt or quiet.doubt,
        ),
        Row(
            bench="api",
            quantity="calls failed meanwhile",
            unit="",
            target=0,
            measured=whole.failed,
            at_most=True,
            detail=(
                f"{REQUESTS:g} requests/s answered in {statistics.median(each.median_ms for each in read):.1f} ms "
                f"(p99 {statistics.median(each.p99_ms for each in read):.1f} ms); {STREAMS} streams read {kilobytes:,.0f} KiB a run"
            ),
        ),
    ]
