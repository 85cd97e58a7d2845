"""`make soak`, `python -m bench.soak [--minutes 60]`: a mixed day at a low rate, and whether anything grows.

Registrations are refreshed, calls carry media, are held, go over a trunk, are cancelled, meet busy phones and nobody; phones are switched
off and on; packets are lost by netem (as root and where the kernel has it, else by the phones); manifests are edited, also badly;
readers of the API and of its events come and go; the receiver of webhooks is there and not. Every few seconds the server's memory,
descriptors, threads, ports, calls, journal and database are looked at. At the end all calls have to be over and all ports given back, and
nothing may grow: the exit status is 1 otherwise. The report is `bench/SOAK.md`.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx

from bench import conditions
from bench.manifests import Manifests
from bench.place import apart, lose, place
from bench.server import free_port
from bench.sip_generator import Lane
from bench.soak.phones import Phones
from bench.soak.samples import FIGURES, Verdict, judge, take
from bench.soak.world import (
    EDIT_S,
    EXTENSIONS,
    OUTSIDE,
    READ_S,
    RECEIVER_S,
    STREAMS,
    Editor,
    Readers,
    Receiver,
    Streams,
    Worker,
    client,
    more_manifests,
)
from bench.trunkline import Serve

REPORT = Path(__file__).parents[1] / "SOAK.md"
SAMPLE_S = 5.0
SETTLES_S = 45.0
"""From the last call begun until everything has to be given back: transactions and a lost phone's call take 32 s to be forgotten."""
LOSES_PERCENT = 1.0
LOSES_S, LOSES_NOT_S = 30.0, 60.0


@dataclass(slots=True)
class Soak:
    """What it came to. `left`: what was not given back at the end; `counters`: what phones and others saw."""

    times_s: list[float] = field(default_factory=list)
    samples: list[dict[str, float]] = field(default_factory=list)
    left: dict[str, float] = field(default_factory=dict)
    counters: Counter[str] = field(default_factory=Counter)
    lost_by: str = ""

    @property
    def verdicts(self) -> list[Verdict]:
        return judge(self.times_s, self.samples)

    @property
    def problems(self) -> list[str]:
        grown = [
            f"{verdict.figure.name} grew by {verdict.growth:,.1f} {verdict.figure.unit}".rstrip()
            for verdict in self.verdicts
            if not verdict.is_flat
        ]
        left = [f"{value:g} {name} left at the end" for name, value in self.left.items() if value]
        nothing = [] if self.counters["talk: answered"] else ["no call was answered"]
        return grown + left + nothing


def soak(minutes: float, rate: float) -> Soak:
    """Run it; `rate`: calls begun a second."""
    found = Soak(lost_by="netem" if lose(0) else "the phones themselves")
    with ExitStack() as open_:
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="trunkline-soak-")))
        manifests = Manifests(folder / "manifests", folder / "data", 1, EXTENSIONS, OUTSIDE)
        port, receiver_port = free_port(), free_port()
        carrier = open_.enter_context(closing(Lane(port, place().carrier)))
        manifests.write(port)
        more_manifests(manifests, carrier.port, receiver_port)
        server = open_.enter_context(Serve(manifests.root, manifests.data, port, conditions.cores().server))
        server.wait_said("ready")
        control = manifests.data / "control.sock"
        phones = open_.enter_context(closing(Phones(port, carrier)))
        phones.start(time.monotonic())
        phones.run(time.monotonic() + 2.0)
        phones.rate = rate
        receiver = open_.enter_context(closing(Receiver(receiver_port)))
        streams = [Streams(control) for _ in range(STREAMS)]
        workers = [
            Worker("edits of manifests", EDIT_S, Editor(manifests)),
            Worker("readings of the API", READ_S, Readers(control)),
            *(Worker("event streams", 0.2, stream) for stream in streams),
            Worker("receiver of webhooks up or down", RECEIVER_S, receiver),
        ]
        began = time.monotonic()
        ends = began + 60 * minutes
        try:
            while (now := time.monotonic()) < ends:
                _lose(found, phones, now - began)
                phones.run(min(ends, now + SAMPLE_S))
                _sample(found, server, manifests.data, control, time.monotonic() - began)
                _say(found, phones)
        finally:
            for worker in workers:
                worker.stop()
                found.counters.update(worker.counters)
            lose(0)
            phones.loss = 0.0
        phones.rate = 0.0
        phones.run(time.monotonic() + SETTLES_S)
        last = _take(server, manifests.data, control)
        found.left = {name: last[name] for name in ("calls", "port pairs in use", "journal, unconfirmed")}
        found.counters.update(phones.counters)
        found.counters["webhooks taken"] += receiver.taken
        found.counters["events read"] += sum(stream.events for stream in streams)
    return found


def _lose(found: Soak, phones: Phones, elapsed_s: float) -> None:
    """Some packets for a while, then none for a while."""
    percent = LOSES_PERCENT if elapsed_s % (LOSES_S + LOSES_NOT_S) > LOSES_NOT_S else 0.0
    if found.lost_by == "netem":
        lose(percent)
    else:
        phones.loss = percent / 100


def _take(server: Serve, data: Path, control: Path) -> dict[str, float]:
    with client(control) as asking:
        metrics = asking.get("/metrics").raise_for_status().text
    return take(server.process, data, metrics)


def _sample(found: Soak, server: Serve, data: Path, control: Path, elapsed_s: float) -> None:
    try:
        sample = _take(server, data, control)
    except httpx.HTTPError as error:
        found.counters[f"samples failed: {type(error).__name__}"] += 1
        return
    found.times_s.append(elapsed_s)
    found.samples.append(sample)


def _say(found: Soak, phones: Phones) -> None:
    if found.samples and len(found.samples) % 12 == 1:
        sample = found.samples[-1]
        figures = ", ".join(
            f"{name} {sample[name]:,.1f}" for name in ("memory", "calls", "port pairs in use", "descriptors")
        )
        print(f"{found.times_s[-1]:6.0f} s  {figures}, {phones.in_calls} talk", file=sys.stderr, flush=True)


def report(found: Soak, minutes: float, rate: float) -> str:
    """As markdown."""
    problems = found.problems
    lines = [
        "# Soak",
        "",
        f"`make soak`: {minutes:g} minutes of mixed load, {rate:g} calls a second begun, {len(found.samples)} samples, "
        f"{LOSES_PERCENT:g} % of the packets lost each way for a third of the time, by {found.lost_by}. "
        + ("**Flat.**" if not problems else f"**Not flat: {'; '.join(problems)}.**"),
        "",
        "*Growth* is that of the line through the second half of the samples (median of the slopes between any two), over that half.",
        "",
        "| figure | first | half-way | last | most | growth | tolerated | |",
        "| --- " * 8 + "|",
    ]
    for verdict in found.verdicts:
        figure = verdict.figure
        values = [
            f"{value:,.1f}" for value in (verdict.first, verdict.middle, verdict.last, verdict.most, verdict.growth)
        ]
        judged = "" if not figure.is_judged else "flat" if verdict.is_flat else "GROWS"
        tolerated = f"{verdict.tolerated:.1f}" if figure.is_judged else ""
        name = f"{figure.name}, {figure.unit}" if figure.unit else figure.name
        lines.append(f"| {name} | {' | '.join(values)} | {tolerated} | {judged} |")
    left = ", ".join(f"{name} {value:g}" for name, value in found.left.items())
    lines += [
        "",
        f"Left {SETTLES_S:g} s after the last call was begun: {left}.",
        "",
        "What phones, readers and others saw:",
        "",
    ]
    lines += [f"- {name}: {count:,}" for name, count in sorted(found.counters.items())]
    lines += [
        "",
        f"Taken {datetime.now(UTC):%Y-%m-%d %H:%M UTC}:",
        "",
        "```",
        *conditions.describe().splitlines(),
        "```",
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.soak", description="mixed load for long, and whether anything grows")
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("SOAK_MINUTES", "60")))
    parser.add_argument("--rate", type=float, default=3.0, help="calls begun a second (default %(default)s)")
    parser.add_argument("--report", type=Path, default=REPORT, help="where to write it (default %(default)s)")
    parser.add_argument("--samples", type=Path, help="a CSV file for all samples")
    given = parser.parse_args()
    conditions.end_cleanly()
    with apart():
        found = soak(given.minutes, given.rate)
        text = report(found, given.minutes, given.rate)
    given.report.write_text(text)
    if given.samples is not None:
        with given.samples.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["seconds", *(figure.name for figure in FIGURES)])
            for at, sample in zip(found.times_s, found.samples, strict=True):
                rows.writerow([round(at, 1), *(sample[figure.name] for figure in FIGURES)])
    print(text)
    return 1 if found.problems else 0


if __name__ == "__main__":
    sys.exit(main())
